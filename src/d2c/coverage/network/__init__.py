"""A network of steered beams: assignment, interference and the columns that follow."""
