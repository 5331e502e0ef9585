"""Worlds to store files and datasets in."""
