"""Sessions, guests, the roster of admins, and counters.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply. Tokens issued before have no session, and have ended."""
    with op.batch_alter_table("users") as users:
        users.alter_column("token_generation", new_column_name="session_epoch")
        users.alter_column("tokens_void_before", new_column_name="sessions_ended_at")
        users.add_column(sa.Column("kept_session", sa.Text(), nullable=True))
        users.add_column(sa.Column("expires_at", UtcDateTime(), nullable=True))
    op.create_index("ix_users_expires_at", "users", ["expires_at", "id"])
    rosters = op.create_table(
        "rosters",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
    )
    admins = sa.text("SELECT id FROM users WHERE role = 'admin' AND state = 'active' AND NOT disabled")
    members = sorted(op.get_bind().execute(admins).scalars())
    if members:
        op.bulk_insert(rosters, [{"id": "admins", "revision": "0002", "members": members}])
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("current_hash", sa.Text(), nullable=True),
        sa.Column("spent_hash", sa.Text(), nullable=True),
        sa.Column("spent_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_sessions_user_id_created_at", "sessions", ["user_id", "created_at", "id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at", "id"])
    op.create_table(
        "counters",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_counters_expires_at", "counters", ["expires_at", "id"])


def downgrade() -> None:
    """Undo."""
    for table in ("counters", "sessions", "rosters"):
        op.drop_table(table)
    op.drop_index("ix_users_expires_at", "users")
    with op.batch_alter_table("users") as users:
        users.drop_column("expires_at")
        users.drop_column("kept_session")
        users.alter_column("sessions_ended_at", new_column_name="tokens_void_before")
        users.alter_column("session_epoch", new_column_name="token_generation")
