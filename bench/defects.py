"""Writes tables with defects of every kind, and counts the defects."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from src.domain.csv import SUSPICIONS

SCHEMA = {
    "id": {"type": "integer", "required": True, "unique": True, "min": 1},
    "email": {"type": "email", "required": True},
    "name": {"type": "string", "required": True},
    "amount": {"type": "number", "min": 0, "max": 10_000},
    "day": {"type": "date", "min": "2010-01-01"},
    "created": {"type": "datetime"},
    "plan": {"enum": ["free", "basic", "pro", "enterprise"]},
    "code": {"pattern": "[A-Z]{2}-[0-9]{6}"},
}
"""The schema of the tables."""

Rule = tuple[str, str | None]


@dataclass(slots=True)
class Expected:
    """The violations in a table: by rule and column, the lines where the invalid rows begin."""

    rows: int = 0
    lines: dict[Rule, list[int]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[Rule, int]:
        """The number of violations of each rule."""
        return {rule: len(lines) for rule, lines in self.lines.items()}


def counts(dataset: Any) -> dict[Rule, int]:
    """Return the number of violations of each rule that a schema asks for, without those that are only suspected."""
    return {
        (each["rule"], each["column"]): each["count"]
        for each in dataset["validations"]
        if each["rule"] not in SUSPICIONS
    }


_CELLS: list[tuple[str, str, str]] = [
    ("not_empty", "id", ""),
    ("type", "id", "007"),
    ("min", "id", "-{number}"),
    ("not_empty", "email", ""),
    ("type", "email", "nobody at example.com"),
    ("not_empty", "name", ""),
    ("type", "amount", "NaN"),
    ("min", "amount", "-0.01"),
    ("max", "amount", "1e5"),
    ("type", "day", "2023-02-29"),
    ("min", "day", "2009-12-31"),
    ("type", "created", "2024-01-01T25:00:00Z"),
    ("enum", "plan", "gold"),
    ("pattern", "code", "ab-123456"),
]
"""Defects of a cell: the rule that it breaks, its column, and its value."""
_ROWS = ["row_width", "encoding", "duplicate_row", "unique"]


def write(file: Path, rows: int, share: float = 0.01, seed: int = 1) -> Expected:
    """Write a table in which a ``share`` of the rows has a defect, with equal numbers of each kind.

    As many other rows have a cell with quotes and a line break, which is no defect.
    """
    chance = random.Random(seed)  # no secret
    names = list(SCHEMA)
    expected = Expected(rows, {("header", None): []})
    for rule in ("row_width", "encoding", "duplicate_row"):
        expected.lines[rule, None] = []
    every_column = ((rule, name, "") for rule in ("type", "not_empty") for name in names)
    for rule, column, _ in [("unique", "id", ""), *every_column, *_CELLS]:
        expected.lines[rule, column] = []
    every, kind, line = round(1 / share), 0, 2
    previous: list[str] = []
    with file.open("wb") as out:
        out.write(b",".join(name.encode() for name in names) + b"\n")
        for number in range(1, rows + 1):
            cells = _row(chance, number)
            if number % every == every // 2:
                cells[2] = f'"{cells[2]}, the ""{number}""\n second"'
            text = ",".join(cells).encode()
            found: list[Rule] = []
            if number % every == 0:
                kind = (kind + 1) % (len(_CELLS) + len(_ROWS))
                text, found = _spoilt(kind, cells, number, previous)
            for broken in found:
                expected.lines[broken].append(line)
            out.write(text + b"\n")
            line += 1 + text.count(b"\n")
            previous = cells
    return expected


def _row(chance: random.Random, number: int) -> list[str]:
    draw = chance.random
    return [
        str(number),
        f"user{number}@example.com",
        f"José Person {int(draw() * 10**8)}",
        f"{draw() * 9_999:.2f}",
        f"20{10 + int(draw() * 15)}-{1 + int(draw() * 12):02}-{1 + int(draw() * 28):02}",
        f"2024-{1 + int(draw() * 12):02}-11T{int(draw() * 24):02}:{int(draw() * 60):02}:00Z",
        ("free", "basic", "pro", "enterprise")[int(draw() * 4)],
        f"AB-{100_000 + int(draw() * 900_000)}",
    ]


def _spoilt(kind: int, cells: list[str], number: int, previous: list[str]) -> tuple[bytes, list[Rule]]:
    """Return a row with one defect, and the rules that it breaks."""
    if kind < len(_CELLS):
        rule, column, value = _CELLS[kind]
        cells[list(SCHEMA).index(column)] = value.format(number=number)
        return ",".join(cells).encode(), [(rule, column)]
    rule = _ROWS[kind - len(_CELLS)]
    if rule == "row_width":
        ragged = cells[:5] if number % 200 else [*cells, "more"]
        return ",".join(ragged).encode(), [(rule, None)]
    if rule == "encoding":
        return ",".join(cells).encode().replace(b"Person", b"P\xe9rson"), [(rule, None)]
    if rule == "unique":
        cells[0] = previous[0]
        return ",".join(cells).encode(), [(rule, "id")]
    cells[:] = previous
    return ",".join(cells).encode(), [("duplicate_row", None), ("unique", "id")]
