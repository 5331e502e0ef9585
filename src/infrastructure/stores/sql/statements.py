"""The statements of the document store. SQLAlchemy compiles each of them once."""

from functools import lru_cache

import sqlalchemy as sa

from src.infrastructure.stores.base import Query
from src.infrastructure.stores.declarations import Collection
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.sql.tables import TABLES


class Statements:
    """The statements for the table of a collection, without its queries."""

    def __init__(self, collection: Collection) -> None:
        table = TABLES[collection.name]
        same_id = table.c.id == sa.bindparam("document_id")
        same_revision = table.c.revision == sa.bindparam("old_revision")
        self.get = sa.select(table).where(same_id)
        self.get_several = sa.select(table).where(table.c.id.in_(sa.bindparam("ids", expanding=True)))
        self.scan = (
            sa.select(table).where(table.c.id > sa.bindparam("after")).order_by(table.c.id).limit(sa.bindparam("count"))
        )
        self.insert = table.insert()
        self.update = table.update().where(same_id, same_revision)
        self.delete = table.delete().where(same_id)
        self.delete_at_revision = self.delete.where(same_revision)


STATEMENTS = {collection.name: Statements(collection) for collection in COLLECTIONS}


def find(query: Query, *, after: bool) -> sa.Select[tuple[object, ...]]:
    """Return the statement for a query. Its parameters are the fields of ``equal``, the bounds, and ``count``.

    With ``after`` the documents come after the parameters ``after_value`` and ``after_id``.
    """
    bounds = query.start is not None, query.until is not None
    return _find(query.collection, query.order, tuple(query.equal), query.descending, *bounds, after)


@lru_cache(maxsize=200)
def _find(
    collection: Collection, order: str, equal: tuple[str, ...], descending: bool, start: bool, until: bool, after: bool
) -> sa.Select[tuple[object, ...]]:
    table = TABLES[collection.name]
    value, id = table.c[order], table.c.id
    statement = (
        sa.select(table)
        .where(value.is_not(None), *(table.c[name] == sa.bindparam(name) for name in equal))
        .order_by(*((value.desc(), id.desc()) if descending else (value, id)))
        .limit(sa.bindparam("count"))
    )
    if start:
        statement = statement.where(value >= sa.bindparam("start"))
    if until:
        statement = statement.where(value <= sa.bindparam("until"))
    if after:
        # SQL Server compares no tuples. The first condition finds the place in the index.
        last, last_id = sa.bindparam("after_value", type_=value.type), sa.bindparam("after_id", type_=id.type)
        if descending:
            statement = statement.where(value <= last, (value < last) | (id < last_id))
        else:
            statement = statement.where(value >= last, (value > last) | (id > last_id))
    return statement
