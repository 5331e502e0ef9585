"""CSV files: the schema that a file should have, and the report of a check."""

from src.domain.csv.errors import InvalidOption, NotCsv
from src.domain.csv.reading import ReadOptions, Row
from src.domain.csv.report import Report, Sample, Severity, Validation
from src.domain.csv.schema import MAX_COLUMNS, MAX_NAME, Column, parse_schema, schema_json
from src.domain.csv.types import GRAMMAR, ORDER, ColumnType, Comparable, instant

__all__ = [
    "GRAMMAR",
    "MAX_COLUMNS",
    "MAX_NAME",
    "ORDER",
    "Column",
    "ColumnType",
    "Comparable",
    "InvalidOption",
    "NotCsv",
    "ReadOptions",
    "Report",
    "Row",
    "Sample",
    "Severity",
    "Validation",
    "instant",
    "parse_schema",
    "schema_json",
]
