"""A column for the methods with which the user of a session has logged in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    op.add_column("sessions", sa.Column("methods", sa.JSON()))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("sessions", "methods")
