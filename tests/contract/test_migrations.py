"""Migrations create the declared schema completely or not at all, also when several processes run them."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.engine import Engine

from src.infrastructure.stores.migrations import migrate, migrated
from src.infrastructure.stores.sql import make_engine
from src.infrastructure.stores.sql.tables import metadata

PORTERO = Path(__file__).parents[2] / "portero"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path}/portero.db", pool_size=1)
    yield engine
    engine.dispose()


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))


def tables(engine: Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def test_migrating_creates_what_the_schema_declares(engine: Engine) -> None:
    assert differences(engine)
    migrate(engine)
    assert differences(engine) == []


def test_migrated_returns_whether_migrations_have_run(engine: Engine) -> None:
    assert not migrated(engine)
    migrate(engine)
    assert migrated(engine)


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(
            metadata.tables["claims"].insert(), {"id": "1", "revision": "1", "kind": "k", "holder_id": "u"}
        )
    migrate(engine)
    assert migrated(engine)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables["claims"])) == 1


def test_a_failed_migration_leaves_nothing_and_can_be_repeated(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE claims (in_the_way TEXT)")
    with pytest.raises(sa.exc.OperationalError, match="claims"):
        migrate(engine)
    assert tables(engine) <= {"claims", "alembic_version"}
    assert not migrated(engine)

    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE claims")
    migrate(engine)
    assert migrated(engine)
    assert differences(engine) == []


def test_downgrade_and_upgrade_again(engine: Engine) -> None:
    migrate(engine)
    config = Config()
    config.set_main_option("script_location", "src.infrastructure.stores:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert tables(engine) <= {"alembic_version"}
    assert not migrated(engine)

    migrate(engine)
    assert differences(engine) == []


def test_two_processes_can_prepare_the_same_folder_at_once(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path / "data"),
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": "correct horse battery",
        "ARGON2_TIME_COST": "1",
        "ARGON2_MEMORY_KIB": "8",
    }
    processes = [
        subprocess.Popen(
            [PORTERO, "prepare"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said

    engine = make_engine(f"sqlite:///{tmp_path}/data/portero.db", pool_size=1)
    assert differences(engine) == []
    with engine.connect() as connection:
        roles = connection.scalars(sa.select(metadata.tables["users"].c.role)).all()
    engine.dispose()
    assert roles == ["admin"]
    assert (tmp_path / "data" / "signing-keys.json").exists()


def test_a_database_of_another_version_is_refused_and_unchanged(tmp_path: Path, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('9999')")
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    ran = subprocess.run([PORTERO, "prepare"], env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, "another version" in ran.stderr, "Traceback" in ran.stderr) == (2, True, False)
    assert tables(engine) == {"alembic_version"}
