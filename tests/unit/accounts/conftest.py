"""The world of these tests."""

import pytest

from tests.unit.accounts.world import AccountWorld


@pytest.fixture
def world() -> AccountWorld:
    return AccountWorld()
