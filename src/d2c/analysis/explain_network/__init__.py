"""Explanation of a cell under a network of beams: its day by the exact link budget, and one instant of it."""
