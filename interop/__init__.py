"""Runs the tools and the client libraries of others against the service: ``make interop``."""
