"""The options for reading a CSV file, and the rows that are read."""

from dataclasses import dataclass, field
from typing import Any, Self

from src.domain.csv.columns import Column
from src.domain.csv.schema import Schema

Row = tuple[int, bool, list[Any]]
"""A row as it is read from a store: the line where it begins, whether it is valid, and its values by column.

Empty values at the end may be missing. If the row breaks rules, a list of them is the last element: pairs of a rule and
the position of a column, or null for the whole row.
"""


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row of a file: the number of its first line, its values, and the rules that it breaks.

    Each broken rule comes with the position of its column, or with None if the whole row breaks it.
    """

    line: int
    valid: bool
    values: list[str]
    findings: list[tuple[str, int | None]]

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return the checked row that is stored as ``row``."""
        line, valid, values = row
        findings = values[-1] if values and isinstance(values[-1], list) else []
        texts = values[:-1] if findings else values
        return cls(line, valid, texts, [(rule, position) for rule, position in findings])


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The options for reading a CSV file. An option that is not given is inferred from the file."""

    schema: Schema = field(default_factory=Schema)
    delimiter: str | None = None
    encoding: str | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the schema."""
        return self.schema.columns
