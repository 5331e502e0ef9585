"""All tables."""

from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import KEY, TEXT, UtcDateTime

revision = "0001"
down_revision = None

_metadata = sa.MetaData()


def _columns(type: sa.types.TypeEngine[Any], *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, type, nullable=nullable) for name in names]


_text, _integer, _float = partial(_columns, TEXT), partial(_columns, sa.BigInteger()), partial(_columns, sa.Double())
_boolean, _time, _json = partial(_columns, sa.Boolean()), partial(_columns, UtcDateTime()), partial(_columns, sa.JSON())


def _table(name: str, *columns: list[sa.Column[Any]], indexes: tuple[str, ...] = ()) -> None:
    """Define the table of a collection. An index is given as the names of its columns, without the id."""
    key = sa.Column("id", KEY, primary_key=True), sa.Column("revision", KEY, nullable=False)
    table = sa.Table(name, _metadata, *key, *(column for group in columns for column in group))
    for name_of_text in {column for index in indexes for column in index.split()}:
        if isinstance(table.c[name_of_text].type, sa.Text):
            table.c[name_of_text].type = KEY
    for index in map(str.split, indexes):
        sa.Index("_".join(("ix", name, *index)), *(table.c[column] for column in (*index, "id")))


_table(
    "users",
    _text("username", "username_key", "email", "email_key", nullable=True),
    _text("name", "last_name", "password_hash", "kept_session", nullable=True),
    _text("role", "state"),
    _boolean("email_verified", "disabled"),
    _integer("session_epoch"),
    _time("created_at", "updated_at"),
    _time("sessions_ended_at", "expires_at", "reconcile_since", nullable=True),
    _json("reserved", nullable=True),
    indexes=(
        *("username_key", "email_key", "state username_key", "state role username_key"),
        *("reconcile_since", "expires_at"),
    ),
)
_table("claims", _text("kind", "holder_id"))
_table("rosters", _json("members"))
_table(
    "sessions",
    _text("user_id"),
    _text("user_agent", "ip", "current_hash", "spent_hash", nullable=True),
    _integer("epoch", "generation"),
    _time("created_at", "last_used_at", "expires_at", "ends_at"),
    _time("spent_at", nullable=True),
    indexes=("user_id created_at", "expires_at"),
)
_table("counters", _integer("hits", "ends"), _time("expires_at"), indexes=("expires_at",))
_table(
    "tasks",
    _text("user_id", "title"),
    _text("description", nullable=True),
    _boolean("completed"),
    _time("created_at", "updated_at"),
    indexes=("user_id created_at", "user_id completed created_at"),
)
_table(
    "dogs",
    _text("user_id", "name", "name_key", "picture_status", "job_id"),
    _text("picture", nullable=True),
    _boolean("is_adopted"),
    _time("created_at"),
    indexes=("name_key", "is_adopted name_key", "user_id name_key"),
)
_table(
    "files",
    _text("user_id", "filename", "content_type", "sha256", "state", "job_id"),
    _text("receipt_id", nullable=True),
    _integer("size"),
    _time("created_at"),
    _time("reconcile_since", nullable=True),
    indexes=("state created_at", "state user_id created_at", "user_id created_at", "reconcile_since"),
)
_table(
    "jobs",
    _text("user_id", "kind", "subject_id", "status"),
    _text("error", "ticket", nullable=True),
    _integer("attempts"),
    _float("progress"),
    _time("created_at", "updated_at", "run_at"),
    _time("due_at", "expires_at", nullable=True),
    _json("result", nullable=True),
    indexes=("created_at", "status created_at", "user_id created_at", "due_at", "expires_at"),
)
_table(
    "receipts",
    _text("user_id"),
    _text("fingerprint", "answer", nullable=True),
    _time("expires_at"),
    indexes=("user_id expires_at", "expires_at"),
)
_table("packs", _text("set_id", "place", "rows"), _boolean("valid", "goes_on"), indexes=("set_id valid place",))
_table(
    "datasets",
    _text("user_id", "name", "filename", "sha256", "status", "state"),
    _text("job_id", "receipt_id", nullable=True),
    _integer("size"),
    _time("created_at"),
    _time("reconcile_since", nullable=True),
    _json("read_options", "row_sets", "pieces"),
    indexes=("state created_at", "state user_id created_at", "user_id created_at", "reconcile_since"),
)
_table("reports", _text("text"))
_rows = sa.Table(
    "rows",
    _metadata,
    sa.Column("set_id", KEY, primary_key=True),
    sa.Column("line", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("valid", sa.SmallInteger(), nullable=False),
    sa.Column("values", TEXT, nullable=False),
    sqlite_with_rowid=False,
)
_invalid = _rows.c.valid == 0
sa.Index(
    "ix_rows_invalid",
    *(_rows.c.set_id, _rows.c.line, _rows.c.valid),
    sqlite_where=_invalid,
    postgresql_where=_invalid,
    mssql_where=_invalid,
)


def upgrade() -> None:
    """Create the tables."""
    _metadata.create_all(op.get_bind(), checkfirst=False)


def downgrade() -> None:
    """Drop the tables."""
    _metadata.drop_all(op.get_bind(), checkfirst=False)
