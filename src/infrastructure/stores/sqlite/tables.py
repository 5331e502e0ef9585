"""The statements for the table of each collection, and the conversion of its values.

The migrations create the tables with SQLAlchemy, so values are stored in the format of SQLAlchemy.
"""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from src.infrastructure.stores.driver import Document, Fields, Key, Query
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Collection, Type

_EXACT = "CASE typeof({0}) WHEN 'real' THEN quote({0}) ELSE {0} END"
"""The value of a column that may hold floats, of which the JSON of SQLite has 15 digits only, as text if it is one."""


class Table:
    """The table of a collection. Its statements have a named parameter for each column."""

    def __init__(self, collection: Collection) -> None:
        columns = ["id", "revision", *collection.fields]
        table, names = f'"{collection.name}"', ", ".join(f'"{name}"' for name in columns)
        floats = {name for name, field in collection.fields.items() if field.type in (Type.FLOAT, Type.JSON)}
        assignments = ", ".join(f'"{name}" = :{name}' for name in columns)
        self._collection = collection
        self._encoders = _of_type(collection, _ENCODERS)
        decoders = _of_type(collection, _DECODERS)
        self._decoders = [(place, decoders[name]) for place, name in enumerate(collection.fields) if name in decoders]
        self._select = f"SELECT {names} FROM {table} WHERE "
        self._values = ", ".join((_EXACT if name in floats else "{}").format(f'"{name}"') for name in columns)
        self.get = f"{self._select}id = ?"
        self.scan = f"{self._select}id > ? ORDER BY id LIMIT ?"
        self.insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in columns)})"
        self.replace = self.insert.replace("INSERT", "INSERT OR REPLACE", 1)
        self.update = f"UPDATE {table} SET {assignments} WHERE id = :id AND revision = :old_revision"
        self.delete = f"DELETE FROM {table} WHERE id = ?"
        self.delete_at_revision = f"{self.delete} AND revision = ?"

    def find(self, query: Query, after: tuple[Any, str] | None) -> tuple[str, list[Any]]:
        """Return the statement for a query, and its parameters. The only row of the result is the JSON of all rows."""
        order, comparison, direction = f'"{query.order}"', *(("<", "DESC") if query.descending else (">", "ASC"))
        conditions = [f"{order} IS NOT NULL", *(f'"{name}" = ?' for name in query.equal)]
        parameters = [self._encoded(name, value) for name, value in query.equal.items()]
        for operator, bound in (("<=", query.until), (">=", query.start)):
            if bound is not None:
                conditions.append(f"{order} {operator} ?")
                parameters.append(self._encoded(query.order, bound))
        if after is not None:
            conditions.append(f"({order}, id) {comparison} (?, ?)")
            parameters += [self._encoded(query.order, after[0]), after[1]]
        ordering = f" ORDER BY {order} {direction}, id {direction} LIMIT ?"
        rows = self._select + " AND ".join(conditions) + ordering
        return in_one_row(self._values, rows), [*parameters, query.limit + 1]

    def row(self, id: str, revision: str, fields: Fields) -> dict[str, Any]:
        """Return the parameters that write a document."""
        row = {"id": id, "revision": revision, **fields}
        for name, encode in self._encoders.items():
            if (value := row[name]) is not None:
                row[name] = encode(value)
        return row

    def document(self, row: Iterable[Any]) -> Document:
        """Return the document in a row that a statement of this table has selected."""
        id, revision, *values = row
        for place, decode in self._decoders:
            if (value := values[place]) is not None:
                values[place] = decode(value)
        fields = dict(zip(self._collection.fields, values, strict=True))
        return Document(Key(self._collection, id), fields, revision, revision)

    def _encoded(self, name: str, value: Any) -> Any:
        encode = self._encoders.get(name)
        return encode(value) if encode else value


def in_one_row(values: str, rows: str) -> str:
    """Return a statement whose only row is a JSON array of the rows of a SELECT, each an array of ``values``.

    The module sqlite3 releases the lock of the interpreter for each row. Where many threads read, each of these moments
    hands the lock to another thread, and a page of fifty rows waits for it fifty times. The SELECT has a LIMIT: without
    one, SQLite is free to drop its order.
    """
    return f"SELECT json_group_array(json_array({values})) FROM ({rows})"


_Converter = Callable[[Any], Any]


def _encode_time(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _decode_time(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def _decode_json(value: str | int | float) -> Any:
    # A JSON column of SQLite turns the text of a number into the number.
    return json.loads(value) if isinstance(value, str) else value


_ENCODERS: dict[Type, _Converter] = {Type.BOOLEAN: int, Type.TIMESTAMP: _encode_time, Type.JSON: json.dumps}
_DECODERS: dict[Type, _Converter] = {
    Type.FLOAT: float,
    Type.BOOLEAN: bool,
    Type.TIMESTAMP: _decode_time,
    Type.JSON: _decode_json,
}


def _of_type(collection: Collection, converters: dict[Type, _Converter]) -> dict[str, _Converter]:
    """Return the converters of the fields of a collection, by name."""
    return {name: converters[field.type] for name, field in collection.fields.items() if field.type in converters}


TABLES = {collection.name: Table(collection) for collection in COLLECTIONS}
