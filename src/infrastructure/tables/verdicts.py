"""Decides for each row of a file whether it is valid."""

import secrets

import polars as pl

from src.infrastructure.tables.blocks import Block
from src.infrastructure.tables.column_rules import ColumnRules
from src.infrastructure.tables.duplicates import repetitions
from src.infrastructure.tables.results import GROUP, SAMPLES, Results, RuleResult

_HASH_MASK = (1 << 64) - 1

PendingSamples = dict[int, list[tuple[RuleResult, int | None]]]
"""By row: the results that need a sample of it, of the cell at a position or of the whole row (None)."""


class Verdicts:
    """The verdicts on the rows of all blocks, which are added in the order of the file."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._rows = 0
        self._invalid: list[pl.Series] = []
        # The seed is secret: nobody can make rows that collide.
        self._seed = secrets.randbits(64)
        self._hashes: dict[int | None, list[pl.Series]] = {position: [] for position in [None, *results.unique]}
        self._columns = [ColumnRules(position, column) for position, column in enumerate(results.columns)]

    def add(self, block: Block) -> None:
        """Check the rows of a block for all rules but those about duplicates. Raises NotCsv for too many rows."""
        frame = block.frame
        self._rows += frame.height
        self._results.require_comparable(self._rows)
        self._add_rows("row_width", block, {row: f"{len(cells)} cells" for row, cells in block.ragged.items()})
        self._add_rows("encoding", block, block.undecodable)
        malformed = [*block.ragged, *block.undecodable]
        invalid = pl.Series([False]).new_from_index(0, frame.height)
        invalid = invalid.scatter(malformed, True) if malformed else invalid
        for begin in range(0, len(self._columns), GROUP):
            invalid |= self._add_columns(self._columns[begin : begin + GROUP], block)
        self._invalid.append(invalid)
        self._hashes[None].append(self._row_hashes(block))

    def _add_columns(self, columns: list[ColumnRules], block: Block) -> pl.Series:
        """Check some columns of a block and return the rows that are invalid."""
        frame = block.frame.select(str(rules.position) for rules in columns)
        has_value = frame.select(rules.has_value.alias(str(rules.position)) for rules in columns)
        if block.complete is not None:
            has_value = has_value.select(pl.all() & block.complete)
        judged = frame.hstack(has_value.rename(lambda position: f"value {position}"))
        broken = judged.select(
            expression.alias(f"{rules.position}:{rule}")
            for rules in columns
            for rule, expression in rules.broken(judged, block.complete)
        )
        for name in frame.columns:
            if (hashes := self._hashes.get(int(name))) is not None:
                hashed = pl.when(has_value[name]).then(frame[name].hash(self._seed))
                hashes.append(pl.select(hashed).to_series())
        if not broken.width:
            return pl.Series([False]).new_from_index(0, frame.height)
        for name, count in broken.select(pl.all().sum()).row(0, named=True).items():
            column, _, rule = name.partition(":")
            result = self._results.by_rule[rule, int(column)]
            result.count += count
            if count and result.missing_samples:
                for row in broken[name].arg_true().head(result.missing_samples):
                    result.add_sample(block.lines[row], frame[column][row])
        return broken.select(pl.any_horizontal(pl.all())).to_series()

    def _add_rows(self, rule: str, block: Block, values: dict[int, str]) -> None:
        """Count the rows that break a rule of the whole row; ``values`` are their samples."""
        result = self._results.by_rule[rule, None]
        result.count += len(values)
        for row, value in values.items():
            if not result.missing_samples:
                break
            result.add_sample(block.lines[row], value)

    def _row_hashes(self, block: Block) -> pl.Series:
        hashes = block.frame.hash_rows(self._seed)
        if not block.ragged:
            return hashes
        # The frame does not have all the cells of ragged rows.
        ragged = [hash((self._seed, *cells)) & _HASH_MASK for cells in block.ragged.values()]
        return hashes.scatter([*block.ragged], pl.Series(ragged, dtype=pl.UInt64))

    def with_duplicates(self) -> tuple[list[pl.Series], PendingSamples]:
        """Find the duplicates among all rows. Return by block which rows are invalid, and the samples to be added."""
        invalid, pending = self._invalid, PendingSamples()
        for position in list(self._hashes):
            result = self._results.by_rule["duplicate_row" if position is None else "unique", position]
            repeated = repetitions(self._hashes.pop(position))
            begin = 0
            for rows in repeated:
                for row in rows.arg_true().head(SAMPLES - min(result.count, SAMPLES)):
                    pending.setdefault(begin + row, []).append((result, position))
                result.count += int(rows.sum())
                begin += len(rows)
            if result.count:
                invalid = [one | other for one, other in zip(invalid, repeated, strict=True)]
        return invalid, pending
