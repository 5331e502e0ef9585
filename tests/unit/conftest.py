"""The fixtures that several of these suites share."""

import pytest


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of a small dataset are stored in three goes."""
    monkeypatch.setattr("src.infrastructure.csv.checking.passes.BATCH", 2)
