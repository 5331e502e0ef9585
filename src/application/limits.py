"""Rate limits. All processes share the counters."""

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Protocol

from src.domain.sessions import Client


@dataclass(frozen=True, slots=True)
class Limit:
    """A maximum number of hits in a window of time, in seconds. The window begins with the first hit."""

    name: str
    hits: int
    seconds: int


FAILED_LOGINS_BY_NAME = Limit("failed-logins-by-name", 10, 300)
FAILED_LOGINS = Limit("failed-logins", 100, 300)
WRONG_SECRETS_BY_NAME = Limit("wrong-secrets-by-name", 10, 300)
WRONG_SECRETS = Limit("wrong-secrets", 100, 300)
REGISTRATIONS = Limit("registrations", 30, 3600)
GUESTS = Limit("guests", 60, 3600)
MAILS = Limit("mails", 5, 3600)
MAILS_TO_ADDRESS = Limit("mails-to-address", 5, 3600)
MAILS_FROM_EVERYWHERE = Limit("mails-from-everywhere", 30, 600)
NOTICES_TO_ADDRESS = Limit("notices-to-address", 10, 3600)


@dataclass(frozen=True, slots=True)
class Count:
    """A counter: the number of hits of one client or user under a limit. ``key`` may be personal data."""

    limit: Limit
    key: str

    @property
    def id(self) -> str:
        """The id of the stored counter: a hash, because ``key`` may be an address or a mistyped password."""
        return hashlib.sha256(f"{self.limit.name}:{self.key}".encode("utf-8", "surrogatepass")).hexdigest()


class RateLimiter(Protocol):
    """Counts hits. Every method raises Unavailable when the counters cannot be reached."""

    def check(self, *counts: Count) -> None:
        """Raise TooManyRequests if one more hit would exceed a limit. Add no hit."""

    def hit(self, *counts: Count) -> None:
        """Add one hit to each of ``counts``. Raise TooManyRequests if a limit was already reached.

        If one limit refuses the hit, the hit may still be counted under the other limits.
        """


def network(client: Client) -> str:
    """Return the network by which a client is counted: its IPv4 address, or the /64 prefix of its IPv6 address.

    An Internet provider gives all addresses of a /64 prefix to one subscriber.
    """
    try:
        address = ipaddress.ip_address(client.ip or "")
    except ValueError:
        return client.ip or ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def subnet(client: Client) -> str:
    """Return the network of the sender of a mail: the first 24 bits of an IPv4 address, or the /64 prefix of IPv6."""
    own = network(client)
    return own.rpartition(".")[0] or own
