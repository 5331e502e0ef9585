"""CSV files: what is in them, and whether it is what a schema asks for."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec

from src.domain.tables import Column, Report
from src.infrastructure.tables.engine import Engine, Progress, Store
from src.infrastructure.tables.source import Source


class Tables(Engine):
    """See TableEngine: the fast engine if polars is installed, else the one that is always there; they say the same."""

    def check_source(
        self, source: Source, schema: Sequence[Column], store: Store | None, progress: Progress | None
    ) -> Report:
        """See Engine."""
        return chosen().check_source(source, schema, store, progress)


@cache
def chosen() -> Engine:
    """The engine of this process."""
    # Chosen when there is something to check: polars takes time and memory that most processes never need.
    if find_spec("polars"):
        from src.infrastructure.tables.polars import PolarsTables

        return PolarsTables()
    from src.infrastructure.tables.python import PythonTables

    return PythonTables()
