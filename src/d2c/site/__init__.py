"""One place instead of a region: passes, sky and timeline."""
