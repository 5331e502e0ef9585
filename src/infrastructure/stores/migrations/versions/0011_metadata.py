"""Columns for the metadata and the claims of users, and for the claims that Firebase has of them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_NAMES = ("metadata", "custom_claims", "mirrored_claims")


def upgrade() -> None:
    """Add the columns."""
    for name in _NAMES:
        op.add_column("users", sa.Column(name, sa.JSON()))


def downgrade() -> None:
    """Drop the columns."""
    for name in _NAMES:
        op.drop_column("users", name)
