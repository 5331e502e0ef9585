"""Adapters for the factors of users."""
