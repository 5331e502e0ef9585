"""What a table is expected to hold, and what was found when it was looked at."""

from src.domain.tables.engine import Row, TableEngine
from src.domain.tables.report import Report, Sample, Validation
from src.domain.tables.schema import MAX_COLUMNS, MAX_NAME, Column, parse_schema, schema_json
from src.domain.tables.types import GRAMMAR, ORDER, ColumnType, Comparable, instant

__all__ = [
    "GRAMMAR",
    "MAX_COLUMNS",
    "MAX_NAME",
    "ORDER",
    "Column",
    "ColumnType",
    "Comparable",
    "Report",
    "Row",
    "Sample",
    "TableEngine",
    "Validation",
    "instant",
    "parse_schema",
    "schema_json",
]
