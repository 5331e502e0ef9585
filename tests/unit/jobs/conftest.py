"""The world of these tests."""

import pytest

from tests.unit.jobs.world import JobWorld


@pytest.fixture
def world() -> JobWorld:
    return JobWorld()
