"""Migrations create the declared schema completely or not at all, also when several processes run them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from src.domain.sign_ins import NEVER
from src.infrastructure.repositories.sign_ins import SignIns
from src.infrastructure.stores.driver import Insert, StoreNotReady
from src.infrastructure.stores.migrated import newest_version
from src.infrastructure.stores.migrations.autogenerate import options
from src.infrastructure.stores.registry import store_class
from src.infrastructure.stores.sql.tables import metadata
from src.infrastructure.stores.sqlite import SqliteStore
from tests.contract.documents import NOON, account, user
from tests.support.databases import create_database, drop_database
from tests.support.revisions import dump_file, restore

DATABASES = "sqlite", "postgresql"
PORTERO = Path(__file__).parents[2] / "portero"
VERSIONS = PORTERO.with_name("src") / "infrastructure/stores/migrations/versions"
SCHEMA = "src/infrastructure/stores/schema/__init__.py"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/portero.db"
    else:
        url = create_database(request.getfixturevalue("postgres_server"))
        yield url
        drop_database(url)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def prepare(url: str) -> None:
    store_class(url).prepare(url)


def is_ready(url: str) -> bool:
    try:
        store_class(url).check(url)
    except StoreNotReady as error:
        if str(error) != "its tables are missing or old":
            raise
        return False
    return True


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options(connection.dialect.name))
        return list(compare_metadata(context, metadata))


def tables(engine: Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def test_the_newest_version_is_that_of_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "src.infrastructure.stores:migrations")
    assert newest_version() == ScriptDirectory.from_config(config).get_current_head()


def test_preparing_creates_what_the_schema_declares(url: str, engine: Engine) -> None:
    assert differences(engine)
    prepare(url)
    assert differences(engine) == []


def test_a_store_is_ready_when_migrations_have_run(url: str) -> None:
    assert not is_ready(url)
    prepare(url)
    assert is_ready(url)


def test_preparing_twice_changes_nothing(url: str, engine: Engine) -> None:
    prepare(url)
    with engine.begin() as connection:
        connection.execute(
            metadata.tables["claims"].insert(), {"id": "1", "revision": "1", "kind": "k", "holder_id": "u"}
        )
    prepare(url)
    assert is_ready(url)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables["claims"])) == 1


def test_a_failed_migration_leaves_nothing_and_can_be_repeated(url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE claims (in_the_way TEXT)")
    with pytest.raises(StoreNotReady, match="claims"):
        prepare(url)
    assert tables(engine) <= {"claims", "alembic_version"}
    assert not is_ready(url)

    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE claims")
    prepare(url)
    assert is_ready(url)
    assert differences(engine) == []


REVISIONS = sorted(file.name[:4] for file in VERSIONS.glob("[0-9]*.py"))


def downgrade(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "src.infrastructure.stores:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def contents(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table as they are, without the version."""
    reflected = sa.MetaData()
    reflected.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: [
                dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
            ]
            for table in reflected.sorted_tables
            if table.name != "alembic_version"
        }


def test_every_revision_has_a_dump() -> None:
    missing = [revision for revision in REVISIONS for name in DATABASES if not dump_file(revision, name).exists()]
    assert not missing, "type `python -m tests.support.revisions` once, when the migration is final"


def test_the_dump_of_the_newest_revision_has_the_declared_tables(url: str, engine: Engine) -> None:
    restore(url, newest_version())
    assert is_ready(url)
    assert differences(engine) == []


@pytest.mark.parametrize("revision", REVISIONS[:-1] or REVISIONS)
def test_a_database_of_an_earlier_revision_upgrades_without_loss_and_back(
    url: str, engine: Engine, revision: str
) -> None:
    restore(url, revision)
    before = contents(engine)
    assert all(before.values())
    prepare(url)
    assert differences(engine) == []
    after = contents(engine)
    for table, rows in before.items():
        assert [{name: row[name] for name in old} for old, row in zip(rows, after[table], strict=True)] == rows
    downgrade(engine, revision)
    assert contents(engine) == before
    prepare(url)
    assert differences(engine) == []
    assert contents(engine) == after


def test_an_upgrade_takes_the_last_sign_in_of_each_account_from_its_newest_session(url: str, engine: Engine) -> None:
    restore(url, "0015")
    users = sa.table("users", sa.column("id"), sa.column("role"))
    with engine.begin() as connection:
        connection.execute(users.update().where(users.c.id == "bare").values(role="user"))
    prepare(url)
    store = store_class(url).open(url, pool_size=1)
    sign_ins = SignIns(store)
    assert sign_ins.days(["full", "bare"]) == {"full": NOON.replace(hour=0, minute=0, second=0, microsecond=0)}
    assert [each.id for each in sign_ins.find(NEVER, NEVER).items] == ["bare"]
    store.close()
    downgrade(engine, "0015")
    with engine.begin() as connection:
        connection.execute(users.update().where(users.c.id == "bare").values(role="guest"))
    prepare(url)
    store = store_class(url).open(url, pool_size=1)
    assert SignIns(store).get("bare") is None
    store.close()


