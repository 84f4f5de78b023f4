"""How numbers, instants and text files are written."""
