"""The sweep removes all expired records, but stops before it delays other work for too long."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from src.application.maintenance import EXPIRE_FOR
from tests.support.working import Watch
from tests.support.world import build, services_of


class Expiring:
    """A store that removes five hundred expired records per second. Implements StoreMaintenance."""

    def __init__(self, watch: Watch, expired: int) -> None:
        self._watch, self.expired = watch, expired

    def remove_expired(self, now: datetime) -> int:
        self._watch.forward(1)
        removed = min(500, self.expired)
        self.expired -= removed
        return removed

    def ping(self) -> None:
        """Do nothing."""


def left_of(expired: int) -> int:
    """Return how many expired records a sweep leaves."""
    watch = Watch()
    store = Expiring(watch, expired)
    replace(services_of(build()).maintenance, store=store, clock=watch).sweep()
    return store.expired


def test_a_sweep_removes_more_records_than_one_query_finds() -> None:
    assert left_of(1_700) == 0


def test_a_sweep_ends_when_there_is_too_much_to_remove() -> None:
    seconds = EXPIRE_FOR / timedelta(seconds=1)
    assert left_of(1_000_000) == 1_000_000 - 500 * (seconds + 1)


def test_an_error_that_nobody_expects_holds_up_no_other_step(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch()
    services = services_of(build())
    store = Expiring(watch, 100)
    files = replace(services.maintenance.files, records=None)  # type: ignore[arg-type]
    replace(services.maintenance, store=store, files=files, clock=watch).sweep()
    assert store.expired == 0
    assert "the sweep of files failed" in caplog.text
