"""The world of the tests of jobs."""

import pytest

from tests.unit.jobs.world import JobWorld


@pytest.fixture
def world() -> JobWorld:
    return JobWorld()
