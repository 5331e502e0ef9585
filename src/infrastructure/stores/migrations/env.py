"""Runs the migrations on the connection of ``upgrade``."""

from alembic import context

from src.infrastructure.stores.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
