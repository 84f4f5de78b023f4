"""The page map.html."""
