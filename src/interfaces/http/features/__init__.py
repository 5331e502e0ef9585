"""The operations of each feature."""
