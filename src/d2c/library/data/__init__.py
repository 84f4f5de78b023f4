"""The entries of the library and the built-in scenarios, as TOML files."""
