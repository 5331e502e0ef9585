"""Datasets over HTTP."""

from src.interfaces.http.datasets.handlers import operations

__all__ = ["operations"]
