"""The engine that is always there: the csv module of the standard library, row by row."""

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter, or_

from src.domain.tables import GRAMMAR, Column, ColumnType, Report, Row
from src.infrastructure.tables.encodings import UNDECODED
from src.infrastructure.tables.engine import Engine, Passes, Progress, Store
from src.infrastructure.tables.findings import BATCH, SAMPLES, Findings, Found, usable_names
from src.infrastructure.tables.inference import CODE, INFERRED, Evidence
from src.infrastructure.tables.records import Records, fitted, lines
from src.infrastructure.tables.rules import value_tests
from src.infrastructure.tables.source import Source

Test = tuple[Found, Callable[[str], object]]
"""Where to count the values for which the function is false."""

Wanted = dict[int, list[tuple[Found, Callable[[list[str]], str]]]]
"""By row, where its line is still to be noted, and what of it."""

_HASHES = (1 << 64) - 1
_AT_ONCE = 1_000_000


class PythonTables(Engine):
    """Checks a file in two or three passes: to infer the schema, to check it, and to store the rows."""

    def check_source(
        self, source: Source, schema: Sequence[Column], store: Store | None, progress: Progress | None
    ) -> Report:
        """See Engine."""
        passes = Passes(progress, 1 + (not schema) + (store is not None))
        inferred = () if schema else _infer(source, passes.next())
        findings = Findings.of(source, schema, inferred)
        check = _Check(findings)
        for line, cells in _records(source, passes.next()):
            check.row(line, cells)
        wanted = check.duplicates()
        if store or wanted:
            last = max(wanted, default=-1)
            batch: list[Row] = []
            width = len(findings.columns)
            for row, (line, cells) in enumerate(_records(source, passes.next() if store else None)):
                for found, text in wanted.get(row, ()):
                    found.sample(line, text(fitted(cells, len(cells), source.broken)))
                if store:
                    batch.append((line, not check.bad[row], fitted(cells, width, source.broken)))
                    if len(batch) == BATCH:
                        store(batch)
                        batch = []
                elif row == last:
                    break
            if store and batch:
                store(batch)
        if progress:
            progress(1.0)
        return findings.report(len(check.bad), check.bad.count(0))


def _records(source: Source, read: Progress | None = None) -> Iterable[tuple[int, list[str]]]:
    return Records(lines(source.chunks(read)), source.delimiter, source.line)


def _infer(source: Source, read: Progress | None) -> list[Column]:
    names, _ = usable_names(source.header)
    evidence = [Evidence() for _ in names]
    looks = re.compile("|".join(f"(?P<{type}>{grammar})" for type, grammar in INFERRED.items()) + f"|(?P<code>{CODE})")
    for _, cells in _records(source, read):
        if len(cells) != len(names):
            continue
        for about, cell in zip(evidence, fitted(cells, len(names), source.broken), strict=True):
            about.rows += 1
            if cell:
                about.values += 1
                if match := looks.fullmatch(cell):
                    about.add(str(match.lastgroup))
    return [about.column(name) for about, name in zip(evidence, names, strict=True)]


class _Check:
    """The verdicts on all rows, but for those that only all rows together decide."""

    def __init__(self, findings: Findings) -> None:
        self.bad = bytearray()
        """For each row whether something was found in it."""
        self._findings = findings
        self._source = findings.source
        self._width = findings.found["row_width", None]
        self._encoding = findings.found["encoding", None]
        self._hashes = array("Q")
        self._unique = {position: array("Q") for position in findings.unique}
        self._columns = [(at, *_tests(findings, at, column)) for at, column in enumerate(findings.columns)]
        # A column without rules costs nothing.
        self._columns = [entry for entry in self._columns if any(entry[1:]) or entry[0] in self._unique]

    def row(self, line: int, cells: list[str]) -> None:
        """Look at the next row."""
        bad = False
        if self._source.broken and (undecoded := next(filter(UNDECODED.search, cells), None)) is not None:
            bad = True
            self._encoding.count += 1
            self._encoding.sample(line, undecoded)
        self._findings.bound(len(self.bad) + 1)
        cells = fitted(cells, len(cells), self._source.broken)
        # Zero stands for what is not compared. Python's own hash is SipHash, with a key of this process.
        self._hashes.append(hash(tuple(cells)) & _HASHES or 1)
        if len(cells) != len(self._findings.columns):
            self._width.count += 1
            self._width.sample(line, f"{len(cells)} cells")
            self.bad.append(True)
            for hashes in self._unique.values():
                hashes.append(0)
            return
        for position, empty, type, tests in self._columns:
            cell, right = cells[position], False
            if not cell:
                broken = [empty] if empty else []
            elif type and not type[1](cell):
                broken = [type[0]]
            else:
                right = True
                broken = [found for found, test in tests if not test(cell)]
            for found in broken:
                bad = True
                found.count += 1
                found.sample(line, cell)
            if position in self._unique:
                self._unique[position].append(hash(cell) & _HASHES or 1 if right else 0)
        self.bad.append(bad)

    def duplicates(self) -> Wanted:
        """Find the rows that repeat an earlier one, and those whose unique value does; they are bad from now on."""
        places: list[tuple[int | None, array[int]]] = [(None, self._hashes), *self._unique.items()]
        wanted: Wanted = {}
        for position, hashes in places:
            found = self._findings.found["duplicate_row" if position is None else "unique", position]
            repeated = _repeated(hashes)
            found.count = repeated.count(1)
            if found.count:
                self.bad = bytearray(map(or_, self.bad, repeated))
            row = -1
            for _ in range(min(found.count, SAMPLES)):
                row = repeated.index(1, row + 1)
                text = self._findings.row_text if position is None else itemgetter(position)
                wanted.setdefault(row, []).append((found, text))
        return wanted


def _repeated(hashes: "array[int]") -> bytearray:
    """For each whether it is the second or a later occurrence, and not zero.

    64 bits: among three million different rows two are taken for equal once in four million files.
    """
    repeated = bytearray(len(hashes))
    parts = len(hashes) // _AT_ONCE + 1  # so that the set of those seen stays small
    for part in range(parts):
        seen: set[int] = set()
        for position, value in enumerate(hashes):
            if value and value % parts == part:
                if value in seen:
                    repeated[position] = 1
                seen.add(value)
    return repeated


def _tests(findings: Findings, at: int, column: Column) -> tuple[Found | None, Test | None, list[Test]]:
    """Where empty cells of a column are counted, the test of its type, and those of the values that pass it."""
    found = findings.found
    type = None
    if column.type is not ColumnType.STRING:
        type = (found["type", at], re.compile(GRAMMAR[column.type]).fullmatch)
    return found.get(("not_empty", at)), type, [(found[rule, at], test) for rule, test in value_tests(column)]
