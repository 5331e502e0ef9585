"""Checks the rows of CSV files: infers the types of columns, applies rules, and finds duplicates."""
