"""Library of constellations, payloads, handsets, services, losses, limits and traffic, each figure with its source."""
