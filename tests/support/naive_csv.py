"""A naive checker of CSV files, which holds everything in memory: the reference of the real one."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from src.domain.csv import GRAMMAR, ORDER, Column, ReadOptions, Report, Row, Severity
from src.infrastructure.csv.checking import patterns
from src.infrastructure.csv.checking.results import Results, Rule, unique_names
from src.infrastructure.csv.reading.encodings import UNDECODABLE, displayed
from src.infrastructure.csv.reading.records import Records, split
from src.infrastructure.csv.reading.source import Source, detect_source


def check(file: Path, options: ReadOptions) -> tuple[Report, list[Row]]:
    """Return the report of a file and its rows. Raises NotCsv, InvalidOption."""
    source, schema = detect_source(file, options), options.columns
    text = b"".join(source.chunks()).decode(errors="surrogateescape")
    records = list(Records([split(text)], source.delimiter, source.line))
    results = Results.of(source, schema, () if schema else _inferred(source, [cells for _, cells in records]))
    width = len(results.columns)
    seen: dict[int | None, set[object]] = {position: set() for position in [None, *results.unique]}
    rows: list[Row] = []
    for line, raw in records:
        results.require_comparable(len(rows) + 1)
        cells = list(map(displayed, raw))
        broken = [*_broken_by_row(raw, cells, width, source.delimiter, seen[None])]
        if len(cells) == width:
            for position, (column, cell) in enumerate(zip(results.columns, cells, strict=True)):
                broken += [((rule, position), cell) for rule in _broken_by_cell(column, cell, seen.get(position))]
        for rule, value in broken:
            results.by_rule[rule].count += 1
            results.by_rule[rule].add_sample(line, value)
        valid = all(results.severity(*rule) is Severity.WARNING for rule, _ in broken)
        rows.append((line, valid, (cells + [""] * width)[:width]))
    return results.report(len(rows), sum(valid for _, valid, _ in rows)), rows


def _broken_by_row(
    raw: list[str], cells: list[str], width: int, delimiter: str, seen: set[object]
) -> Iterator[tuple[Rule, str]]:
    undecodable = [cell for cell in raw if UNDECODABLE.search(cell)]
    if undecodable:
        yield ("encoding", None), undecodable[0]
    if len(cells) != width:
        yield ("row_width", None), f"{len(cells)} cells"
    if tuple(cells) in seen:
        yield ("duplicate_row", None), delimiter.join(cells)
    seen.add(tuple(cells))


def _broken_by_cell(column: Column, cell: str, seen: set[object] | None) -> Iterator[str]:
    if not cell:
        if column.required is not False:
            yield "not_empty"
        return
    if column.type in GRAMMAR and not re.fullmatch(GRAMMAR[column.type], cell):
        yield "type"
        return
    order: Callable[[str], object] | None = ORDER.get(column.type)
    if order and column.min is not None and order(cell) < order(str(column.min)):  # type: ignore[operator]
        yield "min"
    if order and column.max is not None and order(cell) > order(str(column.max)):  # type: ignore[operator]
        yield "max"
    if column.pattern is not None and not patterns.compiled(column.pattern)(cell):
        yield "pattern"
    if column.enum is not None and cell not in column.enum:
        yield "enum"
    if seen is not None:
        if cell in seen:
            yield "unique"
        seen.add(cell)


def _inferred(source: Source, records: list[list[str]]) -> list[Column]:
    names, _ = unique_names(source.header)
    complete = [cells for cells in records if len(cells) == len(names)]
    return [_column(name, [displayed(cells[at]) for cells in complete]) for at, name in enumerate(names)]


def _column(name: str, cells: list[str]) -> Column:
    values = [cell for cell in cells if cell]
    for type, grammar in GRAMMAR.items():
        matches = sum(re.fullmatch(grammar, value) is not None for value in values)
        if values and 5 * matches >= 4 * len(values):
            return Column(name, type)
    return Column(name)
