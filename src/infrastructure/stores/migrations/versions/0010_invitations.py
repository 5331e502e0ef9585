"""The table of invitations, and the column of a user's invitation."""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import KEY, TEXT, UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table and add the column."""
    op.add_column("users", sa.Column("invitation_id", TEXT))
    op.create_table(
        "invitations",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("revision", KEY, nullable=False),
        sa.Column("user_id", KEY),
        sa.Column("made_by", TEXT),
        *(sa.Column(name, TEXT, nullable=False) for name in ("email", "role")),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        *(sa.Column(name, UtcDateTime(), nullable=False) for name in ("created_at", "valid_until", "expires_at")),
    )
    for columns in (["is_accepted", "created_at"], ["user_id", "created_at"], ["created_at"], ["expires_at"]):
        op.create_index("_".join(("ix_invitations", *columns)), "invitations", [*columns, "id"])


def downgrade() -> None:
    """Drop the table and the column."""
    op.drop_table("invitations")
    op.drop_column("users", "invitation_id")
