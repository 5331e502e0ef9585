"""The options for reading a CSV file, and the rows that are read."""

from dataclasses import dataclass

from src.domain.csv.schema import Column

Row = tuple[int, bool, list[str]]
"""A row as it is read: the line where it begins, whether it is valid, and its values by column."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The options for reading a CSV file. An option that is not given is inferred from the file."""

    columns: tuple[Column, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
