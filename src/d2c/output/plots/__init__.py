"""Printed plots of results and studies."""
