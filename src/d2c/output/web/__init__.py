"""The interactive web page map.html."""
