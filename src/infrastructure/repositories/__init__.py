"""Repositories, written once over the store driver."""
