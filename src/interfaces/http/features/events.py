"""The operations on events: the history of an account, and everything that happened."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from flask import Response
from pydantic import Field, PlainValidator, WithJsonSchema

from src.application.sessions import Caller
from src.domain.events import Event, EventType
from src.interfaces.event_texts import sentence
from src.interfaces.framework.bodies import Paging, refused
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.requests import services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render_list
from src.interfaces.views import EventView

feature = Feature("Events", "What happened to accounts, and the services of others that are told.")
route = partial(Operation, feature)


class HistoryView(EventView):
    """Something that happened to your account, also in words."""

    text: str = Field(
        description="In the language of the request.", examples=["Signed in with a password from Firefox 128 · Linux."]
    )


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refused("time", "Give a time such as 2026-11-23T12:00:00Z.") from None


Time = Annotated[datetime, PlainValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})]


class EventFilter(Paging):
    """The events to list."""

    user_id: Annotated[str | None, Field(description="The user to whom they happened.")] = None
    type: EventType | None = None
    since: Annotated[Time | None, Field(alias="from", description="The earliest time.")] = None
    until: Annotated[Time | None, Field(description="The latest time.")] = None


@route("GET /user/events", Access.TOKEN, HistoryView)
def list_history(caller: Caller, query: Paging) -> Response:
    """List what happened to your account, the newest first.

    An event of another person, such as an admin, is shown without the id, the address and the device of that person.
    """
    page = services().events.history(caller.user.id, query.cursor, query.limit)
    response = render_list(page, HistoryView, _in_words)
    response.headers["Content-Language"] = accepted_language()
    return response


@route("GET /events", Access.AUDITOR, EventView)
def list_events(caller: Caller, query: EventFilter) -> Response:
    """List what happened to all accounts, or to one of them, the newest first."""
    filters = query.model_dump(include={"user_id", "type", "since", "until", "cursor", "limit"})
    return render_list(services().events.search(caller, **filters), EventView)


def _in_words(event: Event) -> HistoryView:
    return HistoryView.model_validate({**dict(EventView.of(event)), "text": sentence(event, accepted_language())})
