"""Runs the migrations on the connection of ``upgrade``, or for the command ``alembic`` on the database of STORE_URL."""

import logging
import os

from alembic import context
from alembic.util import CommandError
from sqlalchemy.engine import Connection

from src.infrastructure.stores.driver import InvalidStoreUrl
from src.infrastructure.stores.migrations.autogenerate import options
from src.infrastructure.stores.migrations.upgrade import migration_engine
from src.infrastructure.stores.sql.tables import metadata

_LOCKS = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(7267233)",  # the number is arbitrary
    "mssql": "EXEC sp_getapplock @Resource = 'portero', @LockMode = 'Exclusive'",
}
"""For each database, the first statement of the transaction. It makes other processes that migrate wait."""


def _run(connection: Connection) -> None:
    connection.exec_driver_sql(_LOCKS[connection.dialect.name])
    context.configure(connection=connection, target_metadata=metadata, **options(connection.dialect.name))
    with context.begin_transaction():
        context.run_migrations()


def _run_command() -> None:
    logging.basicConfig(format="%(levelname)s [%(name)s] %(message)s")
    logging.getLogger("alembic").setLevel(logging.INFO)
    try:
        engine = migration_engine(os.environ["STORE_URL"])
    except (KeyError, InvalidStoreUrl):
        raise CommandError(
            "set STORE_URL to a database with tables, such as postgresql://USER:PASSWORD@HOST/DATABASE"
        ) from None
    with engine.begin() as connection:
        _run(connection)


if "connection" in context.config.attributes:
    _run(context.config.attributes["connection"])
else:
    _run_command()
