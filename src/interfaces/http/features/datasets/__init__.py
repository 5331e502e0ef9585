"""Datasets over HTTP."""

from src.interfaces.http.features.datasets.handlers import feature

__all__ = ["feature"]
