"""Copies everything in one store to another one, and compares the two."""

from src.infrastructure.copying.copy import CopyRefused, StoreCopy

__all__ = ["CopyRefused", "StoreCopy"]
