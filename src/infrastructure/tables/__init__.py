"""CSV files: what is in them, and whether it is what a schema asks for."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from src.domain.tables import Column, Report, Row, TableEngine
from src.infrastructure.tables import patterns
from src.infrastructure.tables.encodings import check_encoding


class Tables:
    """See TableEngine: the fast engine if polars is installed, else the one that is always there; they say the same."""

    pattern_flaw = staticmethod(patterns.flaw)
    check_encoding = staticmethod(check_encoding)

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
        """See TableEngine."""
        return chosen().check(file, schema, delimiter=delimiter, encoding=encoding, store=store, progress=progress)


@cache
def chosen() -> TableEngine:
    """The engine of this process."""
    # Chosen when there is something to check: polars takes time and memory that most processes never need.
    if find_spec("polars"):
        from src.infrastructure.tables.polars import PolarsTables

        return PolarsTables()
    from src.infrastructure.tables.python import PythonTables

    return PythonTables()
