"""Zarr cube with C/N and best server of each cell and time step."""
