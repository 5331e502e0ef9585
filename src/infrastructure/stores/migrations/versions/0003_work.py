"""Tasks, dogs, files, jobs, and receipts of creates with an Idempotency-Key.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from src.infrastructure.stores.sql import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "tasks",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_tasks_user_id_created_at", "tasks", ["user_id", "created_at", "id"])
    op.create_index("ix_tasks_user_id_completed_created_at", "tasks", ["user_id", "completed", "created_at", "id"])
    op.create_table(
        "dogs",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("picture_status", sa.Text(), nullable=False),
        sa.Column("is_adopted", sa.Boolean(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_dogs_name_key", "dogs", ["name_key", "id"])
    op.create_index("ix_dogs_is_adopted_name_key", "dogs", ["is_adopted", "name_key", "id"])
    op.create_index("ix_dogs_user_id_name_key", "dogs", ["user_id", "name_key", "id"])
    op.create_table(
        "files",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=True),
        sa.Column("reconcile_since", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_files_state_created_at", "files", ["state", "created_at", "id"])
    op.create_index("ix_files_state_user_id_created_at", "files", ["state", "user_id", "created_at", "id"])
    op.create_index("ix_files_user_id_created_at", "files", ["user_id", "created_at", "id"])
    op.create_index("ix_files_unsettled_since", "files", ["reconcile_since", "id"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("run_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at", "id"])
    op.create_index("ix_jobs_status_created_at", "jobs", ["status", "created_at", "id"])
    op.create_index("ix_jobs_user_id_created_at", "jobs", ["user_id", "created_at", "id"])
    op.create_index("ix_jobs_due_at", "jobs", ["due_at", "id"])
    op.create_index("ix_jobs_expires_at", "jobs", ["expires_at", "id"])
    op.create_table(
        "receipts",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_receipts_user_id_expires_at", "receipts", ["user_id", "expires_at", "id"])
    op.create_index("ix_receipts_expires_at", "receipts", ["expires_at", "id"])


def downgrade() -> None:
    """Undo."""
    for table in ("receipts", "jobs", "files", "dogs", "tasks"):
        op.drop_table(table)
