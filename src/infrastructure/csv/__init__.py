"""CSV files: their encoding, their columns, and the check of their rows against a schema."""

from src.infrastructure.csv.checker import PolarsCsvChecker

__all__ = ["PolarsCsvChecker"]
