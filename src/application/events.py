"""The service that shows what happened to accounts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from src.application.caller import Caller
from src.domain.events import Event, EventRepository, EventType
from src.domain.values import Page, pages

_LATE = timedelta(seconds=5)
"""The most by which an event may be stored after its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventService:
    """Lists stored events."""

    events: EventRepository

    def history(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Event]:
        """List the events of a user as the user may see them, the newest first.

        They hold no id, address or device of other people.
        """
        page = self.events.find(user_id=user_id, cursor=cursor, limit=limit)
        return Page([event.as_seen_by(user_id) for event in page.items], page.next)

    def search(
        self,
        by: Caller | None,
        *,
        user_id: str | None = None,
        type: EventType | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Event]:
        """List the events of all users, or of one user, the newest first. ``since`` and ``until`` are included.

        ``by`` is an auditor or an admin, or None for the operator. Raises Forbidden, InsufficientAuthentication,
        InvalidCursor.
        """
        if by:
            by.require_auditor()
        return self.events.find(user_id=user_id, type=type, since=since, until=until, cursor=cursor, limit=limit)

    def new_events(self, wait: Callable[[], None]) -> Iterator[Event]:
        """Yield every event that is stored from now on, exactly once. Made for the operator.

        ``wait`` is called between two searches. A search reads no events that are more than five seconds older than the
        newest one.
        """
        newest = self.events.find(limit=1).items
        seen: set[str] | None = None
        while True:
            since = newest[0].at - _LATE if newest else None
            found = [event for page in pages(partial(self._since, since)) for event in page]
            if seen is not None:
                yield from (event for event in reversed(found) if event.id not in seen)
            seen = {event.id for event in found}
            newest = found or newest
            wait()

    def _since(self, since: datetime | None, cursor: str | None) -> Page[Event]:
        return self.events.find(since=since, cursor=cursor)
