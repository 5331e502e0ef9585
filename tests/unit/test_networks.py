"""The networks that stand for clients in rate limits."""

from dataclasses import replace

import pytest

from src.application.limits import network
from src.domain.sessions import NO_CLIENT


@pytest.mark.parametrize(
    ("ip", "counted"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("unix:", "unix:"),
        (None, ""),
    ],
)
def test_a_client_is_counted_by_its_network(ip: str | None, counted: str) -> None:
    assert network(replace(NO_CLIENT, ip=ip)) == counted
