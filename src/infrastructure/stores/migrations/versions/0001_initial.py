"""All tables.

Revision ID: 0001
Revises:
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import TEXT, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    _create_table(
        "users",
        _columns(
            TEXT,
            "username",
            "username_key",
            "email",
            "name",
            "last_name",
            "password_hash",
            "kept_session",
            nullable=True,
        ),
        _columns(sa.Boolean(), "email_verified", "disabled"),
        _columns(TEXT, "role", "state"),
        _columns(UtcDateTime(), "created_at", "updated_at"),
        _columns(sa.BigInteger(), "session_epoch"),
        _columns(UtcDateTime(), "sessions_ended_at", "expires_at", "reconcile_since", nullable=True),
        _columns(sa.JSON(), "reserved", nullable=True),
    )
    op.create_index("ix_users_state_username_key", "users", ["state", "username_key", "id"])
    op.create_index("ix_users_state_role_username_key", "users", ["state", "role", "username_key", "id"])
    op.create_index("ix_users_reconcile_since", "users", ["reconcile_since", "id"])
    op.create_index("ix_users_expires_at", "users", ["expires_at", "id"])
    _create_table("claims", _columns(TEXT, "kind", "holder_id"))
    _create_table("rosters", _columns(sa.JSON(), "members"))
    _create_table(
        "sessions",
        _columns(TEXT, "user_id"),
        _columns(sa.BigInteger(), "epoch", "generation"),
        _columns(UtcDateTime(), "created_at", "last_used_at", "expires_at", "ends_at"),
        _columns(TEXT, "user_agent", "ip", "current_hash", "spent_hash", nullable=True),
        _columns(UtcDateTime(), "spent_at", nullable=True),
    )
    op.create_index("ix_sessions_user_id_created_at", "sessions", ["user_id", "created_at", "id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at", "id"])
    _create_table("counters", _columns(sa.BigInteger(), "hits"), _columns(UtcDateTime(), "expires_at"))
    op.create_index("ix_counters_expires_at", "counters", ["expires_at", "id"])
    _create_table(
        "tasks",
        _columns(TEXT, "user_id", "title"),
        _columns(TEXT, "description", nullable=True),
        _columns(sa.Boolean(), "completed"),
        _columns(UtcDateTime(), "created_at", "updated_at"),
    )
    op.create_index("ix_tasks_user_id_created_at", "tasks", ["user_id", "created_at", "id"])
    op.create_index("ix_tasks_user_id_completed_created_at", "tasks", ["user_id", "completed", "created_at", "id"])
    _create_table(
        "dogs",
        _columns(TEXT, "user_id", "name", "name_key", "picture_status", "job_id"),
        _columns(TEXT, "picture", nullable=True),
        _columns(sa.Boolean(), "is_adopted"),
        _columns(UtcDateTime(), "created_at"),
    )
    op.create_index("ix_dogs_name_key", "dogs", ["name_key", "id"])
    op.create_index("ix_dogs_is_adopted_name_key", "dogs", ["is_adopted", "name_key", "id"])
    op.create_index("ix_dogs_user_id_name_key", "dogs", ["user_id", "name_key", "id"])
    _create_table(
        "files",
        _columns(TEXT, "user_id", "filename", "content_type", "sha256", "state", "job_id"),
        _columns(sa.BigInteger(), "size"),
        _columns(UtcDateTime(), "created_at"),
        _columns(TEXT, "receipt_id", nullable=True),
        _columns(UtcDateTime(), "reconcile_since", nullable=True),
    )
    op.create_index("ix_files_state_created_at", "files", ["state", "created_at", "id"])
    op.create_index("ix_files_state_user_id_created_at", "files", ["state", "user_id", "created_at", "id"])
    op.create_index("ix_files_user_id_created_at", "files", ["user_id", "created_at", "id"])
    op.create_index("ix_files_reconcile_since", "files", ["reconcile_since", "id"])
    _create_table(
        "jobs",
        _columns(TEXT, "user_id", "kind", "subject_id", "status"),
        _columns(sa.Double(), "progress"),
        _columns(sa.BigInteger(), "attempts"),
        _columns(TEXT, "error", "ticket", nullable=True),
        _columns(sa.JSON(), "result", nullable=True),
        _columns(UtcDateTime(), "created_at", "updated_at", "run_at"),
        _columns(UtcDateTime(), "due_at", "expires_at", nullable=True),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at", "id"])
    op.create_index("ix_jobs_status_created_at", "jobs", ["status", "created_at", "id"])
    op.create_index("ix_jobs_user_id_created_at", "jobs", ["user_id", "created_at", "id"])
    op.create_index("ix_jobs_due_at", "jobs", ["due_at", "id"])
    op.create_index("ix_jobs_expires_at", "jobs", ["expires_at", "id"])
    _create_table(
        "receipts",
        _columns(TEXT, "user_id"),
        _columns(TEXT, "fingerprint", "answer", nullable=True),
        _columns(UtcDateTime(), "expires_at"),
    )
    op.create_index("ix_receipts_user_id_expires_at", "receipts", ["user_id", "expires_at", "id"])
    op.create_index("ix_receipts_expires_at", "receipts", ["expires_at", "id"])
    _create_table("packs", _columns(TEXT, "set_id", "place", "rows"), _columns(sa.Boolean(), "valid", "goes_on"))
    op.create_index("ix_packs_set_id_valid_place", "packs", ["set_id", "valid", "place", "id"])
    _create_table(
        "datasets",
        _columns(TEXT, "user_id", "name", "filename", "sha256", "status", "state"),
        _columns(sa.BigInteger(), "size", "pieces"),
        _columns(sa.JSON(), "read_options", "row_sets"),
        _columns(UtcDateTime(), "created_at"),
        _columns(TEXT, "job_id", "receipt_id", nullable=True),
        _columns(UtcDateTime(), "reconcile_since", nullable=True),
    )
    op.create_index("ix_datasets_state_created_at", "datasets", ["state", "created_at", "id"])
    op.create_index("ix_datasets_state_user_id_created_at", "datasets", ["state", "user_id", "created_at", "id"])
    op.create_index("ix_datasets_user_id_created_at", "datasets", ["user_id", "created_at", "id"])
    op.create_index("ix_datasets_reconcile_since", "datasets", ["reconcile_since", "id"])
    _create_table("reports", _columns(TEXT, "text"))
    op.create_table(
        "rows",
        sa.Column("set_id", TEXT, primary_key=True),
        sa.Column("line", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("valid", sa.SmallInteger(), nullable=False),
        sa.Column("values", TEXT, nullable=False),
        sqlite_with_rowid=False,
    )
    invalid = sa.column("valid") == 0
    op.create_index(
        "ix_rows_invalid",
        "rows",
        ["set_id", "line", "valid"],
        sqlite_where=invalid,
        postgresql_where=invalid,
        mssql_where=invalid,
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "rows",
        "reports",
        "datasets",
        "packs",
        "receipts",
        "jobs",
        "files",
        "dogs",
        "tasks",
        "counters",
        "sessions",
        "rosters",
        "claims",
        "users",
    ):
        op.drop_table(table)


def _create_table(name: str, *columns: list[sa.Column[Any]]) -> None:
    """Create the table of a collection."""
    key = sa.Column("id", TEXT, primary_key=True), sa.Column("revision", TEXT, nullable=False)
    op.create_table(name, *key, *(column for group in columns for column in group))


def _columns(type: sa.types.TypeEngine[Any], *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, type, nullable=nullable) for name in names]
