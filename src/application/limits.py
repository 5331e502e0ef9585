"""How often something may be tried, counted for all processes together."""

import ipaddress
from dataclasses import dataclass
from typing import Protocol

from src.domain.sessions import Client


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``hits`` in a window of ``seconds`` that begins with the first."""

    name: str
    hits: int
    seconds: int


FAILED_LOGINS_BY_NAME = Limit("failed-logins-by-name", 10, 300)
FAILED_LOGINS = Limit("failed-logins", 100, 300)
REGISTRATIONS = Limit("registrations", 30, 3600)
GUESTS = Limit("guests", 60, 3600)


@dataclass(frozen=True, slots=True)
class Count:
    """Something that is counted under a limit: who or what it is about, as a text that may be secret."""

    limit: Limit
    key: str


class RateLimiter(Protocol):
    """Counts. Every method raises Unavailable when it cannot."""

    def check(self, *counts: Count) -> None:
        """Raises TooManyRequests when one of them is full; counts nothing."""

    def hit(self, *counts: Count) -> None:
        """Count one more for each. Raises TooManyRequests when one of them is full."""


def network(client: Client) -> str:
    """The address that counts: of IPv6 the /64 that one subscriber has, the address itself otherwise."""
    try:
        address = ipaddress.ip_address(client.ip or "")
    except ValueError:
        return client.ip or ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
