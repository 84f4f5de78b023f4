"""Result folders, written atomically."""
