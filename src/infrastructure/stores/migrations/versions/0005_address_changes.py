"""A column for the number of changes of the e-mail address. Each change voids the links in earlier mails."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("users", sa.Column("address_changes", sa.BigInteger()))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("users", "address_changes")
