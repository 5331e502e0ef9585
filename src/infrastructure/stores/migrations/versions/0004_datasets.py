"""Datasets: their records, reports and rows.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rows",
        sa.Column("set_id", sa.Text(), primary_key=True),
        sa.Column("line", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    invalid = ~sa.column("valid", sa.Boolean())
    op.create_index(
        "ix_rows_invalid", "rows", ["set_id", "line", "valid"], sqlite_where=invalid, postgresql_where=invalid
    )
    op.create_table(
        "packs",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("set_id", sa.Text(), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("goes_on", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_packs_set_id_valid_place", "packs", ["set_id", "valid", "place", "id"])
    op.create_table(
        "datasets",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("read_options", sa.JSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("row_sets", sa.JSON(), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("receipt_id", sa.Text(), nullable=True),
        sa.Column("reconcile_since", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_datasets_state_created_at", "datasets", ["state", "created_at", "id"])
    op.create_index("ix_datasets_state_user_id_created_at", "datasets", ["state", "user_id", "created_at", "id"])
    op.create_index("ix_datasets_user_id_created_at", "datasets", ["user_id", "created_at", "id"])
    op.create_index("ix_datasets_unsettled_since", "datasets", ["reconcile_since", "id"])
    op.create_table(
        "reports",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    for table in ("reports", "datasets", "packs", "rows"):
        op.drop_table(table)
