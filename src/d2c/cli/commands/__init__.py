"""The subcommands of `d2c`, one module each: arguments in, exit code out."""
