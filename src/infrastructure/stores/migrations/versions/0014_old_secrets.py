"""Columns for all replaced secrets of a service account that still work, and for the trace that a job continues."""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import TEXT

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("service_accounts", sa.Column("old_secrets", sa.JSON()))
    op.add_column("jobs", sa.Column("trace", TEXT))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("jobs", "trace")
    op.drop_column("service_accounts", "old_secrets")
