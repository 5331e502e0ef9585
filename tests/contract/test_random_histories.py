"""Random histories on every store: of requests one after the other, and of simultaneous changes of one document."""

from random import Random

import pytest

from src.infrastructure.stores.portable import Store
from tests.support import machine
from tests.support.simultaneous import change_at_once, rename_at_once
from tests.support.world import build


@pytest.mark.parametrize("name", ["memory", "sqlite", "postgresql"])  # `make torture-machines` plays on all
def test_accounts_sessions_dogs_and_jobs_behave_like_a_plain_model(request: pytest.FixtureRequest, name: str) -> None:
    store: Store = request.getfixturevalue(name)()
    machine.play(store, "m", 1, histories=2, steps=30)
    store.close()


def test_simultaneous_changes_of_one_document_are_linearizable(store: Store) -> None:
    change_at_once(store, "ada", Random(1))


def test_simultaneous_changes_of_one_user_by_http_are_linearizable(store: Store) -> None:
    rename_at_once(build(store), Random(1))
