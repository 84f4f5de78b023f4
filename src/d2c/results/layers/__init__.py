"""The coverage layer in its vector formats."""
