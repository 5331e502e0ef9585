"""The migrations of SQL databases. ``upgrade`` applies them, with Alembic."""

from pathlib import Path


def newest_version() -> str:
    """Return the version of a database to which all migrations were applied: the number of the last one."""
    return max(file.name.partition("_")[0] for file in (Path(__file__).parent / "versions").glob("[0-9]*.py"))
