"""The table of mails, and jobs that have no owner because the service itself sends mails."""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import KEY, TEXT, UtcDateTime

revision = "0003"
down_revision = "0002"

_INDEX = "ix_jobs_user_id_created_at"


def upgrade() -> None:
    """Create the table, and let jobs have no owner."""
    op.create_table(
        "mails",
        sa.Column("id", KEY, primary_key=True),
        *(sa.Column(name, KEY, nullable=False) for name in ("revision", "kind", "address_key")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("address", "language")),
        sa.Column("user_id", TEXT),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("epoch", "attempts")),
        sa.Column("details", sa.JSON()),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("created_at", "expires_at")),
        sa.Column("valid_until", UtcDateTime()),
    )
    op.create_index("ix_mails_kind_address_key_created_at", "mails", ["kind", "address_key", "created_at", "id"])
    op.create_index("ix_mails_expires_at", "mails", ["expires_at", "id"])
    _set_owner_nullable(True)


def downgrade() -> None:
    """Drop the table, and remove the jobs without an owner."""
    op.drop_table("mails")
    op.execute("DELETE FROM jobs WHERE user_id IS NULL")
    _set_owner_nullable(False)


def _set_owner_nullable(nullable: bool) -> None:
    """Change the column of the owner. SQL Server refuses that while an index has the column."""
    alters_indexed_columns = op.get_context().dialect.name != "mssql"
    if not alters_indexed_columns:
        op.drop_index(_INDEX, "jobs")
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("user_id", existing_type=KEY, nullable=nullable)
    if not alters_indexed_columns:
        op.create_index(_INDEX, "jobs", ["user_id", "created_at", "id"])
