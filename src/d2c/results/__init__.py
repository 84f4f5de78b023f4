"""Coverage results on disk: column definitions, vector layers, the Zarr cube, and reading of stored results."""
