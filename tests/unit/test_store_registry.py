"""STORE_URL selects the store, and a wrong one is refused before anything is created."""

import sqlite3
import sys
from pathlib import Path

import pytest

from src.bootstrap.adapters import make_store
from src.bootstrap.check import check
from src.bootstrap.prepare import prepare, require_tables
from src.infrastructure.stores.driver import StoreNotReady
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.registry import store_class
from src.infrastructure.stores.sql import SqlStore
from src.infrastructure.stores.sqlite import SqliteStore
from src.infrastructure.stores.sqlite.pool import connect
from src.settings import ConfigurationError, Settings
from tests.support.emulators import free_port

UNKNOWN = (
    "STORE_URL: use memory://, sqlite:///PATH, postgresql://HOST/DATABASE, mssql://HOST/DATABASE, firestore://PROJECT "
    "or dynamodb://REGION/PREFIX"
)
NO_FILE = "STORE_URL: name a file, as in sqlite:///data/portero.db, without ? and options"
NO_DATABASE = "STORE_URL: write postgresql://USER:PASSWORD@HOST/DATABASE"
NO_PROJECT = "STORE_URL: name the project, as in firestore://my-project"
NO_TABLE = "STORE_URL: name the region and the table, as in dynamodb://eu-west-1/portero"


def settings(url: str, folder: Path) -> Settings:
    return Settings(store_url=url, data_dir=folder / "data")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("redis://localhost", UNKNOWN),
        ("sqlites:///x.db", UNKNOWN),
        ("sqlite://", NO_FILE),
        ("sqlite:///", NO_FILE),
        ("sqlite:///:memory:", NO_FILE),
        ("sqlite://host/x.db", NO_FILE),
        ("sqlite:///x.db?timeout=1", NO_FILE),
        ("postgresql://ada:se:cret@host:port/x", NO_DATABASE),
        ("firestore://", NO_PROJECT),
        ("firestore:///x", NO_PROJECT),
        ("dynamodb://eu-west-1", NO_TABLE),
        ("dynamodb://eu-west-1/po", NO_TABLE),
        ("dynamodb://eu-west-1/portero/x", NO_TABLE),
    ],
)
@pytest.mark.parametrize("use", [make_store, require_tables, prepare])
def test_a_url_that_names_no_store_is_refused(url: str, message: str, use: object, tmp_path: Path) -> None:
    assert callable(use)
    with pytest.raises(ConfigurationError) as refused:
        use(settings(url, tmp_path))
    assert str(refused.value) == message


def test_prepare_creates_nothing_for_an_unknown_store(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        prepare(settings("redis://localhost", tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_check_refuses_an_unknown_store(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=UNKNOWN):
        list(check(settings("redis://localhost", tmp_path)))


@pytest.mark.parametrize(
    ("url", "store"),
    [
        ("memory://", MemoryStore),
        ("sqlite:///x.db", SqliteStore),
        ("postgresql://h/x", SqlStore),
        ("postgresql+psycopg://h/x", SqlStore),
        ("mssql+mssqlpython://h/x", SqlStore),
    ],
)
def test_the_scheme_selects_the_class(url: str, store: type) -> None:
    assert store_class(url) is store


@pytest.mark.parametrize("name", ["x.db", "a b/å#%41&;'\"\\.db", "file:x.db", "ünï/:memory:"])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_sqlite_file_can_have_any_name_without_a_question_mark(
    name: str, absolute: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{file if absolute else name}"
    SqliteStore.prepare(url)
    SqliteStore.check(url)
    assert file.exists()


@pytest.mark.parametrize("content", [b"This is no database." * 100, None])
def test_a_sqlite_file_that_cannot_be_opened_is_refused(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "portero.db"
    if content:
        file.write_bytes(content)
    else:
        file.mkdir()
    for use in (SqliteStore.check, SqliteStore.prepare):
        with pytest.raises(StoreNotReady, match="cannot be opened"):
            use(f"sqlite:///{file}")


def test_a_sqlite_without_its_json_functions_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect_without_json(file: Path) -> sqlite3.Connection:
        connection = connect(file)
        connection.set_authorizer(
            lambda _, __, name, *___: sqlite3.SQLITE_DENY if name == "json_group_array" else sqlite3.SQLITE_OK
        )
        return connection

    url = f"sqlite:///{tmp_path / 'portero.db'}"
    SqliteStore.prepare(url)
    monkeypatch.setattr("src.infrastructure.stores.sqlite.store.connect", connect_without_json)
    with pytest.raises(StoreNotReady, match=r"cannot be opened \(.*json_group_array"):
        SqliteStore.check(url)


def test_a_described_url_has_no_password() -> None:
    described = SqlStore.describe("postgresql://ada:secret@db.example/portero?password=secret")
    assert described == "postgresql://ada:***@db.example/portero"
    assert SqlStore.describe("postgresql+psycopg://db.example/portero") == "postgresql://db.example/portero"
    assert MemoryStore.describe("memory://") == "memory://"


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.startswith("src.infrastructure.stores.sql.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "src.infrastructure.stores.sql")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"postgresql:// needs requirements/extras\.txt installed"):
        make_store(settings("postgresql://host/x", tmp_path))


def test_a_database_that_cannot_be_reached_is_no_ready_store(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"STORE_URL: cannot be opened \(.*Connection refused.*\); run"
    ) as refused:
        require_tables(settings(f"postgresql://ada:secret@127.0.0.1:{free_port()}/x", tmp_path))
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_dynamodb_takes_the_region_of_the_profile_if_the_url_names_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "test")
    with pytest.raises(ConfigurationError, match="no region: name it in STORE_URL"):
        require_tables(settings("dynamodb:///portero", tmp_path))
    (tmp_path / "config").write_text("[default]\nregion = eu-south-2\n")
    with pytest.raises(ConfigurationError, match="Could not connect"):
        require_tables(settings("dynamodb:///portero", tmp_path))
