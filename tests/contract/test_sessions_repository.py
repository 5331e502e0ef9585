"""Sessions, the same over every store, races included."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from src.application.limits import Count, Limit
from src.domain.errors import NotFound, TooManyRequests
from src.domain.sessions import Client, Session
from src.domain.users import User
from src.domain.values import Username, new_id
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Insert, Key, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import SESSIONS
from tests.contract.conftest import Wire
from tests.contract.documents import commit_all
from tests.support.races import at_once, in_processes, meet

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)


def new_session(user_id: str = "ada", created_at: datetime = NOON, id: str | None = None) -> Session:
    return Session(
        id=id or new_id(),
        user_id=user_id,
        epoch=0,
        created_at=created_at,
        last_used_at=created_at,
        expires_at=NOON + timedelta(days=30),
        ends_at=NOON + timedelta(days=90),
        client=Client(),
    )


def add_session(sessions: Sessions, session: Session) -> Session:
    """Store a new session, and return it as it is read back."""
    sessions.add_for_login([], session)
    found = sessions.get(session.id)
    assert found
    return found


def test_the_commit_of_a_session_gives_back_the_attempts_that_led_to_it(sessions: Sessions, store: Store) -> None:
    limiter = StoreLimiter(store, lambda: NOON)
    counts = Count(Limit("name", 2, 60, remembered=0), "anna"), Count(Limit("account", 2, 60, remembered=0), "anna")
    for _ in range(5):
        session = new_session()
        assert list(sessions.add_for_login(limiter.hit(*counts), session)) == []
        assert sessions.get(session.id)


def test_attempts_that_another_one_follows_are_returned_and_the_session_is_stored(
    sessions: Sessions, store: Store
) -> None:
    limiter, count = StoreLimiter(store, lambda: NOON), Count(Limit("name", 2, 60, remembered=0), "anna")
    attempts, session = limiter.hit(count), new_session()
    limiter.hit(count)
    assert sessions.add_for_login(attempts, session) == attempts
    assert sessions.get(session.id)
    limiter.give_back(attempts)
    limiter.hit(count)
    with pytest.raises(TooManyRequests):
        limiter.hit(count)


def used_once_more(session: Session, _: User) -> Session:
    return replace(session, generation=session.generation + 1)


def test_a_session_is_read_with_its_user(sessions: Sessions, users: Users) -> None:
    ada = users.add(User.new(now=NOON, username=Username.parse("ada"), email=None))
    session = add_session(sessions, new_session(ada.id))
    assert sessions.with_user(session.id, ada.id) == (session, ada)
    assert sessions.with_user("absent", ada.id) == (None, ada)
    assert sessions.with_user(session.id, "absent") == (session, None)
    assert sessions.with_user(ada.id, session.id) == (None, None)


def test_a_session_is_changed_with_its_user_in_view(sessions: Sessions, users: Users) -> None:
    ada = users.add(User.new(now=NOON, username=Username.parse("ada"), email=None))
    session = add_session(sessions, new_session(ada.id))
    changed, user = sessions.update_with_user(
        session, ada, lambda session, user: replace(session, client=Client(user.id))
    )
    assert (changed.client.user_agent, user) == (ada.id, ada)
    assert sessions.get(session.id) == changed
    assert sessions.update_with_user(changed, ada, lambda session, _: session) == (changed, ada)
    for absent in ((replace(session, id="absent"), ada), (session, replace(ada, id="absent"))):
        with pytest.raises(NotFound):  # `session` has been changed, so that both are read again
            sessions.update_with_user(*absent, used_once_more)
    assert sessions.get(session.id) == changed
    again, _ = sessions.update_with_user(session, ada, used_once_more)
    assert (again.client, again.generation) == (changed.client, changed.generation + 1), "it was read again"


def test_reading_a_session_with_its_user_is_one_round_trip(wire: Wire, firestore: Callable[[], Store]) -> None:
    store = firestore()
    Sessions(store).with_user("session", "user")
    assert wire.rpcs == ["BatchGetDocuments"]
    store.close()


def test_uses_recorded_by_several_processes_all_count(open_shared: Callable[[], Store]) -> None:
    store = open_shared()
    ada = Users(store).add(User.new(now=NOON, username=Username.parse("ada"), email=None))
    session = add_session(Sessions(store), new_session(ada.id))
    assert in_processes(_use_at_once, [(open_shared, session.id, ada.id)] * 2) == [[], []]
    stored = Sessions(store).get(session.id)
    assert stored
    assert stored.generation == 20
    store.close()


def _use_at_once(share: tuple[Callable[[], Store], str, str]) -> list[str]:
    """Change a session ten times at once in a process of its own, and return the errors."""
    open_store, id, user_id = share
    store = open_store()
    sessions = Sessions(store)
    session, user = sessions.with_user(id, user_id)
    assert session
    assert user
    meet()
    outcomes = at_once(lambda _: sessions.update_with_user(session, user, used_once_more), range(10))
    store.close()
    return [repr(outcome) for outcome in outcomes if isinstance(outcome, Exception)]


def test_more_sessions_than_a_commit_takes_are_removed(
    sessions: Sessions, store: Store, commits: list[list[Write]]
) -> None:
    fields = sessions.write(new_session()).fields
    commit_all(store, *(Insert(Key(SESSIONS, f"{at}"), fields) for at in range(2 * min(200, store.commit_writes) + 1)))
    commits.clear()
    sessions.delete_for_user("ada")
    assert sessions.list_for_user("ada").items == []
    assert len(commits) >= 3
    assert max(map(len, commits)) <= store.commit_writes
