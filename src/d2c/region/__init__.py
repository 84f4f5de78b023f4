"""Regions: areas of interest, grids of ground cells, boundaries, population and place names."""
