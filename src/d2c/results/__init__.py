"""A result as data and on disk: columns, layers, cube, and how a stored one is opened."""
