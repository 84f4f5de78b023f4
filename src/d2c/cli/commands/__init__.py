"""The commands, a module each: arguments in, exit code out."""
