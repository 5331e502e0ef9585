"""Authenticates the services that call this one with a name and a secret (RFC 6749 section 2.3.1)."""

import hmac
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from src.application.limits import WRONG_SECRETS, WRONG_SECRETS_BY_NAME, Count, RateLimiter, network
from src.application.ports import Clock
from src.domain.errors import InvalidClient, InvalidToken
from src.domain.keys import SECRET_PREFIX, owner_of
from src.domain.service_accounts import ServiceAccountRepository
from src.domain.sessions import Client
from src.domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAuthenticator:
    """Checks the credentials of services: those of the settings, and those of service accounts."""

    credentials: Mapping[str, str]
    """The secrets of the services that have no account here, by the name of the service."""
    accounts: ServiceAccountRepository
    limiter: RateLimiter
    clock: Clock
    trusted: set[tuple[str, str]] = field(default_factory=set)
    """The services and their addresses from which the last secret was right. These are not counted."""
    running: dict[tuple[str, str], Future[None]] = field(default_factory=dict)
    """The counts of first right secrets that are under way."""

    def authenticate(self, name: str, secret: str, client: Client) -> User | None:
        """Return the user of the service account with this id and secret, or None for a service without an account.

        Wrong secrets are limited as wrong passwords are, but with counters of their own: whoever guesses passwords at a
        gateway could otherwise stop the introspections of that gateway. The first right secret from an address is
        refused too while the limit of wrong ones is exceeded. Raises InvalidClient, TooManyRequests, Unavailable.
        """
        if not secret:
            raise InvalidClient  # nothing was guessed
        address = network(client)
        counts = (Count(WRONG_SECRETS_BY_NAME, f"{address} {name}"), Count(WRONG_SECRETS, address))
        if (name, address) not in self.trusted:
            self.limiter.check(*counts)
        expected, user = self.credentials.get(name), None
        if expected is None:
            user = self._user(name, secret)
        is_right = user is not None or hmac.compare_digest((expected or "").encode(), secret.encode())
        if not is_right:
            self.trusted.discard((name, address))
            self.limiter.hit(*counts)
            raise InvalidClient
        if (name, address) not in self.trusted:
            self._count_once((name, address), counts)
        return user

    def _user(self, id: str, secret: str) -> User | None:
        """Return the user of the service account with this id and secret, or None. A mistyped secret costs no read."""
        try:
            if owner_of(SECRET_PREFIX, secret) != id:
                return None
        except InvalidToken:
            return None
        account, user = self.accounts.with_user(id)
        return user if account and user and user.can_log_in and account.accepts(secret, self.clock()) else None

    def _count_once(self, service: tuple[str, str], counts: Sequence[Count]) -> None:
        """Count the first right secret of a service from an address. Simultaneous requests share one count.

        Raises TooManyRequests, Unavailable.
        """
        count: Future[None] = Future()
        running = self.running.setdefault(service, count)
        if running is not count:
            return running.result()
        try:
            self.limiter.give_back(self.limiter.hit(*counts))
            self.trusted.add(service)
            count.set_result(None)
        except BaseException as error:
            count.set_exception(error)
            raise
        finally:
            self.running.pop(service)