def test_a_downgrade_to_base_removes_every_table(url: str, engine: Engine) -> None:
    restore(url, newest_version())
    downgrade(engine, "base")
    assert tables(engine) == {"alembic_version"}
    assert not is_ready(url)
    prepare(url)
    assert differences(engine) == []


def alembic(folder: Path, url: str | None, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a folder that has an alembic.ini, to its end."""
    environment = {"PATH": os.environ["PATH"]} | ({"STORE_URL": url} if url else {})
    command = [sys.executable, "-m", "alembic", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_the_command_alembic_migrates_the_database_of_the_setting(url: str) -> None:
    def run(*arguments: str) -> str:
        ran = alembic(PORTERO.parent, url, *arguments)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    run("upgrade", "head")
    assert is_ready(url)
    assert "No new upgrade operations detected" in run("check")
    run("downgrade", "base")
    assert not is_ready(url)


@pytest.mark.parametrize("url", [None, "firestore://demo-portero"])
def test_the_command_alembic_says_which_setting_it_needs(url: str | None) -> None:
    ran = alembic(PORTERO.parent, url, "upgrade", "head")
    assert (ran.returncode, "set STORE_URL" in ran.stdout + ran.stderr, "Traceback" in ran.stderr) == (255, True, False)


def test_autogenerate_writes_a_numbered_revision_that_upgrades_and_downgrades(
    url: str, engine: Engine, tmp_path: Path
) -> None:
    """The first revision is for a schema that has not changed, the second one for a schema with another field."""
    checkout = tmp_path / "checkout"
    shutil.copytree(PORTERO.with_name("src"), checkout / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PORTERO.with_name("alembic.ini"), checkout)
    versions, schema = checkout / "src/infrastructure/stores/migrations/versions", checkout / SCHEMA
    last = int(newest_version())

    def run(*arguments: str) -> None:
        ran = alembic(checkout, url, *arguments)
        assert ran.returncode == 0, ran.stderr

    prepare(url)
    run("revision", "--autogenerate", "-m", "nothing new")
    run("upgrade", "head")
    old = '"claims", _text("kind")'
    assert old in schema.read_text()
    schema.write_text(schema.read_text().replace(old, f'{old} | _time("seen_at", nullable=True)'))
    run("revision", "--autogenerate", "-m", "claims are seen")
    run("upgrade", "head")

    assert [file.name for file in sorted(versions.glob("*.py"))][last:-1] == [
        f"{last + 1:04}_nothing_new.py",
        f"{last + 2:04}_claims_are_seen.py",
    ]
    assert "seen_at" in {column["name"] for column in sa.inspect(engine).get_columns("claims")}
    run("downgrade", "-2")
    assert differences(engine) == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_values_are_stored_in_sqlite_as_sqlalchemy_reads_them(url: str, engine: Engine) -> None:
    """SQLAlchemy reads what the store has written, and the store reads what SQLAlchemy has written."""
    prepare(url)
    users = metadata.tables["users"]
    fields = account(reserved=[["email", "å"]], disabled=True, reconcile_since=NOON)
    numbers = account(reserved=1.5)
    store = SqliteStore.open(url, pool_size=1)
    store.commit(Insert(user("1"), fields), Insert(user("2"), numbers))
    with engine.begin() as connection:
        read = [dict(row) for row in connection.execute(sa.select(users).order_by("id")).mappings()]
        assert [{name: row[name] for name in fields} for row in read] == [fields, numbers]
        raw = connection.exec_driver_sql("SELECT * FROM users ORDER BY id").all()
        connection.execute(users.delete())
        connection.execute(users.insert(), read)
        assert connection.exec_driver_sql("SELECT * FROM users ORDER BY id").all() == raw
    assert [document and document.fields for document in store.get(user("1"), user("2"))] == [fields, numbers]
    store.close()


@pytest.mark.parametrize("folders", [("data", "data"), ("data", "other")])
def test_two_processes_can_prepare_the_same_store_at_once(
    folders: tuple[str, str], tmp_path: Path, url: str, engine: Engine
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "STORE_URL": url,
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": "correct horse battery",
        "ARGON2_TIME_COST": "1",
        "ARGON2_MEMORY_KIB": "8",
    }
    processes = [
        subprocess.Popen(
            [PORTERO, "prepare"],
            cwd=tmp_path,
            env=environment | {"DATA_DIR": str(tmp_path / folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for folder in folders
    ]
    said = [process.communicate(timeout=300)[0].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said

    assert differences(engine) == []
    with engine.connect() as connection:
        roles = connection.scalars(sa.select(metadata.tables["users"].c.role)).all()
    assert roles == ["admin"]
    assert all((tmp_path / folder / "signing-keys.json").exists() for folder in folders)


def test_a_database_of_another_version_is_refused_and_unchanged(tmp_path: Path, url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('9999')")
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "STORE_URL": url}
    ran = subprocess.run([PORTERO, "prepare"], env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, "another version" in ran.stderr, "Traceback" in ran.stderr) == (2, True, False)
    assert tables(engine) == {"alembic_version"}
