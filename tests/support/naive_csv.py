"""A naive checker of CSV files, which holds everything in memory: the reference of the real one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from src.domain.csv import ORDER, SUSPICIONS, ReadOptions, Report, Row, Severity
from src.domain.csv.forms import any_form, comparable, grammar
from src.infrastructure.csv.checking import patterns
from src.infrastructure.csv.checking.facts import Facts
from src.infrastructure.csv.checking.inference import infer
from src.infrastructure.csv.checking.results import Results, Rule
from src.infrastructure.csv.reading.blocks import BlockReader
from src.infrastructure.csv.reading.encodings import UNDECODABLE, displayed
from src.infrastructure.csv.reading.records import Records, split
from src.infrastructure.csv.reading.source import detect_source


def check(file: Path, options: ReadOptions) -> tuple[Report, list[Row]]:
    """Return the report of a file and its rows, without suspicions. Raises NotCsv, InvalidOption.

    The types and the forms of columns are those that the real checker infers.
    """
    source = detect_source(file, options)
    text = b"".join(source.chunks()).decode(errors="surrogateescape")
    width = len(source.header)
    reader = Records([split(text)], source.delimiter, source.line, width=width, is_end=True)
    records = list(reader)
    results = Results.of(source, options.schema, infer(source, options.schema, BlockReader(source).blocks()))
    seen: dict[int | None, set[object]] = {position: set() for position in [None, *results.unique]}
    rows: list[Row] = []
    for line, raw in records:
        results.require_comparable(len(rows) + 1)
        cells = list(map(displayed, raw))
        fitted = (cells + [""] * width)[:width]
        is_empty = not any(cell.strip() for cell in cells)
        unclosed = "unclosed quote: " + displayed(" ".join(raw)) if line in reader.unclosed else None
        broken = [*_broken_by_row(raw, cells, width, unclosed, source.delimiter, None if is_empty else seen[None])]
        if len(cells) == width:
            for position, (facts, cell) in enumerate(zip(results.facts, cells, strict=True)):
                by_cell = _broken_by_cell(facts, cell, seen.get(position))
                broken += [((rule, position), cell) for rule in by_cell if not (is_empty and rule == "not_empty")]
        for rule, value in broken:
            results.by_rule[rule].count += 1
            results.by_rule[rule].add_sample(line, value)
        valid = all(results.severity(*rule) is Severity.WARNING for rule, _ in broken)
        rows.append((line, valid, fitted))
    results.drop_habits(len(rows))
    return without_suspicions(results.report(len(rows), sum(valid for _, valid, _ in rows))), rows


def without_suspicions(report: Report) -> Report:
    """Return the report without the rules that no schema asks for."""
    asked = tuple(each for each in report.validations if each.rule not in SUSPICIONS)
    # A warning about empty cells depends on the rows that sum up others.
    return replace(report, validations=tuple(each for each in asked if each.severity is Severity.ERROR))


def _broken_by_row(
    raw: list[str], cells: list[str], width: int, unclosed: str | None, delimiter: str, seen: set[object] | None
) -> Iterator[tuple[Rule, str]]:
    undecodable = [cell for cell in raw if UNDECODABLE.search(cell)]
    if undecodable:
        yield ("encoding", None), undecodable[0]
    if unclosed or len(cells) != width:
        yield ("row_width", None), unclosed or f"{len(cells)} cells"
    if seen is not None:
        if tuple(cells) in seen:
            yield ("duplicate_row", None), delimiter.join(cells)
        seen.add(tuple(cells))


def _broken_by_cell(facts: Facts, cell: str, seen: set[object] | None) -> Iterator[str]:
    column, text = facts.column, cell.strip()
    if not text and column.required is not False:
        yield "not_empty"
    if not cell or (not text and column.type != "string"):
        return
    own, forms = grammar(column), any_form(column.type)
    if own and not re.fullmatch(own, cell):
        is_own = re.fullmatch(own, text) is not None
        is_other = forms is not None and re.fullmatch(forms, text) is not None and not is_own
        if not is_other and not is_own:
            yield "type"
        return
    is_ordered = column.type in ORDER
    if is_ordered and column.min is not None and comparable(column, cell) < ORDER[column.type](str(column.min)):  # type: ignore[operator]
        yield "min"
    if is_ordered and column.max is not None and comparable(column, cell) > ORDER[column.type](str(column.max)):  # type: ignore[operator]
        yield "max"
    if column.pattern is not None and not patterns.compiled(column.pattern)(cell):
        yield "pattern"
    if column.enum is not None and cell not in column.enum:
        yield "enum"
    if seen is not None:
        if cell in seen:
            yield "unique"
        seen.add(cell)
