"""Finds rows without data: empty rows, and rows that summarise others."""

import polars as pl

_LABEL = (
    r"(?i)^\s*(?:(?:sub|grand |gran |suma )?total(?:es|s|e)?|sumas?|summe|gesamt\w*|zwischensumme|sum|somme|saldo final"
    r"|media|promedio|average|durchschnitt)(?:\s+[\w./]+){0,4}\s*:?\s*$"
)
"""The label of a row that sums up others."""
_LABEL_COLUMNS = 3
"""The number of columns at the left that may hold the label."""


def marked(height: int, rows: pl.Series) -> pl.Series:
    """Return a series of ``height`` booleans that is true at the positions ``rows``."""
    return pl.Series([False]).new_from_index(0, height).scatter(rows, True)  # scatter changes the series


def without_data(frame: pl.DataFrame, *, is_end: bool = False) -> dict[str, pl.Series]:
    """Return, by rule, the positions of the rows that hold no data: empty rows, and summaries of other rows.

    An empty row has only blanks. The first value of a summary is a label such as TOTAL. Since "Total" can be a value
    too, a summary must also have an empty cell or be the last row of the file; ``is_end`` says that the frame ends with
    the file. A row of nulls is not checked, and is neither empty nor a summary.
    """
    labels = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in frame.columns[:_LABEL_COLUMNS]]
    first = frame.to_series()
    candidates = (first.is_null() | first.str.contains(rf"{_LABEL}|^\s*$")).arg_true()
    if not len(candidates):
        return {}
    rows = frame[candidates].select(
        is_empty=pl.all_horizontal(pl.all().str.strip_chars() == ""),
        is_labelled=pl.coalesce(labels).str.contains(_LABEL),
        is_partial=pl.any_horizontal(pl.all() == ""),
    )
    is_last = (candidates == frame.height - 1) & (is_end and frame.width > 1)
    found = {"empty_row": rows["is_empty"], "summary_row": rows["is_labelled"] & (rows["is_partial"] | is_last)}
    return {rule: candidates.filter(flag) for rule, flag in found.items() if flag.any()}
