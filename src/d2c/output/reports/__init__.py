"""Reports as text and data."""
