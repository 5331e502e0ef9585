"""The service that shows what happened to accounts."""

from dataclasses import dataclass
from datetime import datetime

from src.application.caller import Caller
from src.domain.events import Event, EventRepository, EventType
from src.domain.values import Page


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
