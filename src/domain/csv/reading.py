"""The port that checks CSV files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from src.domain.csv.report import Report
from src.domain.csv.schema import Column

Row = tuple[int, bool, list[str]]
"""A row as it is read: the line where it begins, whether it is valid, and its values by column."""
EncodedRow = tuple[int, bool, str]
"""A row as it is stored: like ``Row``, with the values as the text of a JSON array.

The empty values at the end of a row may be missing from the array.
"""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The options for reading a CSV file. An option that is not given is inferred from the file."""

    columns: tuple[Column, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None


class CsvChecker(Protocol):
    """Reads CSV files and checks them against a schema."""

    def pattern_flaw(self, pattern: str) -> str | None:
        """Return what is wrong with a regular expression, or None."""

    def check_encoding(self, name: str) -> None:
        """Raise InvalidOption for an encoding that is not supported."""

    def require_csv(self, file: Path, options: ReadOptions) -> None:
        """Raise NotCsv or InvalidOption for a file that cannot be read as CSV. The rows are not checked."""

    def exceeds(self, file: Path, rows: int, options: ReadOptions) -> bool:
        """Return whether a file has more than ``rows`` rows, blank lines included. Raises NotCsv, InvalidOption."""

    def check(
        self,
        file: Path,
        options: ReadOptions,
        *,
        store: Callable[[Sequence[EncodedRow]], None] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Report:
        """Check a whole file, in bounded memory.

        ``store`` is called with all rows in the order of the file, some thousands at a time. ``progress`` is called now
        and then with the share of the work that is done, from 0 to 1. Raises NotCsv, InvalidOption, and what ``store``
        and ``progress`` raise.
        """
