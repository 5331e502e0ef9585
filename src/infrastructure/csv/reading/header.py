"""Finds the header of a file among the lines at its beginning, and the notes at its end."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from src.domain.csv import Column
from src.domain.csv.spelling import match_key

MAX_TITLES = 10
"""The number of rows above the header that are passed over."""
MAX_NOTES = 5
_LETTER = re.compile(r"[^\W\d_]")
_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n?')
_NOTE = re.compile(
    r"(?i)\s*(?:[*(]|fuente|source|nota|note|quelle|elaborad|generad|generated|export|informe|report).*|.*:\s\S.*|.*\."
)
_TOTAL = re.compile(r"(?i)\s*(?:sub)?(?:total|suma|summe|gesamt)")


def separator_in(line: str) -> str | None:
    """Return the delimiter that a first line such as ``sep=;`` names, or None for another line."""
    match = _SEPARATOR.fullmatch(line)
    return match[1] if match else None


def count_titles(rows: Sequence[Sequence[str]], expected: Iterable[Column]) -> int:
    """Return the number of rows above the header.

    A title fills few cells of its row. The header fills nearly all cells, with different texts, and the rows below it
    have as many cells. Unless the titles are certain, the first row is taken as the header.
    """
    names = {match_key(column.name) for column in expected}
    matching = [len(names & {*map(match_key, row)}) for row in rows[: MAX_TITLES + 1]]
    best = max(range(len(matching)), key=matching.__getitem__, default=0)
    # A single name below the first row may well be a value.
    if matching and matching[best] > (best > 0) and 2 * matching[best] >= min(len(names), len(rows[best])):
        return best
    widths = Counter(map(len, rows[1:]))
    if not widths:
        return 0
    width = max(widths, key=lambda each: (widths[each], each))
    for number, row in enumerate(rows[: MAX_TITLES + 1]):
        filled = [cell.strip() for cell in row if cell.strip()]
        if number and _is_header(row, filled, width, rows[number + 1 :]):
            return number
        if len(filled) > max(1, width // 3):
            return 0
    return 0


def _is_header(row: Sequence[str], filled: Sequence[str], width: int, below: Sequence[Sequence[str]]) -> bool:
    if len(row) != width or width < 2 or 5 * len(filled) < 4 * width or len({*filled}) < len(filled):
        return False
    if not all(_LETTER.search(cell) for cell in filled) or not below or len(below[0]) != width:
        return False
    # A row of two texts below a row of one may well be data: only numbers or dates below show that it is the header.
    numeric = any(cell and not _LETTER.search(cell) for cells in below[:5] for cell in cells)
    return width > 2 or numeric


def size_of_notes(lines: Sequence[str], delimiter: str, width: int) -> tuple[int, list[str]]:
    """Return the number of lines that the notes at the end of the file take, with the blank lines, and the notes."""
    size, notes = 0, list[str]()
    for number, line in enumerate(reversed(lines), 1):
        if not line.strip():
            continue
        cells = line.rstrip("\r\n").split(delimiter)  # a note with quotes is none
        text = cells[0].strip()
        is_note = len(cells) in (1, width) and not any(cell.strip() for cell in cells[1:])
        if len(notes) == MAX_NOTES or not is_note or not _NOTE.fullmatch(text) or _TOTAL.match(text):
            return (size, notes[::-1]) if len(cells) == width or not notes else (0, [])
        if not _LETTER.search(text) or len(text) < 5:
            return size, notes[::-1]
        notes.append(text)
        size = number
    return 0, []


def unique_names(header: Sequence[str]) -> tuple[list[str], dict[int, str]]:
    """Return a unique name for each column and, by position, the flaw of its name in the file.

    A name is wrong when it is empty or when an earlier column has the same name.
    """
    taken = {name for name in header if name}
    names: list[str] = []
    problems: dict[int, str] = {}
    last_number: dict[str, int] = {}
    for position, name in enumerate(header, 1):
        if name and name not in last_number:
            last_number[name] = 1
            names.append(name)
            continue
        # The search goes on where the last one for the same name ended. To start anew would take quadratic time.
        number = last_number.get(name, 0) + 1
        stem, number = (name, number) if name else ("column", max(number, position))
        while f"{stem}_{number}" in taken:
            number += 1
        unused = f"{stem}_{number}"
        taken.add(unused)
        last_number[name] = number
        problems[len(names)] = f"duplicate: {name}" if name else f"empty: column {position}"
        names.append(unused)
    return names, problems


def match_columns(names: Sequence[str], columns: Sequence[Column]) -> dict[int, Column]:
    """Return the columns of the schema that the file has, by their positions in the file.

    Names that are equal match first, and then names that differ only in case, accents and blanks.
    """
    by_name = {column.name: column for column in columns}
    found = {at: by_name.pop(name) for at, name in enumerate(names) if name in by_name}
    similar = {match_key(name): name for name in by_name}
    for at, name in enumerate(names):
        if at not in found and (match := similar.pop(match_key(name), None)) is not None:
            found[at] = by_name[match]
    return found
