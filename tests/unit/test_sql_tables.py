"""The tables that SQLAlchemy compiles for databases other than SQLite."""

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.schema import CreateTable

from src.infrastructure.stores.sql.tables import ROWS, TABLES

BINARY = {"postgresql": 'COLLATE "C"', "mssql": "COLLATE Latin1_General_100_BIN2 "}


def dialect(database: str) -> sa.Dialect:
    made: sa.Dialect = registry.load(database)()
    return made


@pytest.mark.parametrize("table", [*TABLES.values(), ROWS], ids=lambda table: str(table.name))
@pytest.mark.parametrize("database", BINARY)
def test_every_text_has_a_binary_collation(table: sa.Table, database: str) -> None:
    created = str(CreateTable(table).compile(dialect=dialect(database)))
    texts = [column.name for column in table.c if isinstance(column.type, sa.Text)]
    assert texts
    assert created.count(BINARY[database]) == len(texts)
