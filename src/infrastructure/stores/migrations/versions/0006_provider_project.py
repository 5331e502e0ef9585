"""A column for the project of the identity provider that has a user's account."""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import TEXT

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column."""
    op.add_column("users", sa.Column("provider_project", TEXT))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("users", "provider_project")
