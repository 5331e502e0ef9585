"""Reads CSV files: their encoding, delimiter and header, and their rows in blocks."""
