"""The table of the last sign-ins of users."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import KEY, UtcDateTime

revision = "0016"
down_revision = "0015"

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    """Create the table. Fill it with the newest session of each user, or with the day that stands for none."""
    table = op.create_table(
        "sign_ins",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("revision", KEY, nullable=False),
        sa.Column("day", UtcDateTime(), nullable=False),
    )
    users = sa.table("users", *map(sa.column, ("id", "revision", "role", "state")))
    sessions = sa.table("sessions", sa.column("user_id"), sa.column("created_at", UtcDateTime()))
    newest = sa.select(sa.func.max(sessions.c.created_at)).where(sessions.c.user_id == users.c.id).scalar_subquery()
    day = sa.func.coalesce(_day_of(newest), sa.literal(_NEVER, UtcDateTime()))
    have_sign_ins = users.c.role != "guest", users.c.state.not_in(("service", "deleted"))
    known = sa.select(users.c.id, users.c.revision, day).where(*have_sign_ins)
    op.execute(table.insert().from_select(["id", "revision", "day"], known))
    op.create_index("ix_sign_ins_day", "sign_ins", ["day", "id"])


def _day_of(time: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the beginning of the day of a time in UTC."""
    match op.get_context().dialect.name:
        case "sqlite":
            return sa.func.strftime("%Y-%m-%d 00:00:00.000000", time)
        case "postgresql":
            return sa.func.date_trunc("day", time, "UTC")
    return sa.cast(sa.cast(time, sa.Date()), UtcDateTime())


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("sign_ins")
