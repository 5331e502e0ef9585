"""Decides for each row of a file whether it is valid."""

import json
import secrets
from collections.abc import Iterable, Iterator

import polars as pl

from src.domain.csv import ColumnType, Severity
from src.infrastructure.csv.checking.duplicates import repetitions
from src.infrastructure.csv.checking.results import MAX_HASHES, SAMPLES, Results, Rule, RuleResult
from src.infrastructure.csv.checking.rows import marked, without_data
from src.infrastructure.csv.checking.rules import ColumnRules, Judgement
from src.infrastructure.csv.reading.blocks import Block

SIMILAR_ROWS = 250_000
"""With more rows than these, rows that differ in capitals or blanks only are not looked for: it takes time."""
_WITH_CAPITALS = (ColumnType.STRING, ColumnType.BOOLEAN, ColumnType.EMAIL)
_HASH_MASK = (1 << 64) - 1
_NO_ROWS = pl.Series(dtype=pl.UInt32)

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
        self._similar: list[pl.Series] | None = [] if ("near_duplicate_row", None) in results.by_rule else None
        """The hashes of the rows without capitals and blanks around values; None if nobody needs them."""
        self._texts = [str(at) for at, each in enumerate(results.facts) if each.column.type in _WITH_CAPITALS]
        self._repeated: dict[Rule, pl.Series] = {}
        """The rows that repeat others, once all rows are known."""
        self._columns = ColumnRules.of(results.facts)

    def add(self, block: Block) -> None:
        """Check the rows of a block for all rules but those about duplicates.

        Raises NotCsv when the file has too many rows to find duplicates among them.
        """
        height = block.frame.height
        self._rows += height
        self._results.require_comparable(self._rows)
        if self._rows * len(self._hashes) > MAX_HASHES:
            for position in self._results.keys:  # they are not worth the memory
                self._hashes.pop(position, None)
        judged = [*ColumnRules.judge(self._columns, block.complete)]
        for position, (has_value, _) in judged:
            if (hashes := self._hashes.get(position)) is not None:
                cells = block.frame.to_series(position)
                if self._results.columns[position].type is not ColumnType.STRING:
                    cells = cells.str.strip_chars()  # blanks around a typed value are no part of it
                hashed = pl.when(has_value).then(cells.hash(self._seed))
                hashes.append(pl.select(hashed).to_series())
        invalid, has_blanks, empty = [_NO_ROWS], False, _NO_ROWS
        for rule, at, rows in self._broken(block, judged):
            if (rule, at) in self._results.by_rule:
                self._count(rule, at, block, rows)
            if self._results.severity(rule, at) is Severity.ERROR:
                invalid.append(rows)
            has_blanks = has_blanks or rule == "blanks"
            empty = rows if rule == "empty_row" else empty
        self._invalid.append(marked(height, pl.concat(invalid)))
        self._hashes[None].append(self._row_hashes(block, block.frame, empty))
        if self._rows > SIMILAR_ROWS:
            self._similar = None
        if self._similar is not None:
            plain = block.frame.with_columns(pl.all().str.strip_chars()) if has_blanks else block.frame
            plain = plain.with_columns(pl.col(self._texts).str.to_lowercase()) if self._texts else plain
            self._similar.append(self._row_hashes(block, plain, empty))

    def _broken(
        self, block: Block, judged: Iterable[tuple[int, Judgement]]
    ) -> Iterator[tuple[str, int | None, pl.Series]]:
        """Yield each broken rule with the position of its column and the rows of the block that break it."""
        for rule, values in (("row_width", _widths(block)), ("encoding", block.undecodable)):
            if values:
                yield rule, None, pl.Series([*values], dtype=pl.UInt32)
        other = without_data(block.complete, is_end=block.is_last)
        for rule, rows in other.items():
            yield rule, None, rows
        no_data = pl.concat(other.values()) if other else None
        for position, (_, by_rule) in judged:
            for rule, rows in by_rule.items():
                # A row without data is reported as such, and not for each column that lacks a value.
                is_warning = self._results.severity(rule, position) is Severity.WARNING
                if no_data is not None and (is_warning or rule == "not_empty"):
                    rows = rows.filter(~rows.is_in(no_data.implode()))
                if len(rows):
                    yield rule, position, rows

    def findings(self, block: Block, begin: int) -> dict[int, str]:
        """Return the rules that each row of a block breaks, as a JSON array, by the position of the row.

        Call it once the duplicates are known. ``begin`` is the number of rows before the block.
        """
        found: dict[int, list[tuple[str, int | None]]] = {}
        by_rule = self._results.by_rule
        confirmed = {position for (_, position), result in by_rule.items() if result.count}
        columns = [rules for rules in self._columns if not confirmed.isdisjoint(rules.positions)]
        broken = [*self._broken(block, ColumnRules.judge(columns, block.complete))]
        for (rule, at), repeated in self._repeated.items():
            broken.append((rule, at, repeated.slice(begin, block.frame.height).arg_true()))
        for rule, position, rows in broken:
            result = by_rule.get((rule, position))  # a column may allow what a row breaks
            if result and result.count:
                for row in rows:
                    found.setdefault(row, []).append((rule, position))
        return {row: json.dumps(rules, separators=(",", ":")) for row, rules in found.items()}

    def _count(self, rule: str, position: int | None, block: Block, rows: pl.Series) -> None:
        """Count the rows that break a rule, and take samples of the first ones."""
        result = self._results.by_rule[rule, position]
        result.count += len(rows)
        values = {"row_width": _widths(block), "encoding": block.undecodable}.get(rule)
        for row in rows.head(result.missing_samples):
            value = values[row] if values else text_at(block, row, position, self._results.source.delimiter)
            result.add_sample(block.lines[row], value)

    def _row_hashes(self, block: Block, frame: pl.DataFrame, empty: pl.Series) -> pl.Series:
        """Return the hashes of the rows of a frame. An empty row has the hash null.

        The hash of a ragged row covers all of its cells, including cells that the frame lacks.
        """
        hashes = frame.hash_rows(self._seed)
        if len(empty):
            hashes = hashes.scatter(empty, None)
        if not block.ragged:
            return hashes
        # The frame does not have all the cells of ragged rows.
        ragged = [
            hash((self._seed, *cells)) & _HASH_MASK if any(cell.strip() for cell in cells) else None
            for cells in block.ragged.values()
        ]
        return hashes.scatter([*block.ragged], pl.Series(ragged, dtype=pl.UInt64))

    def with_duplicates(self) -> tuple[pl.Series, PendingSamples]:
        """Find the duplicates among all rows.

        Return two values: the invalid rows of the file, and the samples of duplicates, which the caller adds to the
        results.
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


def text_at(block: Block, row: int, position: int | None, delimiter: str) -> str:
    """Return the cell of a row at ``position``, or all cells of the row as text if ``position`` is None."""
    if position is not None:
        return str(block.frame.to_series(position)[row])
    return delimiter.join(block.ragged.get(row) or block.frame.row(row))


def _widths(block: Block) -> dict[int, str]:
    """Return descriptions of the rows with a wrong number of cells or an unclosed quote, by their positions."""
    widths = {row: f"{len(cells)} cells" for row, cells in block.ragged.items()}
    return dict(sorted((widths | {row: f"unclosed quote: {text}" for row, text in block.unclosed.items()}).items()))


def _joined(blocks: list[pl.Series], dtype: type[pl.DataType]) -> pl.Series:
    """Return one series with the values of all blocks, without copying them."""
    return pl.concat([pl.Series(dtype=dtype), *blocks], rechunk=False)
