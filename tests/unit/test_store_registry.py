"""STORE_URL selects the store, and a wrong one is refused before anything is created."""

from pathlib import Path

import pytest

from src.bootstrap.adapters import make_store
from src.bootstrap.check import check
from src.bootstrap.prepare import prepare, require_tables
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.registry import store_class
from src.infrastructure.stores.sql import SqlStore
from src.settings import ConfigurationError, Settings

UNKNOWN = "STORE_URL: use memory://, sqlite:///PATH or firestore://PROJECT"
NO_PROJECT = "STORE_URL: name the project, as in firestore://my-project"


def settings(url: str, folder: Path) -> Settings:
    return Settings(_env_file=None, store_url=url, data_dir=folder / "data")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("redis://localhost", UNKNOWN),
        ("sqlites:///x.db", UNKNOWN),
        ("firestore://", NO_PROJECT),
        ("firestore:///x", NO_PROJECT),
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


@pytest.mark.parametrize(("url", "store"), [("memory://", MemoryStore), ("sqlite:///x.db", SqlStore)])
def test_the_scheme_selects_the_class(url: str, store: type) -> None:
    assert store_class(url) is store


def test_a_described_url_has_no_password() -> None:
    described = SqlStore.describe("postgresql://ada:secret@db.example/portero?password=secret")
    assert described == "postgresql://ada:***@db.example/portero"
    assert MemoryStore.describe("memory://") == "memory://"
