"""Runs third-party tools and client libraries against the service: ``make interop``."""
