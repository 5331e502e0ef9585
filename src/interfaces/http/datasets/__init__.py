"""Datasets over HTTP."""

from src.interfaces.http.datasets.handlers import feature

__all__ = ["feature"]
