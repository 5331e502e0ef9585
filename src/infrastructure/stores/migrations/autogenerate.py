"""Options with which Alembic compares a database with the declared tables and writes a new revision."""

import os
from pathlib import Path
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError

from src.infrastructure.stores.migrated import newest_version
from src.infrastructure.stores.sql.tables import UtcDateTime


def _render_item(kind: str, item: Any, context: AutogenContext) -> str | bool:
    """Return the Python code for a type of this project, or False for Alembic's own code."""
    if not isinstance(item, UtcDateTime):
        return False
    context.imports.add(f"from {UtcDateTime.__module__} import UtcDateTime")
    return "UtcDateTime()"


def _number_revision(context: MigrationContext, _: Any, scripts: list[MigrationScript]) -> None:
    """Give a new revision the next number. Drop it if nothing has changed and it could not be written either.

    The files of an image are read-only. There, the tables agree with the migrations, so that nothing is lost. Raises
    CommandError for changes that cannot be written.
    """
    [script] = scripts
    folder = Path(__file__).parent / "versions"
    script.rev_id = f"{int(newest_version()) + 1:04}"
    assert context.config
    writes = getattr(context.config.cmd_opts, "autogenerate", False)  # `alembic check` only looks
    if not writes or os.access(folder, os.W_OK):
        return
    if script.upgrade_ops and not script.upgrade_ops.is_empty():
        raise CommandError(f"{folder} is read-only; create the revision in a checkout of the source code")
    scripts.clear()
    context.config.print_stdout("The tables agree with the migrations, so no revision is written (read-only files).")


def options(dialect: str) -> dict[str, Any]:
    """Return the options of an Alembic context for a kind of database."""

    def include_object(_: Any, name: str | None, kind: str, *__: Any) -> bool:
        return kind != "foreign_key_constraint" or dialect == "postgresql"

    return {
        "compare_type": True,
        "compare_server_default": True,
        "render_as_batch": True,  # SQLite changes most properties of a table only by copying it
        "render_item": _render_item,
        "include_object": include_object,
        "process_revision_directives": _number_revision,
    }
