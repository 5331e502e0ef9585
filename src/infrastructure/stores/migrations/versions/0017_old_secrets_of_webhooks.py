"""A column for all replaced secrets of a webhook that still sign."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column."""
    op.add_column("webhooks", sa.Column("old_secrets", sa.JSON()))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("webhooks", "old_secrets")
