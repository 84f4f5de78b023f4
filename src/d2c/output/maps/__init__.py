"""Printed maps of cells and beams."""
