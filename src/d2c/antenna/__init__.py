"""Gain patterns of antennas: plain numbers in, decibels out."""
