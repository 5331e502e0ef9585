"""A service with more requests than it can serve, and services that stop under load; see also ``make torture-load``."""

from pathlib import Path
from random import Random

import pytest

from tests.e2e.overload import Place, overload, restart_under_load, stop_under_load
from tests.support.emulators import free_port
from tests.support.traffic import Traffic


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place("SQLite", tmp_path, f"sqlite:///{tmp_path}/portero.db")


def test_every_request_is_answered_at_twice_the_load_that_the_service_can_serve(place: Place) -> None:
    port = free_port()
    with place.service(port) as service:
        counts = overload(place, Traffic([port], place.users(port, 5), Random(1)), service.pid, 4)
    assert counts["requests accepted"]


def test_a_stop_under_load_loses_nothing_that_was_acknowledged(place: Place) -> None:
    assert stop_under_load(place, 2, Random(1))["requests accepted"]


def test_a_restart_of_two_services_behind_nginx_loses_no_request(place: Place) -> None:
    assert restart_under_load(place, 2, Random(1))["requests accepted"]
