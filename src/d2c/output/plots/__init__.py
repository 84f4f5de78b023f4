"""Printed plots."""
