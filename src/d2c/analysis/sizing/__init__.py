"""The smallest Walker constellation that meets a target."""
