"""The CSV checker, which reads rows by the rules of the csv module and checks them with polars."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from pathlib import Path

from src.application.ports import EncodedRow
from src.domain.csv import ReadOptions, Report
from src.domain.errors import Unavailable
from src.infrastructure.csv.checking import patterns
from src.infrastructure.csv.reading.encodings import declared_encoding
from src.infrastructure.csv.reading.records import Records, lines
from src.infrastructure.csv.reading.source import detect_source

THREADS = 32
"""The threads of a process that check files. Each keeps about a megabyte of polars once it has checked one."""


class PolarsCsvChecker:
    """Checks CSV files column by column. Implements CsvChecker."""

    def __init__(self, start_thread: Callable[[], None] | None = None) -> None:
        """Check files in threads that each call ``start_thread`` first."""
        # Hundreds of threads serve requests. An executor starts no thread while another one is idle.
        self._threads = ThreadPoolExecutor(THREADS, "csv", start_thread)

    pattern_flaws = staticmethod(patterns.flaws)
    declared_encoding = staticmethod(declared_encoding)

    def require_csv(self, file: Path, options: ReadOptions) -> None:
        detect_source(file, options)

    def exceeds(self, file: Path, rows: int, options: ReadOptions) -> bool:
        source = detect_source(file, options)
        records = Records(lines(source.chunks()), source.delimiter, source.line, with_blank=True)
        return any(True for _ in islice(records, rows, None))

    def check(
        self,
        file: Path,
        options: ReadOptions,
        *,
        store: Callable[[Sequence[EncodedRow]], None] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Report:
        # A process that checks no file does without the memory that polars takes.
        try:
            from src.infrastructure.csv.checking.passes import check_source
        except ModuleNotFoundError as error:
            raise Unavailable("No CSV files are checked here until the operator installs polars.", 3600) from error

        source = detect_source(file, options, progress)
        return self._threads.submit(copy_context().run, check_source, source, options.schema, store, progress).result()
