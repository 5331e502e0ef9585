"""The tables of factors and of what proofs of identity have used up, and the columns beside them."""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import KEY, TEXT, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables and add the columns."""
    op.add_column("users", sa.Column("factors", sa.JSON()))
    op.add_column("sessions", sa.Column("stepped_up_at", UtcDateTime()))
    reference = sa.ForeignKeyConstraint(["user_id"], ["users.id"], "fk_factors_user_id", initially="DEFERRED")
    op.create_table(
        "factors",
        sa.Column("id", KEY, primary_key=True),
        *(sa.Column(name, KEY, nullable=False) for name in ("revision", "user_id")),
        sa.Column("kind", TEXT, nullable=False),
        *(sa.Column(name, TEXT) for name in ("name", "secret", "credential_id", "public_key")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("last_step", "counter")),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("code_hashes", sa.JSON()),
        *([reference] if op.get_context().dialect.name == "postgresql" else []),
    )
    op.create_index("ix_factors_user_id_created_at", "factors", ["user_id", "created_at", "id"])
    op.create_table(
        "spent",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("revision", KEY, nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_spent_expires_at", "spent", ["expires_at", "id"])


def downgrade() -> None:
    """Drop the tables and the columns."""
    op.drop_table("spent")
    op.drop_table("factors")
    op.drop_column("sessions", "stepped_up_at")
    op.drop_column("users", "factors")
