"""Columns for accounts at the identity provider, and for the sign-in there that began a session."""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import TEXT, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("users", sa.Column("provider_valid_since", UtcDateTime()))
    op.add_column("sessions", sa.Column("signed_in_at", UtcDateTime()))
    op.add_column("sessions", sa.Column("second_factor", TEXT))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("sessions", "second_factor")
    op.drop_column("sessions", "signed_in_at")
    op.drop_column("users", "provider_valid_since")
