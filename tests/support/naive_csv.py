"""A naive checker of CSV files, which checks one cell after another. The real checker is compared with it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from src.domain.csv import ORDER, Column, ColumnType, ReadOptions, Report, Row
from src.domain.csv.forms import any_form, comparable, grammar, normalised
from src.infrastructure.csv.checking import patterns
from src.infrastructure.csv.checking.facts import Facts
from src.infrastructure.csv.checking.inference import infer
from src.infrastructure.csv.reading.blocks import BlockReader
from src.infrastructure.csv.reading.encodings import UNDECODABLE, displayed
from src.infrastructure.csv.reading.records import Records, split
from src.infrastructure.csv.reading.source import Source, detect_source

WARNINGS = {"blanks", "mixed_format", "spelling", "out_of_range", "repeated_id", "near_duplicate_row", "empty_row"}
"""The warnings that the naive checker looks for."""
ERRORS = {"header", "row_width", "encoding", "duplicate_row", "not_empty", "type", "unique", "min", "max", "pattern"}
ERRORS |= {"enum"}
HABITS = {"not_empty": (1, 0.1), "repeated_id": (1, 0.2), "blanks": (3, 0.5)}
"""By rule, the number and the share of rows above which a warning counts as a habit of the file."""

Broken = dict[tuple[str, str | None], list[tuple[int, str]]]
"""By rule and column, the line and the value of everything that breaks it."""
Found = dict[tuple[str, str | None], tuple[int, list[tuple[int, str]]]]
"""By rule and column, how often it is broken, and the first ten lines and values."""


def found_in(report: Report) -> Found:
    """Return the findings in a report of the real checker, for the rules that the naive checker knows."""
    return {
        (each.rule, each.column): (each.count, [(sample.row, sample.value) for sample in each.samples])
        for each in report.validations
        if each.count and each.rule in WARNINGS | ERRORS
    }


def check(file: Path, options: ReadOptions) -> tuple[Found, list[Row]]:
    """Return the findings in a file, and its rows. Raises NotCsv, InvalidOption.

    The types and the forms of columns, the misspelled values and the usual numbers are not checked here, but taken
    from the real checker's inference.
    """
    source = detect_source(file, options)
    facts = infer(source, options.schema, BlockReader(source).blocks())
    width = len(source.header)
    text = b"".join(source.chunks()).decode(errors="surrogateescape")
    reader = Records([split(text)], source.delimiter, source.line, width=width, is_end=True)
    broken: Broken = defaultdict(list)
    broken["header", None] += [(source.header_line, problem) for problem in _header_problems(source, options)]
    if source.undecodable_name is not None:
        broken["encoding", None].append((source.header_line, source.undecodable_name))
    seen: defaultdict[object, set[object]] = defaultdict(set)
    rows: list[Row] = []
    for line, raw in [*reader]:
        cells = list(map(displayed, raw))
        unclosed = "unclosed quote: " + displayed(" ".join(raw)) if line in reader.unclosed else None
        of_row = dict(_broken_by_row(raw, cells, facts, unclosed, source.delimiter, seen))
        of_cells = {}
        if len(cells) == width:
            for position, (each, cell) in enumerate(zip(facts, cells, strict=True)):
                for rule in _broken_by_cell(each, cell, seen[position]):
                    is_copy = rule == "repeated_id" and "duplicate_row" in of_row
                    is_silent = "empty_row" in of_row and (rule in WARNINGS or rule == "not_empty")
                    if not is_copy and not is_silent:
                        of_cells[rule, each.column] = cell
        for rule, value in of_row.items():
            broken[rule, None].append((line, value))
        for (rule, column), value in of_cells.items():
            broken[rule, column.name].append((line, value))
        errors = [rule for rule in of_row if rule in ERRORS]
        errors += [rule for rule, column in of_cells if rule in ERRORS and (rule != "not_empty" or column.required)]
        rows.append((line, not errors, (cells + [""] * width)[:width]))
    inferred = {each.column.name for each in facts if each.is_inferred}
    found = {
        (rule, column): (len(places), [(line, _cut(value)) for line, value in places[:10]])
        for (rule, column), places in broken.items()
        if places and not (_is_habit(rule, len(places), len(rows)) and (rule != "not_empty" or column in inferred))
    }
    return found, rows


def _header_problems(source: Source, options: ReadOptions) -> list[str]:
    missing = [f"missing: {column.name}" for column in options.columns if column.name not in source.names]
    return [*source.misnamed.values(), *missing]


def _is_habit(rule: str, count: int, rows: int) -> bool:
    number, share = HABITS.get(rule, (count, 1.0))
    return count > max(number, share * rows)


def _cut(value: str) -> str:
    text = displayed(value[:201])
    return f"{text[:200]}…" if len(text) > 200 else text


def _broken_by_row(
    raw: list[str],
    cells: list[str],
    facts: list[Facts],
    unclosed: str | None,
    delimiter: str,
    seen: defaultdict[object, set[object]],
) -> Iterator[tuple[str, str]]:
    undecodable = [cell for cell in raw if UNDECODABLE.search(cell)]
    text = delimiter.join(cells)
    if undecodable:
        yield "encoding", undecodable[0]
    if unclosed or len(cells) != len(facts):
        yield "row_width", unclosed or f"{len(cells)} cells"
    if not any(cell.strip() for cell in cells):
        if len(cells) == len(facts):
            yield "empty_row", text
        return
    plain = tuple(cells)
    if len(cells) == len(facts):
        plain = tuple(_plain(each.column, cell) for each, cell in zip(facts, cells, strict=True))
    if tuple(cells) in seen["rows"]:
        yield "duplicate_row", text
    elif plain in seen["plain rows"]:
        yield "near_duplicate_row", text
    seen["rows"].add(tuple(cells))
    seen["plain rows"].add(plain)


def _plain(column: Column, cell: str) -> str:
    has_capitals = column.type in (ColumnType.STRING, ColumnType.BOOLEAN, ColumnType.EMAIL)
    return cell.strip().lower() if has_capitals else cell.strip()


def _broken_by_cell(facts: Facts, cell: str, seen: set[object]) -> Iterator[str]:
    column, text = facts.column, cell.strip()
    own, forms = grammar(column), any_form(column.type)
    if not text and column.required is not False:
        yield "not_empty"
    if any(end.isspace() or end in "\u200b\ufeff" for end in (cell[:1], cell[-1:]) if end):
        yield "blanks"
    if text in facts.misspelled:
        yield "spelling"
    if not text:
        return
    if own:
        cell = text  # blanks around a typed value are no part of it
    if own and not re.fullmatch(own, cell):
        yield "mixed_format" if forms and re.fullmatch(forms, cell) else "type"
        return
    if facts.limits and not facts.limits[0] <= float(normalised(column, cell)) <= facts.limits[1]:
        yield "out_of_range"
    is_ordered = column.type in ORDER
    if is_ordered and column.min is not None and comparable(column, cell) < ORDER[column.type](str(column.min)):  # type: ignore[operator]
        yield "min"
    if is_ordered and column.max is not None and comparable(column, cell) > ORDER[column.type](str(column.max)):  # type: ignore[operator]
        yield "max"
    if column.pattern is not None and not patterns.compiled(column.pattern)(cell):
        yield "pattern"
    if column.enum is not None and cell not in column.enum:
        yield "enum"
    if column.unique or facts.is_key:
        if cell in seen:
            yield "unique" if column.unique else "repeated_id"
        seen.add(cell)
