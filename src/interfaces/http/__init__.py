"""The thin Flask layer."""
