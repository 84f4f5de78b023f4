"""Where the satellites are: elements in, Earth-fixed positions out."""
