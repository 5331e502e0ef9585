"""Runs the migrations on the connection of ``upgrade``, or for the command ``alembic`` on the database of STORE_URL."""

import os

import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import Connection

from src.infrastructure.stores.sql.tables import metadata


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


if "connection" in context.config.attributes:
    _run(context.config.attributes["connection"])
else:
    with sa.create_engine(os.environ["STORE_URL"]).begin() as connection:
        _run(connection)
