"""CSV files: the schema that a file should have, and the report of a check."""

from src.domain.csv.columns import SUSPICIONS, Column
from src.domain.csv.errors import InvalidOption, NotCsv
from src.domain.csv.forms import typed_value
from src.domain.csv.reading import CheckedRow, ReadOptions, Row
from src.domain.csv.report import Note, Report, Sample, Severity, Validation
from src.domain.csv.schema import MAX_COLUMNS, MAX_NAME, Schema, parse_schema, schema_json
from src.domain.csv.types import GRAMMAR, ORDER, ColumnType, Comparable, instant

__all__ = [
    "GRAMMAR",
    "MAX_COLUMNS",
    "MAX_NAME",
    "ORDER",
    "SUSPICIONS",
    "CheckedRow",
    "Column",
    "ColumnType",
    "Comparable",
    "InvalidOption",
    "NotCsv",
    "Note",
    "ReadOptions",
    "Report",
    "Row",
    "Sample",
    "Schema",
    "Severity",
    "Validation",
    "instant",
    "parse_schema",
    "schema_json",
    "typed_value",
]
