"""Built-in scenarios, payloads, handsets, loss sets and services: one TOML file each, every figure sourced."""
