"""The table of events."""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import KEY, TEXT, UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "events",
        sa.Column("id", KEY, primary_key=True),
        *(sa.Column(name, KEY, nullable=False) for name in ("revision", "type")),
        sa.Column("shard", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", TEXT, nullable=False),
        sa.Column("user_id", KEY),
        *(sa.Column(name, TEXT) for name in ("actor_id", "session_id", "ip", "user_agent", "request_id")),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("at", "expires_at")),
        sa.Column("due_at", UtcDateTime()),
        sa.Column("data", sa.JSON()),
    )
    for fields in (["user_id", "at"], ["user_id", "type", "at"], ["shard", "at"], ["shard", "type", "at"]):
        op.create_index(f"ix_events_{'_'.join(fields)}", "events", [*fields, "id"])
    op.create_index("ix_events_shard_due_at", "events", ["shard", "due_at", "id"])
    op.create_index("ix_events_expires_at", "events", ["expires_at", "id"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("events")
