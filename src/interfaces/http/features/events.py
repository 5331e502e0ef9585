"""The operations on events: the history of an account, and everything that happened."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, ClassVar

from flask import Response
from pydantic import Field, PlainValidator, WithJsonSchema

from src.application.sessions import Caller
from src.domain.events import ActorKind, Event, EventType
from src.domain.messages import Translatable
from src.interfaces.devices import device
from src.interfaces.framework.bodies import Paging, refused
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.requests import services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render_list
from src.interfaces.languages import translated
from src.interfaces.views import View

feature = Feature("Events", "What happened to accounts, and the services of others that are told.")
route = partial(Operation, feature)

_SENTENCES: Mapping[str, str] = {
    "login-succeeded password": "Signed in with a password",
    "login-succeeded mail-link": "Signed in with the link of a mail",
    "login-succeeded mail-code": "Signed in with the code of a mail",
    "login-succeeded firebase": "Signed in with Firebase",
    "login-succeeded passkey": "Signed in with a passkey",
    "login-failed": "A sign-in failed",
    "session-ended logout": "Signed out",
    "session-ended ended-by-owner": "Ended a session",
    "session-ended": "A session was ended",
    "sessions-ended password-changed": "Changed the password, which ended the other sessions",
    "sessions-ended password-reset": "The password was reset, which ended all sessions",
    "sessions-ended": "All sessions were ended",
    "user-registered": "Registered",
    "guest-registered": "Came as a guest",
    "user-added": "The account was added",
    "user-deleted": "The account was deleted",
    "user-exported": "Downloaded the data of the account",
    "profile-changed": "The profile was changed",
    "role-changed": "The role or the access was changed",
    "address-changed": "The e-mail address was changed",
    "address-verified": "The e-mail address was proved",
    "address-taken": "The new e-mail address belongs to another account",
    "factor-added": "A second factor was added",
    "factor-removed": "A second factor was removed",
}
"""What happened in words, by the type of the event and its method or reason, or by the type alone."""


class ActorView(View):
    """Who or what has caused an event."""

    kind: ActorKind
    id: str | None


class EventView(View):
    """Something that happened to an account."""

    is_long: ClassVar[bool] = True

    id: str
    type: EventType
    at: datetime = Field(examples=["2026-11-23T12:00:00Z"])
    user_id: str | None
    actor: ActorView
    session_id: str | None = Field(examples=["a41d7c02f3be4d0f9a6c5e8b7d1f2c3b"])
    ip: str | None = Field(examples=["203.0.113.7"])
    user_agent: str | None
    request_id: str | None = Field(examples=["0b5c6f6e6a7f4b0c9a53a8f8c6ad1c3a"])
    data: dict[str, Any] = Field(examples=[{"method": "password"}])


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


def sentence(event: Event, language: str) -> str:
    """Return in words what happened, and from which device if that is known."""
    detail = event.data.get("method") or event.data.get("reason")
    plain = event.type.replace("-", " ").capitalize()
    what = Translatable(_SENTENCES.get(f"{event.type} {detail}") or _SENTENCES.get(event.type, plain))
    _, name = device(event.user_agent)
    words = (
        Translatable("{what} from {device}.", what=what, device=name) if name else Translatable("{what}.", what=what)
    )
    return translated(words, language)
