"""Tables: the schema that a table should have, and the report of a check."""

from src.domain.tables.checker import CsvChecker, EncodedRow, ReadOptions, Row
from src.domain.tables.errors import InvalidOption, NotCsv
from src.domain.tables.report import Report, Sample, Severity, Validation
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
    "CsvChecker",
    "EncodedRow",
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
