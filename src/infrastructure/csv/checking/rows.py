"""The suspicions about whole rows: rows without data, and rows that summarise others."""

import polars as pl

_LABEL = (
    r"(?i)^\s*(?:(?:sub|grand |gran |suma )?total(?:es|s|e)?|sumas?|summe|gesamt\w*|zwischensumme|sum|somme|saldo final"
    r"|media|promedio|average|durchschnitt)(?:\s+[\w./]+){0,4}\s*:?\s*$"
)
"""The label of a row that sums up others."""
_LABEL_COLUMNS = 3
"""The number of columns at the left that may hold the label."""


def marked(height: int, rows: pl.Series | list[int]) -> pl.Series:
    """Return booleans for ``height`` rows, true for these rows."""
    return pl.Series([False]).new_from_index(0, height).scatter(rows, True)  # scatter changes the series


def empty_rows(frame: pl.DataFrame) -> pl.Series:
    """Return which rows have no character but blanks. A row that is not checked (nulls) is not empty."""
    empty = (frame.to_series(0).str.strip_chars() == "").fill_null(False)
    if not empty.any():
        return empty
    candidates = empty.arg_true()
    blank = frame[candidates].select(pl.all_horizontal(pl.all().str.strip_chars() == "")).to_series()
    return marked(frame.height, candidates.filter(blank))


def summary_rows(frame: pl.DataFrame, *, is_end: bool) -> pl.Series:
    """Return which rows sum up others: their first value is a label such as TOTAL.

    Since "Total" can be a value too, a cell of the row must be empty, or the row is the last one of the file, which
    ``is_end`` says of the last row of the frame.
    """
    labels = frame.columns[:_LABEL_COLUMNS]
    first = frame.select(pl.coalesce(pl.when(pl.col(name) != "").then(pl.col(name)) for name in labels)).to_series()
    labelled = first.str.contains(_LABEL).fill_null(False)
    if not labelled.any():
        return labelled
    candidates = labelled.arg_true()
    partial = frame[candidates].select(pl.any_horizontal(pl.all() == "")).to_series()
    if is_end and frame.width > 1:
        partial |= candidates == frame.height - 1
    return marked(frame.height, candidates.filter(partial))


def is_data(frame: pl.DataFrame, *, whole: bool) -> pl.Series:
    """Return which rows hold data: they are neither empty nor a summary. ``whole`` as ``is_end`` of summary_rows."""
    return ~(empty_rows(frame) | summary_rows(frame, is_end=whole))
