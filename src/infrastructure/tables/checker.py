"""The CSV checker: reads rows with the csv module's rules and checks them with polars."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from src.domain.tables import Column, Report, Row
from src.infrastructure.tables import patterns
from src.infrastructure.tables.encodings import check_encoding
from src.infrastructure.tables.records import Records, lines
from src.infrastructure.tables.source import inspect


class PolarsCsvChecker:
    """Checks CSV files column by column. Implements CsvChecker."""

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
        store: Callable[[Sequence[Row]], None] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Report:
        # A process that checks no file does without the memory that polars takes.
        from src.infrastructure.tables.checking import check_source

        source = inspect(file, schema, delimiter, encoding, progress)
        return check_source(source, schema, store, progress)
