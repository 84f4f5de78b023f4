"""Where the users are: areas and grids of ground cells."""
