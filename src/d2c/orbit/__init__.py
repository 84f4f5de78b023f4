"""Orbits: element sets and Walker shells to Earth-fixed satellite positions."""
