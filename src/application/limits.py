"""Rate limits. All processes share the counters."""

import hashlib
import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from src.domain.errors import Unauthenticated, WrongPassword
from src.domain.sessions import Attempt, Client


@dataclass(frozen=True, slots=True)
class Limit:
    """A maximum number of hits in a window of time, in seconds. The window begins with the first hit."""

    name: str
    hits: int
    seconds: int
    remembered: int | None = None
    """The seconds for which a process refuses hits without counting them; None for the rest of the window.

    Few for a limit whose hits are given back, because another process may give them back.
    """


FAILED_LOGINS_BY_NAME = Limit("failed-logins-by-name", 10, 300, remembered=1)
FAILED_LOGINS_BY_ACCOUNT = Limit("failed-logins-by-account", 10, 300, remembered=0)
FAILED_LOGINS = Limit("failed-logins", 100, 300)
STORED_FAILED_LOGINS = Limit("stored-failed-logins", 10, 300)
WRONG_SECRETS_BY_NAME = Limit("wrong-secrets-by-name", 10, 300, remembered=1)
WRONG_SECRETS = Limit("wrong-secrets", 100, 300, remembered=1)
REGISTRATIONS = Limit("registrations", 30, 3600)
ADDRESS_CHANGES = Limit("address-changes", 30, 3600)
USERNAME_CHANGES = Limit("username-changes", 30, 3600)
GUESTS = Limit("guests", 60, 3600)
MIGRATIONS = Limit("migrations", 100, 300, remembered=1)
MAIL_CODES = Limit("mail-codes", 50, 86400, remembered=1)
MAILS = Limit("mails", 5, 3600)
MAILS_TO_ADDRESS = Limit("mails-to-address", 5, 3600)
MAILS_FROM_EVERYWHERE = Limit("mails-from-everywhere", 30, 600)
NOTICES_TO_ADDRESS = Limit("notices-to-address", 10, 3600)
NOTICES_TO_UNVERIFIED = Limit("notices-to-unverified", 5, 3600)


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
    """Counts hits. ``check`` and ``hit`` raise Unavailable when the counters cannot be reached."""

    def check(self, *counts: Count) -> None:
        """Raise TooManyRequests if this process knows that a limit is reached. Add no hit.

        The counters in the store are not read: a process knows only the full counters that its own hits have met.
        """

    def hit(self, *counts: Count, whole: bool = False) -> Sequence[Attempt]:
        """Add one hit to each of ``counts``, and return the hits. Raise TooManyRequests if a limit was already reached.

        If one limit refuses the hit, the hit may still be counted under the other limits, unless ``whole`` is true.
        """

    def give_back(self, attempts: Sequence[Attempt]) -> None:
        """Remove hits. A hit that cannot be removed now counts until its window ends."""


@contextmanager
def guess(limiter: RateLimiter, attempts: Sequence[Attempt], *failures: Count) -> Iterator[list[Attempt]]:
    """Check a guess of a password or a code in the block, and give ``attempts`` back unless the guess is wrong.

    The guess is counted before it is checked, by the hit that returned ``attempts``: simultaneous guesses would
    otherwise all be checked before the first one counts. The block raises Unauthenticated or WrongPassword for a wrong
    guess, which is then also counted under ``failures``. The block may give attempts back itself; it then removes them
    from the list. Raises TooManyRequests, Unavailable.
    """
    kept = list(attempts)
    try:
        yield kept
    except (Unauthenticated, WrongPassword):
        kept = []
        if failures:
            limiter.hit(*failures)
        raise
    finally:
        limiter.give_back(kept)


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
