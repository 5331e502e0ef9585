"""What looks at files: there are two engines, and they always agree."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from src.domain.tables.report import Report
from src.domain.tables.schema import Column

Row = tuple[int, bool, list[str]]
"""The line where it begins (the header's is 1, as a rule), whether nothing was found in it, its value by column."""


class TableEngine(Protocol):
    """Reads and checks CSV files."""

    def pattern_flaw(self, pattern: str) -> str | None:
        """What is wrong with a regular expression; None if nothing is."""

    def check_encoding(self, name: str) -> None:
        """Raises Invalid for an encoding that is not read."""

    def exceeds(
        self,
        file: Path,
        rows: int,
        schema: Sequence[Column] = (),
        *,
        delimiter: str | None = None,
        encoding: str | None = None,
    ) -> bool:
        """Whether a file has more rows than that. Raises Invalid for what is no CSV file."""

    def check(
        self,
        file: Path,
        schema: Sequence[Column] = (),
        *,
        delimiter: str | None = None,
        encoding: str | None = None,
        store: Callable[[Sequence[Row]], None] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Report:
        """Check a whole file, in bounded memory. What is not given is found out.

        ``store`` is called with all rows in the order of the file, some thousands at a time. ``progress`` is
        called now and then with 0 to 1; what either raises is raised. Raises Invalid for what is no CSV file.
        """
