"""The statements of the document store. SQLAlchemy compiles each of them once."""

from functools import lru_cache

import sqlalchemy as sa

from src.infrastructure.stores.driver import Query
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Collection
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
        self.replace = table.update().where(same_id)
        self.update = self.replace.where(same_revision)
        self.delete = table.delete().where(same_id)
        self.delete_at_revision = self.delete.where(same_revision)


STATEMENTS = {collection.name: Statements(collection) for collection in COLLECTIONS}


def find(query: Query, *, after: bool) -> sa.Select[tuple[object, ...]]:
    """Return the statement for a query. Its parameters are the fields of ``equal``, the bounds, and ``count``.

    With ``after`` the documents come after the parameters ``after_value`` and ``after_id``.
    """
    bounds = tuple(name for name in ("start", "until") if getattr(query, name) is not None)
    if bounds and query.start == query.until:
        bounds = ("exact",)
    return _find(query.collection, query.order, tuple(query.equal), query.descending, bounds, after)


@lru_cache(maxsize=200)
def _find(
    collection: Collection,
    order: str,
    equal: tuple[str, ...],
    descending: bool,
    bounds: tuple[str, ...],
    after: bool,
) -> sa.Select[tuple[object, ...]]:
    """Return the statement for all queries that differ only in their values.

    PostgreSQL keeps the plan of a prepared statement only if the plan for unknown values does not look more expensive
    than plans for the actual values. Two kinds of values would make it look so, and are written into the text of the
    statement: values of enumerated fields, because some are rare and others are not; and the number of rows, where no
    other equality limits the rows that are read. All other values stay parameters, so that the plan is kept.
    """
    table = TABLES[collection.name]
    value, id = table.c[order], table.c.id
    bounded = {
        # A range between two values that are unknown yet would be expected to hold many rows.
        "exact": value == sa.bindparam("start"),
        "start": value >= sa.bindparam("start"),
        "until": value <= sa.bindparam("until"),
    }
    enumerated = {name: collection.fields[name].enumerated for name in equal}
    equality = [table.c[name] == sa.bindparam(name, literal_execute=enumerated[name]) for name in equal]
    statement = (
        sa.select(table)
        .where(value.is_not(None), *equality)
        .where(*(bounded[name] for name in bounds))
        .order_by(*((value.desc(), id.desc()) if descending else (value, id)))
        .limit(sa.bindparam("count", type_=sa.Integer(), literal_execute=all(enumerated.values())))
    )
    if after:
        # SQL Server compares no tuples. The first condition finds the place in the index. PostgreSQL expects that the
        # second one removes nothing; of `value > last OR id > last_id` it would expect that it removes many rows.
        last, last_id = sa.bindparam("after_value", type_=value.type), sa.bindparam("after_id", type_=id.type)
        if descending:
            statement = statement.where(value <= last, ~((value == last) & (id >= last_id)))
        else:
            statement = statement.where(value >= last, ~((value == last) & (id <= last_id)))
    return statement
