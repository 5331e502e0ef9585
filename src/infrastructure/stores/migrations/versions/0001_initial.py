"""All tables.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql.tables import TEXT, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "users",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("username", TEXT),
        sa.Column("username_key", TEXT),
        sa.Column("email", TEXT),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("name", TEXT),
        sa.Column("last_name", TEXT),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("password_hash", TEXT),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("session_epoch", sa.BigInteger(), nullable=False),
        sa.Column("kept_session", TEXT),
        sa.Column("sessions_ended_at", UtcDateTime()),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("reserved", sa.JSON()),
        sa.Column("reconcile_since", UtcDateTime()),
    )
    op.create_index("ix_users_state_username_key", "users", ["state", "username_key", "id"])
    op.create_index("ix_users_state_role_username_key", "users", ["state", "role", "username_key", "id"])
    op.create_index("ix_users_reconcile_since", "users", ["reconcile_since", "id"])
    op.create_index("ix_users_expires_at", "users", ["expires_at", "id"])
    op.create_table(
        "claims",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("holder_id", TEXT, nullable=False),
    )
    op.create_table(
        "rosters",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("user_agent", TEXT),
        sa.Column("ip", TEXT),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("current_hash", TEXT),
        sa.Column("spent_hash", TEXT),
        sa.Column("spent_at", UtcDateTime()),
    )
    op.create_index("ix_sessions_user_id_created_at", "sessions", ["user_id", "created_at", "id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at", "id"])
    op.create_table(
        "counters",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_counters_expires_at", "counters", ["expires_at", "id"])
    op.create_table(
        "tasks",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("description", TEXT),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_tasks_user_id_created_at", "tasks", ["user_id", "created_at", "id"])
    op.create_index("ix_tasks_user_id_completed_created_at", "tasks", ["user_id", "completed", "created_at", "id"])
    op.create_table(
        "dogs",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("picture", TEXT),
        sa.Column("picture_status", TEXT, nullable=False),
        sa.Column("is_adopted", sa.Boolean(), nullable=False),
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_dogs_name_key", "dogs", ["name_key", "id"])
    op.create_index("ix_dogs_is_adopted_name_key", "dogs", ["is_adopted", "name_key", "id"])
    op.create_index("ix_dogs_user_id_name_key", "dogs", ["user_id", "name_key", "id"])
    op.create_table(
        "files",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("filename", TEXT, nullable=False),
        sa.Column("content_type", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("receipt_id", TEXT),
        sa.Column("reconcile_since", UtcDateTime()),
    )
    op.create_index("ix_files_state_created_at", "files", ["state", "created_at", "id"])
    op.create_index("ix_files_state_user_id_created_at", "files", ["state", "user_id", "created_at", "id"])
    op.create_index("ix_files_user_id_created_at", "files", ["user_id", "created_at", "id"])
    op.create_index("ix_files_reconcile_since", "files", ["reconcile_since", "id"])
    op.create_table(
        "jobs",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("error", TEXT),
        sa.Column("result", sa.JSON()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("run_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime()),
        sa.Column("ticket", TEXT),
        sa.Column("expires_at", UtcDateTime()),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at", "id"])
    op.create_index("ix_jobs_status_created_at", "jobs", ["status", "created_at", "id"])
    op.create_index("ix_jobs_user_id_created_at", "jobs", ["user_id", "created_at", "id"])
    op.create_index("ix_jobs_due_at", "jobs", ["due_at", "id"])
    op.create_index("ix_jobs_expires_at", "jobs", ["expires_at", "id"])
    op.create_table(
        "receipts",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT),
        sa.Column("answer", TEXT),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_receipts_user_id_expires_at", "receipts", ["user_id", "expires_at", "id"])
    op.create_index("ix_receipts_expires_at", "receipts", ["expires_at", "id"])
    op.create_table(
        "packs",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("set_id", TEXT, nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("rows", TEXT, nullable=False),
        sa.Column("goes_on", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_packs_set_id_valid_place", "packs", ["set_id", "valid", "place", "id"])
    op.create_table(
        "datasets",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("filename", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("read_options", sa.JSON(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("row_sets", sa.JSON(), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("job_id", TEXT),
        sa.Column("receipt_id", TEXT),
        sa.Column("reconcile_since", UtcDateTime()),
    )
    op.create_index("ix_datasets_state_created_at", "datasets", ["state", "created_at", "id"])
    op.create_index("ix_datasets_state_user_id_created_at", "datasets", ["state", "user_id", "created_at", "id"])
    op.create_index("ix_datasets_user_id_created_at", "datasets", ["user_id", "created_at", "id"])
    op.create_index("ix_datasets_reconcile_since", "datasets", ["reconcile_since", "id"])
    op.create_table(
        "reports",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
    )
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
