"""The Zarr cube of C/N and best server per cell and step."""
