"""Rate limits, counted for all processes together."""

import ipaddress
from dataclasses import dataclass
from typing import Protocol

from src.domain.sessions import Client


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``hits`` in a window of ``seconds``. The window begins with the first hit."""

    name: str
    hits: int
    seconds: int


FAILED_LOGINS_BY_NAME = Limit("failed-logins-by-name", 10, 300)
FAILED_LOGINS = Limit("failed-logins", 100, 300)
REGISTRATIONS = Limit("registrations", 30, 3600)
GUESTS = Limit("guests", 60, 3600)


@dataclass(frozen=True, slots=True)
class Count:
    """A counter: the number of hits of one client or user under a limit. ``key`` may be personal data."""

    limit: Limit
    key: str


class RateLimiter(Protocol):
    """Counts hits. Every method raises Unavailable when the counters cannot be reached."""

    def check(self, *counts: Count) -> None:
        """Raise TooManyRequests when a limit is reached. Count nothing."""

    def hit(self, *counts: Count) -> None:
        """Add one hit to each of ``counts``. Raise TooManyRequests when a limit was already reached.

        A hit that one limit refuses may count for the others all the same.
        """


def network(client: Client) -> str:
    """Return the part of a client's address that is counted.

    That is the /64 prefix of an IPv6 address, because one subscriber has all of its addresses, and else the whole
    address.
    """
    try:
        address = ipaddress.ip_address(client.ip or "")
    except ValueError:
        return client.ip or ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
