"""The indexes of the lists of users by standing, and the column that says whether a user has second factors."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_STANDINGS = "disabled", "email_verified", "has_factors"


def upgrade() -> None:
    """Create the column, fill it, and create the indexes."""
    op.add_column("users", sa.Column("has_factors", sa.Boolean()))
    users = sa.table("users", sa.column("factors"), sa.column("has_factors", sa.Boolean()))
    has_factors = sa.case((users.c.factors.is_not(None), sa.true()), else_=sa.false())
    op.execute(users.update().values(has_factors=has_factors))
    for name in _STANDINGS:
        op.create_index(f"ix_users_state_{name}_username_key", "users", ["state", name, "username_key", "id"])


def downgrade() -> None:
    """Drop the indexes and the column."""
    for name in _STANDINGS:
        op.drop_index(f"ix_users_state_{name}_username_key", "users")
    op.drop_column("users", "has_factors")
