"""Records failed logins, so that the response time does not reveal whether the user is known."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from src.application.audit import Audit
from src.application.limits import STORED_FAILED_LOGINS, Count, RateLimiter
from src.application.ports import Clock
from src.domain.errors import PorteroError, TooManyRequests
from src.domain.events import STRANGER, Event, EventRepository, EventType
from src.domain.sessions import Client
from src.domain.users import User

_log = logging.getLogger("portero.events")

Later = Callable[[Callable[[], None]], None]
"""A function that runs another one in the background and returns at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedLogins:
    """Logs each failed login. Failed logins of known users are also stored, at most ten for a user in five minutes."""

    events: EventRepository
    limiter: RateLimiter
    later: Later
    audit: Audit
    clock: Clock

    def record(self, user: User | None, client: Client) -> None:
        """Log a failed login, and store it later if ``user`` is known."""
        self.audit(EventType.LOGIN_FAILED, {"user_id": user.id if user else None})
        if user:
            event = client.event(EventType.LOGIN_FAILED, user.id, STRANGER, self.clock())
            self.later(partial(self._store, event))

    def _store(self, event: Event) -> None:
        assert event.user_id
        try:
            self.limiter.hit(Count(STORED_FAILED_LOGINS, event.user_id))
            self.events.add(event, log=False)
        except TooManyRequests:
            return  # enough of them are stored to see the attack
        except PorteroError as error:
            _log.warning("a failed login is not stored: %s", error.__cause__ or error)
