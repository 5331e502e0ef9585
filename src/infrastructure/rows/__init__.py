"""Row storage: in a table if the store has a table for rows, and otherwise packed into documents."""

from src.application.ports import RowStore
from src.infrastructure.rows.packed import PackedRows
from src.infrastructure.stores.portable import Store


def make_rows(store: Store) -> RowStore:
    """Return the row storage of ``store``, or a row storage that packs rows into its documents."""
    return store.bulk_rows() or PackedRows(store)
