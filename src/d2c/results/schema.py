"""Schema version of result folders."""

SCHEMA_VERSION = 3
