"""Payloads, handsets, services, losses, limits and constellations, each figure with its source."""
