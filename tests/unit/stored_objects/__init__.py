"""Worlds in which the tests store files and datasets."""
