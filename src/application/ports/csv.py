"""The port that checks CSV files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from src.application.ports.storage import EncodedRow
from src.domain.csv import ReadOptions, Report


class CsvChecker(Protocol):
    """Reads CSV files and checks them against a schema."""

    def pattern_flaws(self, patterns: Iterable[str]) -> Mapping[str, str]:
        """Return a description of the flaw of each regular expression of a schema that is not valid.

        Expressions that are too large together have a flaw too, because a schema may take a second and no more.
        """

    def declared_encoding(self, encoding: str) -> str:
        """Return the name by which reports call an encoding. Raises InvalidOption for an unsupported encoding."""

    def require_csv(self, file: Path, options: ReadOptions) -> None:
        """Raise NotCsv or InvalidOption if the file cannot be read as CSV. The rows are not checked."""

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
        and then with the share of the work that is done, from 0 to 1. Raises NotCsv, InvalidOption, and the errors of
        ``store`` and ``progress``.
        """
