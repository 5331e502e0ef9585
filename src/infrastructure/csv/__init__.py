"""CSV files: their encoding, their columns, and whether their rows keep the rules of a schema."""

from src.infrastructure.csv.checker import PolarsCsvChecker

__all__ = ["PolarsCsvChecker"]
