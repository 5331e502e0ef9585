"""The fast engine: column by column, a piece of the file at a time."""

from src.infrastructure.tables.polars.engine import PolarsTables

__all__ = ["PolarsTables"]
