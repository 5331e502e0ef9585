"""The page of everything that happened."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, TypedDict

from flask import Response

from src.application.sessions import Caller
from src.domain.events import CHOOSABLE, EventType
from src.domain.values import fold
from src.interfaces.framework.parsing import parse_query
from src.interfaces.framework.requests import services
from src.interfaces.views import EventView
from src.interfaces.web.console.lists import ROWS, Listing, OrNone, download, filters, next_query
from src.interfaces.web.console.pages import AUDITORS, Page

events = Page("/events", "operators/events.html", AUDITORS)
export = Page("/events/export", "", AUDITORS)

_DAYS = ("1", "7", "90")


class EventSearch(Listing):
    """The filters of the list of events."""

    who: str = ""
    """The username or the id of the user to whom they happened."""
    type: Annotated[EventType | None, OrNone] = None
    days: str = ""

    def arguments(self, caller: Caller) -> "Arguments":
        """Return the filters as the use case takes them."""
        days = int(self.days) if self.days in _DAYS else None
        since = services().sessions.clock() - timedelta(days=days) if days else None
        return {"user_id": _id_of(caller, self.who.strip()), "type": self.type, "since": since}


class Arguments(TypedDict):
    """The filters of the use case."""

    user_id: str | None
    type: EventType | None
    since: datetime | None


def _id_of(caller: Caller, name: str) -> str | None:
    """Return the id of the user with this username, or the text itself, which may be an id, or None for no text."""
    if not name:
        return None
    found = services().directory.list(caller, name, None, None, None, 1).items
    return found[0].id if found and found[0].username and found[0].username.key == fold(name) else name


@events.show
def _events(caller: Caller) -> Mapping[str, Any]:
    search = parse_query(EventSearch)
    page = services().events.search(caller, **search.arguments(caller), cursor=search.cursor, limit=ROWS)
    ids = {id for event in page.items for id in (event.user_id, event.actor.id) if id}
    users = services().directory.get_many(caller, ids)
    own = {"events": page.items, "users": users, "types": CHOOSABLE, "search": search}
    return {**own, "more": next_query(page), "filters": filters()}


@export.show
def _export(caller: Caller) -> Response:
    found = parse_query(EventSearch).arguments(caller)
    search = services().events.search
    return download("events", lambda cursor, limit: search(caller, **found, cursor=cursor, limit=limit), EventView)
