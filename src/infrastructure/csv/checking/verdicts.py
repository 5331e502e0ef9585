"""Decides for each row of a file whether it is valid."""

import secrets
from itertools import islice

import polars as pl

from src.domain.csv import Severity
from src.infrastructure.csv.checking.duplicates import repetitions
from src.infrastructure.csv.checking.results import SAMPLES, Results, RuleResult
from src.infrastructure.csv.checking.rules import ColumnRules
from src.infrastructure.csv.reading.blocks import Block

_HASH_MASK = (1 << 64) - 1

PendingSamples = dict[int, list[tuple[RuleResult, int | None]]]
"""The samples to add later, by row: each result that needs one, and the position of its cell (None: the whole row)."""


class Verdicts:
    """Decides which rows are valid, and counts in ``results`` how often each rule is broken.

    Call ``add`` for each block in the order of the file, and then ``with_duplicates``.
    """

    def __init__(self, results: Results) -> None:
        self._results = results
        self._rows = 0
        self._invalid: list[pl.Series] = []
        # With a secret seed, no client can make rows whose hashes collide.
        self._seed = secrets.randbits(64)
        self._hashes: dict[int | None, list[pl.Series]] = {position: [] for position in [None, *results.unique]}
        self._columns = ColumnRules.of(results.columns)

    def add(self, block: Block) -> None:
        """Check the rows of a block for all rules but those about duplicates.

        Raises NotCsv when the file has too many rows to find duplicates among them.
        """
        frame = block.frame
        self._rows += frame.height
        self._results.require_comparable(self._rows)
        self._add_rows("row_width", block, {row: f"{len(cells)} cells" for row, cells in block.ragged.items()})
        self._add_rows("encoding", block, block.undecodable)
        malformed = [*block.ragged, *block.undecodable]
        invalid = pl.Series([False]).new_from_index(0, frame.height)
        invalid = invalid.scatter(malformed, True) if malformed else invalid
        judged = pl.collect_all([rules.judge(block.complete) for rules in self._columns])
        for rules, cells in zip(self._columns, judged, strict=True):
            for index, position in enumerate(rules.positions):
                if (hashes := self._hashes.get(position)) is not None:
                    has_value = cells["has_value"].slice(index * frame.height, frame.height)
                    hashed = pl.when(has_value).then(frame.to_series(position).hash(self._seed))
                    hashes.append(pl.select(hashed).to_series())
            for broken in cells.iter_columns():
                if broken.name != "has_value" and broken.any():
                    for index, position in enumerate(rules.positions):
                        rows = broken.slice(index * frame.height, frame.height).fill_null(False)
                        if self._results.severity(broken.name, position) is Severity.ERROR:
                            invalid |= rows
                        self._add_cells(broken.name, position, block, rows)
        self._invalid.append(invalid)
        self._hashes[None].append(self._row_hashes(block))

    def _add_cells(self, rule: str, position: int, block: Block, broken: pl.Series) -> None:
        """Count the cells of a column that break a rule."""
        result = self._results.by_rule[rule, position]
        result.count += int(broken.sum())
        if result.missing_samples:
            for row in broken.arg_true().head(result.missing_samples):
                result.add_sample(block.lines[row], block.frame.to_series(position)[row])

    def _add_rows(self, rule: str, block: Block, values: dict[int, str]) -> None:
        """Count the rows that break a rule of the whole row. ``values`` holds the value to show as a sample, by row."""
        result = self._results.by_rule[rule, None]
        result.count += len(values)
        for row, value in islice(values.items(), result.missing_samples):
            result.add_sample(block.lines[row], value)

    def _row_hashes(self, block: Block) -> pl.Series:
        hashes = block.frame.hash_rows(self._seed)
        if not block.ragged:
            return hashes
        # The frame does not have all the cells of ragged rows.
        ragged = [hash((self._seed, *cells)) & _HASH_MASK for cells in block.ragged.values()]
        return hashes.scatter([*block.ragged], pl.Series(ragged, dtype=pl.UInt64))

    def with_duplicates(self) -> tuple[pl.Series, PendingSamples]:
        """Find the duplicates among all rows.

        Return two values: which rows of the file are invalid; and the samples of duplicates, which the caller adds to
        the results.
        """
        invalid, pending = _joined(self._invalid, pl.Boolean), PendingSamples()
        for position in list(self._hashes):
            result = self._results.by_rule["duplicate_row" if position is None else "unique", position]
            repeated = repetitions(_joined(self._hashes.pop(position), pl.UInt64))
            for row in repeated.arg_true().head(SAMPLES):
                pending.setdefault(row, []).append((result, position))
            result.count = int(repeated.sum())
            invalid |= repeated
        return invalid, pending


def _joined(blocks: list[pl.Series], dtype: type[pl.DataType]) -> pl.Series:
    """Return one series with the values of all blocks, without copying them."""
    return pl.concat([pl.Series(dtype=dtype), *blocks], rechunk=False)
