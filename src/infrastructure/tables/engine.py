"""What the engines have in common: what they are asked for, and how they tell how far they have come."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from src.domain.tables import Column, Report, Row
from src.infrastructure.tables import patterns
from src.infrastructure.tables.encodings import check_encoding
from src.infrastructure.tables.records import Records, lines
from src.infrastructure.tables.source import Source, inspect

Store = Callable[[Sequence[Row]], None]
Progress = Callable[[float], None]


class Engine(ABC):
    """See TableEngine: all but the look at what is in a file that can be read."""

    pattern_flaw = staticmethod(patterns.flaw)
    check_encoding = staticmethod(check_encoding)

    def exceeds(
        self,
        file: Path,
        rows: int,
        schema: Sequence[Column] = (),
        *,
        delimiter: str | None = None,
        encoding: str | None = None,
    ) -> bool:
        """See TableEngine."""
        source = inspect(file, schema, delimiter, encoding)
        records = Records(lines(source.chunks()), source.delimiter, source.line)
        return any(True for _ in islice(records, rows, None))

    def check(
        self,
        file: Path,
        schema: Sequence[Column] = (),
        *,
        delimiter: str | None = None,
        encoding: str | None = None,
        store: Store | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """See TableEngine."""
        source = inspect(file, schema, delimiter, encoding, progress)
        return self.check_source(source, schema, store, progress)

    @abstractmethod
    def check_source(
        self, source: Source, schema: Sequence[Column], store: Store | None, progress: Progress | None
    ) -> Report:
        """The same for a file that was looked through already."""


class Passes:
    """How far all passes over a file have come together."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._begun = 0

    def next(self) -> Progress | None:
        """What the next pass tells how far it has come, as 0 to 1."""
        done, tell, self._begun = self._begun, self._progress, self._begun + 1
        return tell and (lambda part: tell((done + part) / self._total))
