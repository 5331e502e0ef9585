"""References to users in PostgreSQL, which then removes no user that still owns something."""

from alembic import op

revision = "0002"
down_revision = "0001"

_OWNED = "sessions", "tasks", "dogs", "files", "jobs", "receipts", "datasets"
_OWNED_BY_GUESTS = "sessions", "tasks", "receipts"


def upgrade() -> None:
    """Add the foreign keys. Before that, delete the records of removed guests, which nobody could see any more."""
    if op.get_context().dialect.name != "postgresql":
        return
    for table in _OWNED_BY_GUESTS:
        owner = f"SELECT FROM users WHERE users.id = {table}.user_id"
        op.execute(f"DELETE FROM {table} WHERE NOT EXISTS ({owner})")  # noqa: S608 - the names are those above
    for table in _OWNED:
        op.create_foreign_key(f"fk_{table}_user_id", table, "users", ["user_id"], ["id"], initially="DEFERRED")


def downgrade() -> None:
    """Drop the foreign keys."""
    if op.get_context().dialect.name == "postgresql":
        for table in _OWNED:
            op.drop_constraint(f"fk_{table}_user_id", table)
