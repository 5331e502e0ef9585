"""Measures, side by side."""
