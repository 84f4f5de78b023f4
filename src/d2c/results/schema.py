"""The version of what a result folder holds."""

SCHEMA_VERSION = 2
