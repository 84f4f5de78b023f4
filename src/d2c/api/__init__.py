"""The library: what `import d2c` gives, and what the command line calls."""
