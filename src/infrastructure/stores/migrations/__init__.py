"""The migrations of SQL databases. ``upgrade`` applies them, with Alembic."""
