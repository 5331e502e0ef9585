"""The tables of keys and of service accounts, and the column of a user's keys."""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import KEY, TEXT, UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the tables and the column."""
    op.add_column("users", sa.Column("keys", sa.JSON()))
    reference = sa.ForeignKeyConstraint(["user_id"], ["users.id"], "fk_keys_user_id", initially="DEFERRED")
    op.create_table(
        "keys",
        sa.Column("id", KEY, primary_key=True),
        *(sa.Column(name, KEY, nullable=False) for name in ("revision", "user_id")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("scope", "name", "hash", "prefix")),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        *(sa.Column(name, UtcDateTime()) for name in ("valid_until", "last_used_at")),
        *([reference] if op.get_context().dialect.name == "postgresql" else []),
    )
    op.create_index("ix_keys_user_id_created_at", "keys", ["user_id", "created_at", "id"])
    op.create_table(
        "service_accounts",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("revision", KEY, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("role", "name", "secret_hash")),
        sa.Column("old_hash", TEXT),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("old_until", UtcDateTime()),
    )
    op.create_index("ix_service_accounts_created_at", "service_accounts", ["created_at", "id"])


def downgrade() -> None:
    """Drop the column and the tables."""
    op.drop_table("service_accounts")
    op.drop_table("keys")
    op.drop_column("users", "keys")
