"""Users and the claims on their names.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("username_key", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token_generation", sa.BigInteger(), nullable=False),
        sa.Column("tokens_void_before", UtcDateTime(), nullable=True),
        sa.Column("reserved", sa.JSON(), nullable=False),
        sa.Column("reconcile_since", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_users_state_username_key", "users", ["state", "username_key", "id"])
    op.create_index("ix_users_state_role_username_key", "users", ["state", "role", "username_key", "id"])
    op.create_index("ix_users_unsettled_since", "users", ["reconcile_since", "id"])
    op.create_table(
        "claims",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("claims")
    op.drop_table("users")
