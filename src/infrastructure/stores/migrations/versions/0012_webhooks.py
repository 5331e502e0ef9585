"""The tables of webhooks and of deliveries to them."""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import KEY, TEXT, UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhooks",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("revision", KEY, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("url", "secret")),
        *(sa.Column(name, TEXT) for name in ("description", "old_secret")),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("created_at", "updated_at")),
        sa.Column("old_secret_until", UtcDateTime()),
        *(sa.Column(name, UtcDateTime()) for name in ("last_success_at", "last_failure_at", "failing_since")),
        sa.Column("events", sa.JSON(), nullable=False),
    )
    op.create_index("ix_webhooks_created_at", "webhooks", ["created_at", "id"])
    op.create_table(
        "deliveries",
        sa.Column("id", KEY, primary_key=True),
        *(sa.Column(name, KEY, nullable=False) for name in ("revision", "webhook_id")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("event_id", "type", "status")),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("response_status", sa.BigInteger()),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("created_at", "expires_at")),
        sa.Column("next_attempt_at", UtcDateTime()),
    )
    for fields in (["webhook_id", "created_at"], ["webhook_id", "next_attempt_at"], ["expires_at"]):
        op.create_index(f"ix_deliveries_{'_'.join(fields)}", "deliveries", [*fields, "id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("deliveries")
    op.drop_table("webhooks")
