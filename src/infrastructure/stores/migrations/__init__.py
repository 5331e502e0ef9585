"""The migrations of SQL databases. ``upgrade`` applies them, with Alembic."""

from pathlib import Path


def newest_version() -> str:
    """Return the number of the newest migration."""
    return max(file.name.partition("_")[0] for file in (Path(__file__).parent / "versions").glob("[0-9]*.py"))
