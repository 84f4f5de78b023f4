"""Validation of d2c against published figures and other programs: reference cases, checks and report."""
