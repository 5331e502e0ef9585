"""The histograms and counts of the pages of datasets."""

import pytest

from src.application.summaries.profiles import BARS, ColumnProfile, Profile
from src.domain.csv import CheckedRow, Column, ColumnType, Report, Severity, Validation


def profile(type: ColumnType, *cells: str, **form: str) -> ColumnProfile:
    column = Column("c", type, **form)  # type: ignore[arg-type]
    found = Profile(Report(",", "UTF-8", len(cells), len(cells), (column,), (column,), ()))
    found.add([CheckedRow(at + 2, True, [cell], []) for at, cell in enumerate(cells)])
    return found.columns[0]


@pytest.mark.parametrize(
    ("type", "cells", "form", "bars", "median"),
    [
        (ColumnType.NUMBER, ["0,5", "1.000,5"], {"decimal": ",", "thousands": "."}, [(0, 100), (1000, 1100)], 0.5),
        (ColumnType.INTEGER, ["1", "2", "3"], {}, [(1, 1.2), (3, 3.2)], 2),
        (
            ColumnType.DATE,
            ["01/03/2026", "04/03/2026"],
            {"format": "dd/mm/yyyy"},
            ["2026-03-01", "2026-03-04"],
            "2026-03-01",
        ),
        (ColumnType.DATE, ["2025-12-31", "2026-03-04"], {}, ["2025-12", "2026-03"], "2025-12-31"),
        (ColumnType.DATE, ["0001-01-01", "9999-12-31"], {}, ["0000", "9000"], "0001-01-01"),
        (ColumnType.DATETIME, ["2019-01-01T00:00:00Z", "2026-01-01 10:00"], {}, ["2019", "2026"], "2019-01-01"),
        (ColumnType.NUMBER, ["-1e-200", "1e-200"], {}, None, -1e-200),
        (ColumnType.NUMBER, ["-1e308", "1e308"], {}, [], -1e308),
        (ColumnType.NUMBER, ["5", "5"], {}, [], 5),
    ],
)
def test_a_histogram_has_round_steps_and_few_bars(
    type: ColumnType, cells: list[str], form: dict[str, str], bars: list[object] | None, median: object
) -> None:
    found = profile(type, *cells, **form)
    assert len(found.bars) <= BARS
    assert sum(bar.count for bar in found.bars) in (0, len(cells))
    assert found.median == median
    if bars is not None:
        ends = [*found.bars[:1], *found.bars[-1:]]
        assert [bar.start if isinstance(bar.start, str) else (bar.start, bar.end) for bar in ends] == bars


def test_few_values_are_counted_and_many_are_sampled() -> None:
    few = profile(ColumnType.STRING, *"aaabbc", " ")
    assert (few.tops, few.filled, few.empty) == ([("a", 3), ("b", 2), ("c", 1)], 6, 1)
    many = profile(ColumnType.STRING, *map(str, range(50)))
    assert (many.tops, many.bars, many.samples) == ((), (), ["0", "1", "2"])


def test_only_the_cells_that_break_a_rule_of_severity_error_are_counted_as_bad() -> None:
    columns = (Column("a"), Column("b"))
    broken = (Validation("blanks", "b", 2, (), Severity.WARNING), Validation("not_empty", "a", 1, ()))
    found = Profile(Report(",", "UTF-8", 3, 2, columns, columns, broken))
    rows = [CheckedRow(2, False, ["", " x"], [("not_empty", 0), ("blanks", 1)])]
    rows += [CheckedRow(3, True, ["x", " x"], [("blanks", 1)]), CheckedRow(4, True, ["x", "x"], [])]
    found.add(rows)
    assert [each.bad for each in found.columns] == [1, 0]


def test_the_strip_has_at_most_a_hundred_marks_and_counts_every_row() -> None:
    found = Profile(Report(",", "UTF-8", 1050, 1000, (Column("c"),), (Column("c"),), ()))
    found.add([CheckedRow(line, line > 51, [], [("x", None)] if line < 100 else []) for line in range(2, 1052)])
    assert len(found.marks) <= 100
    assert sum(mark.bad for mark in found.marks) == 50
    assert sum(mark.good + mark.warned + mark.bad for mark in found.marks) == 1050
    assert (found.marks[0].first, found.marks[-1].last, found.warned) == (2, 1051, 48)
