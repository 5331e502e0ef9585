"""Fixtures of the unit tests."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def prepared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the data that `portero prepare` writes. It does not exist before the first test that prepares."""
    return tmp_path_factory.mktemp("prepared") / "data"


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store the rows of a small dataset in three batches."""
    monkeypatch.setattr("src.infrastructure.csv.checking.passes.BATCH", 2)
