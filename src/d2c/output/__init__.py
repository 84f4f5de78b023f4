"""What leaves the house: maps, layers and tables."""
