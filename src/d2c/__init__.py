"""Satellite link budgets and direct-to-cell coverage maps."""

__version__ = "0.1.0"
