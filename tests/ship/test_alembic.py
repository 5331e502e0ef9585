"""Alembic's command on PostgreSQL, in the folder of the image and as the image's user."""

from collections.abc import Iterator

import pytest

from src.infrastructure.stores.migrated import newest_version
from tests.ship.test_image import Container, container
from tests.support.databases import create_database, drop_database

__all__ = ["container"]  # a fixture


@pytest.fixture
def database(container: Container, postgres_server: str) -> Iterator[None]:
    """Create an empty database, and set the environment of the container to it."""
    url = create_database(postgres_server, name="technical_test")
    host, _, port = postgres_server.partition(":")
    container.env |= {"STORE_URL": url.replace("postgresql:", "postgresql+psycopg:"), "PGHOST": host, "PGPORT": port}
    container.env["APP_ENV"] = "development"  # as in the compose file
    yield
    drop_database(url)


@pytest.mark.usefixtures("database")
def test_the_commands_of_alembic_and_psql_work_in_the_image(container: Container) -> None:
    def run(*command: str) -> str:
        ran = container.run(*command)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    shipped = container.files()
    run("alembic", "upgrade", "head")
    tables = run("psql", "-U", "postgres", "-d", "technical_test", "-c", r"\dt")
    assert all(f" {table} " in tables for table in ("users", "tasks", "alembic_version")), tables

    said = run("alembic", "revision", "--autogenerate", "-m", "Add a column")
    assert "no revision is written" in said
    assert container.files() == shipped
    run("alembic", "upgrade", "head")
    assert run("alembic", "current").split() == [newest_version(), "(head)"]
    run("alembic", "downgrade", "-1")
    run("./portero", "prepare")
    assert run("alembic", "current").split() == [newest_version(), "(head)"]


@pytest.mark.usefixtures("database")
def test_a_change_that_cannot_be_written_is_refused(container: Container) -> None:
    container.run("alembic", "upgrade", "head")
    container.run("psql", "-U", "postgres", "-d", "technical_test", "-c", "ALTER TABLE tasks DROP COLUMN title")
    ran = container.run("alembic", "revision", "--autogenerate", "-m", "Add a column")
    assert (ran.returncode, "is read-only" in ran.stdout + ran.stderr, "Traceback" in ran.stderr) == (255, True, False)
