"""Infers the schema of a file. A column has the most specific type that 80 % of its non-empty cells have."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from src.domain.csv import GRAMMAR, Column, ColumnType
from src.infrastructure.csv.checking.results import unique_names
from src.infrastructure.csv.checking.rules import stacked
from src.infrastructure.csv.reading.blocks import Block
from src.infrastructure.csv.reading.source import Source

_CELL = pl.col("cell")
_LOOKS = {type: f"^(?:{grammar})$" for type, grammar in GRAMMAR.items()}


@dataclass(slots=True)
class _Evidence:
    """The counts of a column: its non-empty cells, and its values that match each type."""

    values: int = 0
    by_type: dict[ColumnType, int] = field(default_factory=lambda: dict.fromkeys(GRAMMAR, 0))

    def exclude(self, most_values: int) -> None:
        """Drop the types that 80 % of the column's values can no longer have, however the file continues.

        ``most_values`` is an upper bound of the number of values in the whole column.
        """
        for type, count in [*self.by_type.items()]:
            if 5 * (self.values - count) > most_values:
                del self.by_type[type]

    def column(self, name: str) -> Column:
        """Return a column of the first type that 80 % of the values have, or of the type string."""
        for type, count in self.by_type.items():
            if 0 < 4 * self.values <= 5 * count:
                return Column(name, type)
        return Column(name)


def infer(source: Source, blocks: Iterable[Block]) -> list[Column]:
    """Return a column for each name of the header, with the type that its values have."""
    names, _ = unique_names(source.header)
    evidence = [_Evidence() for _ in names]
    # No file has more rows than line breaks, but for a last line without one.
    most_values = 1 + sum(chunk.count(b"\n") + chunk.count(b"\r") for chunk in source.chunks())
    for block in blocks:
        _count(block, evidence)
        for column in evidence:
            column.exclude(most_values)
    return [column.column(name) for column, name in zip(evidence, names, strict=True)]


def _count(block: Block, evidence: list[_Evidence]) -> None:
    """Add the counts of the complete rows of a block. Columns with the same candidates are counted together."""
    height = block.frame.height
    if not height:
        return
    groups: dict[tuple[ColumnType, ...], list[int]] = {}
    for position, column in enumerate(evidence):
        groups.setdefault((*column.by_type,), []).append(position)
    for types, positions in groups.items():
        looks = {str(type): _CELL.str.contains(_LOOKS[type]) for type in types}
        flags = stacked(block.complete, positions).to_frame().select(values=_CELL != "", **looks)
        counts = flags.select(pl.all().reshape((len(positions), height)).arr.sum())
        for position, counted in zip(positions, counts.iter_rows(named=True), strict=True):
            column = evidence[position]
            column.values += counted["values"]
            for type in types:
                column.by_type[type] += counted[type]
