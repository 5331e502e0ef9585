"""Decides for each row of a file whether it is valid."""

import json
import secrets
from collections.abc import Iterable, Iterator
from itertools import islice

import polars as pl

from src.domain.csv import ColumnType, Severity
from src.infrastructure.csv.checking.duplicates import repetitions
from src.infrastructure.csv.checking.results import MAX_HASHES, SAMPLES, Results, Rule, RuleResult
from src.infrastructure.csv.checking.rows import empty_rows, marked, summary_rows
from src.infrastructure.csv.checking.rules import ColumnRules
from src.infrastructure.csv.reading.blocks import Block

SIMILAR_ROWS = 1_000_000
"""With more rows than these, rows that differ in capitals or blanks only are not looked for: it takes memory."""
_WITH_CAPITALS = (ColumnType.STRING, ColumnType.BOOLEAN, ColumnType.EMAIL)
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
        hashed = [None, *results.unique, *results.keys]
        self._hashes: dict[int | None, list[pl.Series]] = {position: [] for position in hashed}
        self._similar: list[pl.Series] | None = []
        """The hashes of the rows without capitals and blanks around values; None if there are too many rows."""
        self._texts = [str(at) for at, each in enumerate(results.facts) if each.column.type in _WITH_CAPITALS]
        self._repeated: dict[Rule, pl.Series] = {}
        """The rows that repeat others, once all rows are known."""
        self._columns = ColumnRules.of(results.facts)

    def add(self, block: Block) -> None:
        """Check the rows of a block for all rules but those about duplicates.

        Raises NotCsv when the file has too many rows to find duplicates among them.
        """
        frame = block.frame
        self._rows += frame.height
        self._results.require_comparable(self._rows)
        if self._rows * len(self._hashes) > MAX_HASHES:
            for position in self._results.keys:  # they are not worth the memory
                self._hashes.pop(position, None)
        invalid = pl.Series([False]).new_from_index(0, frame.height)
        blanks = invalid
        for rules, cells in (judged := self._judged(block, self._columns)):
            for index, position in enumerate(rules.positions):
                if (hashes := self._hashes.get(position)) is not None:
                    has_value = cells["has_value"].slice(index * frame.height, frame.height)
                    hashed = pl.when(has_value).then(frame.to_series(position).hash(self._seed))
                    hashes.append(pl.select(hashed).to_series())
        for rule, at, rows in self._broken(block, judged):
            if at is None:
                self._add_rows(rule, block, rows)
            else:
                self._add_cells(rule, at, block, rows)
            if self._results.severity(rule, at) is Severity.ERROR:
                invalid = invalid | rows
            elif rule == "blanks":
                blanks = blanks | rows
        self._invalid.append(invalid)
        self._hashes[None].append(self._row_hashes(block, frame))
        if self._rows > SIMILAR_ROWS:
            self._similar = None
        if self._similar is not None:
            stripped = frame.with_columns(pl.all().str.strip_chars()) if blanks.any() else frame
            plain = stripped.with_columns(pl.col(self._texts).str.to_lowercase()) if self._texts else stripped
            self._similar.append(self._row_hashes(block, plain))

    @staticmethod
    def _judged(block: Block, columns: list[ColumnRules]) -> list[tuple[ColumnRules, pl.DataFrame]]:
        return [*zip(columns, ColumnRules.judge(columns, block.complete), strict=True)]

    def _broken(
        self, block: Block, judged: Iterable[tuple[ColumnRules, pl.DataFrame]]
    ) -> Iterator[tuple[str, int | None, pl.Series]]:
        """Yield each broken rule with the position of its column and the rows of the block that break it."""
        frame, height = block.complete, block.frame.height
        for rule, values in (("row_width", _widths(block)), ("encoding", block.undecodable)):
            if values:
                yield rule, None, marked(height, [*values])
        empty, summary = empty_rows(frame), summary_rows(frame, is_end=block.is_last)
        for rule, rows in (("empty_row", empty), ("summary_row", summary)):
            if rows.any():
                yield rule, None, rows
        no_data = empty | summary if empty.any() or summary.any() else None
        for rules, cells in judged:
            for broken in cells.iter_columns():
                if broken.name == "has_value" or not broken.any():
                    continue
                for index, position in enumerate(rules.positions):
                    rows = broken.slice(index * height, height).fill_null(False)
                    # A row without data is reported as such, and not for each column that lacks a value.
                    is_warning = self._results.severity(broken.name, position) is Severity.WARNING
                    if no_data is not None and (is_warning or broken.name == "not_empty"):
                        rows &= ~no_data
                    if rows.any():
                        yield broken.name, position, rows

    def findings(self, block: Block, begin: int) -> dict[int, str]:
        """Return which rules the rows of a block break, as the text of a JSON array, by the position of the row.

        Call it once the duplicates are known. ``begin`` is the number of rows before the block.
        """
        found: dict[int, list[tuple[str, int | None]]] = {}
        by_rule = self._results.by_rule
        confirmed = {position for (_, position), result in by_rule.items() if result.count}
        columns = [rules for rules in self._columns if not confirmed.isdisjoint(rules.positions)]
        broken = [*self._broken(block, self._judged(block, columns))]
        broken += [(rule, at, rows.slice(begin, block.frame.height)) for (rule, at), rows in self._repeated.items()]
        for rule, position, rows in broken:
            if by_rule[rule, position].count:
                for row in rows.arg_true().to_list():
                    found.setdefault(row, []).append((rule, position))
        return {row: json.dumps(rules, separators=(",", ":")) for row, rules in found.items()}

    def _add_cells(self, rule: str, position: int, block: Block, broken: pl.Series) -> None:
        """Count the cells of a column that break a rule."""
        result = self._results.by_rule[rule, position]
        result.count += int(broken.sum())
        if result.missing_samples:
            for row in broken.arg_true().head(result.missing_samples):
                result.add_sample(block.lines[row], block.frame.to_series(position)[row])

    def _add_rows(self, rule: str, block: Block, broken: pl.Series) -> None:
        """Count the rows that break a rule of the whole row."""
        result = self._results.by_rule[rule, None]
        result.count += int(broken.sum())
        values = {"row_width": _widths(block), "encoding": block.undecodable}.get(rule)
        for row in islice(broken.arg_true(), result.missing_samples):
            cells = block.ragged.get(row) or block.frame.row(row)
            text = values[row] if values else self._results.source.delimiter.join(cells)
            result.add_sample(block.lines[row], text)

    def _row_hashes(self, block: Block, frame: pl.DataFrame) -> pl.Series:
        """Return the hashes of the rows of a frame, null for empty rows; ragged rows have those of all their cells."""
        hashes = frame.hash_rows(self._seed)
        empty = empty_rows(block.frame)
        if empty.any():
            hashes = hashes.to_frame("").select(pl.when(~empty).then(pl.col(""))).to_series()
        if not block.ragged:
            return hashes
        # The frame does not have all the cells of ragged rows.
        ragged = {row: cells for row, cells in block.ragged.items() if any(cell.strip() for cell in cells)}
        hashed = [hash((self._seed, *cells)) & _HASH_MASK for cells in ragged.values()]
        return hashes.scatter([*ragged], pl.Series(hashed, dtype=pl.UInt64))

    def with_duplicates(self) -> tuple[pl.Series, PendingSamples]:
        """Find the duplicates among all rows.

        Return two values: which rows of the file are invalid; and the samples of duplicates, which the caller adds to
        the results.
        """
        invalid, pending = _joined(self._invalid, pl.Boolean), PendingSamples()
        for position in list(self._hashes):
            hashes = _joined(self._hashes.pop(position), pl.UInt64)
            repeated = repetitions(hashes)
            if position is None:
                rule = "duplicate_row"
                if self._similar is not None:
                    similar = repetitions(_joined(self._similar, pl.UInt64))
                    self._repeated["near_duplicate_row", None] = similar & ~repeated
            else:
                rule = "unique" if self._results.columns[position].unique else "repeated_id"
            self._repeated[rule, position] = repeated
            if rule != "repeated_id":
                invalid |= repeated
        for (rule, position), rows in self._repeated.items():
            if rule == "repeated_id":  # a whole row that is repeated has been reported
                rows = rows & ~self._repeated["duplicate_row", None]
                self._repeated[rule, position] = rows
            self._results.by_rule[rule, position].count = int(rows.sum())
        self._results.drop_habits(self._rows)
        for (rule, position), rows in self._repeated.items():
            result = self._results.by_rule[rule, position]
            for row in rows.arg_true().head(SAMPLES) if result.count else ():
                pending.setdefault(row, []).append((result, position))
        return invalid, pending


def _widths(block: Block) -> dict[int, str]:
    """Return what is wrong with the cells of rows, by the position of the row."""
    widths = {row: f"{len(cells)} cells" for row, cells in block.ragged.items()}
    return dict(sorted((widths | {row: f"unclosed quote: {text}" for row, text in block.unclosed.items()}).items()))


def _joined(blocks: list[pl.Series], dtype: type[pl.DataType]) -> pl.Series:
    """Return one series with the values of all blocks, without copying them."""
    return pl.concat([pl.Series(dtype=dtype), *blocks], rechunk=False)
