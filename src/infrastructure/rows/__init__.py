"""Where the rows of tables are kept: beside the documents of the store, or in them."""

from src.application.ports import RowStore
from src.infrastructure.rows.packed import PackedRows
from src.infrastructure.stores.base import Store


def make_rows(store: Store) -> RowStore:
    """The rows of ``store``; connects to nothing."""
    return store.bulk_rows() or PackedRows(store)
