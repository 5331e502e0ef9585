"""The world of the tests of accounts."""

import pytest

from tests.unit.accounts.world import AccountWorld


@pytest.fixture
def world() -> AccountWorld:
    return AccountWorld()
