"""Events are stored in the commit of their cause, and listed newest first, on every store."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from src.domain.errors import InvalidCursor, Taken
from src.domain.events import OPERATOR, SYSTEM, Actor, ActorKind, Event, EventType, always
from src.domain.sessions import Client, Session
from src.domain.users import User
from src.domain.values import Username, pages
from src.infrastructure.repositories.events import Events
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Write
from src.infrastructure.stores.portable import Store
from tests.contract.documents import NOON
from tests.support.races import at_once

PHONE = Client("Mozilla/5.0 😀", "2001:db8::1", request_id="r1")
ADA = Actor(ActorKind.USER, "ada")


@pytest.fixture
def events(store: Store) -> Events:
    return Events(store, Recorder(90))


def made(number: int, user_id: str | None = "ada", type: EventType = EventType.LOGIN_SUCCEEDED) -> Event:
    return PHONE.event(type, user_id, ADA, NOON + timedelta(seconds=number), f"session {number}", method="password")


def without_revision(event: Event) -> Event:
    return replace(event, revision="")


def test_an_event_is_read_as_it_was_stored(events: Events) -> None:
    bare = Event("0" * 32, EventType.ADDRESS_CHANGED, NOON, None, SYSTEM)
    for event in (made(1), bare):
        events.add(event)
        [found] = events.find(user_id=event.user_id, limit=1).items if event.user_id else events.find(limit=9).items[1:]
        assert without_revision(found) == event


@pytest.mark.parametrize("user_id", ["ada", None])
def test_pages_have_every_event_once_and_the_newest_first(events: Events, user_id: str | None) -> None:
    stored = [made(number // 2) for number in range(23)]
    for event in [*stored, made(5, "eve")]:
        events.add(event)
    found = [event for page in pages(lambda at: events.find(user_id=user_id, cursor=at, limit=4)) for event in page]
    mine = [event.id for event in found if event.user_id == "ada"]
    assert mine == [event.id for event in sorted(stored, key=lambda event: (event.at, event.id), reverse=True)]
    assert len(found) == (23 if user_id else 24)


@pytest.mark.parametrize("user_id", ["ada", None])
def test_events_are_filtered_by_type_and_time(events: Events, user_id: str | None) -> None:
    for number in range(6):
        events.add(made(number))
        events.add(made(number, type=EventType.SESSION_ENDED))
    since, until = NOON + timedelta(seconds=2), NOON + timedelta(seconds=4)
    search = partial(events.find, user_id=user_id, type=EventType.SESSION_ENDED, since=since, until=until)
    first = search(limit=2)
    found = [*first.items, *search(limit=2, cursor=first.next).items]
    assert [(event.type, event.at) for event in found] == [
        (EventType.SESSION_ENDED, NOON + timedelta(seconds=number)) for number in (4, 3, 2)
    ]
    with pytest.raises(InvalidCursor):
        events.find(user_id=user_id, cursor=first.next)


def test_an_event_is_stored_in_the_commit_of_its_cause_or_not_at_all(
    store: Store, events: Events, commits: list[list[Write]]
) -> None:
    users, sessions = Users(store, Recorder(90)), Sessions(store, Recorder(90))
    ada = User.new(now=NOON, id="ada", username=Username.parse("ada"))
    ada = users.add(ada, events=[made(1)])
    with pytest.raises(Taken):
        users.add(User.new(now=NOON, username=Username.parse("ADA")), events=[made(2)])
    users.update("ada", lambda user: replace(user, name="Ada"), events=always(made(3)))
    users.update("ada", lambda user: user, events=always(made(4)))  # changes nothing
    session = Session("1", "ada", 0, NOON, NOON, NOON, NOON, PHONE)
    commits.clear()
    sessions.add_for_login([], session, events=[made(5)])
    sessions.remove("1", events=[made(6)])
    assert len(commits) == 2
    assert [event.session_id for event in events.find(user_id="ada").items] == [
        f"session {number}" for number in (6, 5, 3, 1)
    ]


def test_of_simultaneous_changes_only_those_that_happened_are_events(store: Store, events: Events) -> None:
    users = Users(store, Recorder(90))
    users.add(User.new(now=NOON, id="ada", username=Username.parse("ada")))

    def count(number: int) -> User:
        return users.update("ada", lambda user: replace(user, session_epoch=user.session_epoch + 1), events=noted)

    def noted(before: User, after: User) -> list[Event]:
        return [PHONE.event(EventType.SESSIONS_ENDED, "ada", OPERATOR, NOON, epoch=after.session_epoch)]

    at_once(count, range(20))
    stored = users.get("ada")
    assert stored
    found = [event.data["epoch"] for event in events.find(user_id="ada").items]
    assert sorted(found) == [*range(1, stored.session_epoch + 1)]


def test_the_events_of_a_deleted_user_lose_what_is_personal_and_keep_their_ids(events: Events) -> None:
    stored = [replace(made(number), data={"name": "Ada's phone", "reason": "logout"}) for number in range(3)]
    for event in [*stored, made(9, "eve")]:
        events.add(event)
    for _ in range(2):
        events.delete_for_user("ada")
    found = events.find(user_id="ada").items
    assert [event.id for event in found] == [event.id for event in stored[::-1]]
    for event in found:
        assert (event.ip, event.user_agent, event.data, event.actor) == (None, None, {"reason": "logout"}, ADA)
    [other] = events.find(user_id="eve").items
    assert other.ip == PHONE.ip


def test_without_days_events_are_only_logged(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="portero.audit"):
        Users(store, Recorder(0)).add(User.new(now=NOON, id="ada"), events=[made(1)])
    Events(store, Recorder(0)).add(made(2))
    assert [record.message for record in caplog.records if record.name == "portero.audit"] == ["login-succeeded"]
    assert Events(store, Recorder(0)).find().items == []


@pytest.mark.parametrize("user_id", ["a\0b", "a/b", "..", "", "x" * 301])
def test_an_id_that_no_user_can_have_has_no_events(events: Events, user_id: str) -> None:
    assert events.find(user_id=user_id).items == []
