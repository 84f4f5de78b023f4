"""Command line interface `d2c`: one module per command, no physics."""
