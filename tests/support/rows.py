"""Converts rows between the form that is stored and the form that is read."""

import json
from collections.abc import Iterable

from src.application.ports import EncodedRow, RowStore
from src.domain.csv import CheckedRow, Row


def encoded(rows: Iterable[Row]) -> list[EncodedRow]:
    """Return the rows in the form in which they are stored."""
    return [(line, valid, json.dumps(values, ensure_ascii=False)) for line, valid, values in rows]


def first_page(
    rows: RowStore, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 100
) -> list[Row]:
    """Return the first page of the rows after a line. It is empty if there are none."""
    return next(rows.pages(set_id, valid=valid, after=after, limit=limit), [])


def decoded(rows: Iterable[EncodedRow], width: int) -> list[Row]:
    """Return rows of ``width`` values from the form in which they are stored."""
    checked = (CheckedRow.of((line, valid, json.loads(text))) for line, valid, text in rows)
    return [(row.line, row.valid, row.values + [""] * (width - len(row.values))) for row in checked]
