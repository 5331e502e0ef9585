"""Sessions, the same over every store, races included."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.errors import Invalid, NotFound
from src.domain.sessions import Client, Session
from src.domain.users import User
from src.domain.values import Username, new_id
from src.infrastructure.repositories.sessions import _AT_ONCE, Sessions, _fields
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.base import Insert, Key, Store, Write
from src.infrastructure.stores.schema import SESSIONS
from tests.contract.conftest import Wire
from tests.races import at_once, in_processes, meet

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


FULL = Session(
    id="full",
    user_id="eve",
    epoch=2**40,
    created_at=NOON.replace(microsecond=0),
    last_used_at=NOON.replace(microsecond=1),
    expires_at=NOON.replace(microsecond=2),
    ends_at=NOON.replace(microsecond=3),
    client=Client("Mozilla/5.0 😀", "2001:db8::1"),
    generation=2**41,
    current_hash="c" * 64,
    spent_hash="s" * 64,
    spent_at=NOON.replace(microsecond=4),
)


def used_once_more(session: Session) -> Session:
    return replace(session, generation=session.generation + 1)


def test_every_field_comes_back(sessions: Sessions) -> None:
    bare = new_session()
    same = [field.name for field in fields(Session) if getattr(FULL, field.name) == getattr(bare, field.name)]
    assert same == ["revision"], "nothing else may be left to a default"
    for session in (FULL, bare):
        stored = sessions.add(session)
        assert stored.revision
        assert stored == replace(session, revision=stored.revision)
        assert sessions.get(session.id) == stored
    changed = sessions.update(bare.id, lambda session: replace(FULL, id=session.id, revision=session.revision))
    assert sessions.get(bare.id) == changed == replace(FULL, id=bare.id, revision=changed.revision)


def test_with_its_user(sessions: Sessions, users: Users) -> None:
    ada = users.add(User.new(now=NOON, username=Username.parse("ada"), email=None))
    session = sessions.add(new_session(ada.id))
    assert sessions.with_user(session.id, ada.id) == (session, ada)
    assert sessions.with_user("absent", ada.id) == (None, ada)
    assert sessions.with_user(session.id, "absent") == (session, None)
    assert sessions.with_user(ada.id, session.id) == (None, None)


def test_with_its_user_is_one_round_trip(wire: Wire, firestore: Callable[[], Store]) -> None:
    store = firestore()
    Sessions(store).with_user("session", "user")
    assert wire.rpcs == ["BatchGetDocuments"]
    store.close()


class TestUpdate:
    def test_nobody_is_not_found(self, sessions: Sessions) -> None:
        with pytest.raises(NotFound):
            sessions.update("absent", used_once_more)

    def test_what_changes_nothing_writes_nothing(
        self, sessions: Sessions, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = sessions.add(new_session())

        def commit(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            pytest.fail("a commit of nothing")

        monkeypatch.setattr(store, "_commit", commit)
        assert sessions.update(session.id, lambda session: replace(session, ends_at=session.ends_at)) == session

    def test_what_the_change_raises_is_raised_and_nothing_is_written(self, sessions: Sessions) -> None:
        session = sessions.add(new_session())

        def refuse(session: Session) -> Session:
            raise Invalid

        with pytest.raises(Invalid):
            sessions.update(session.id, refuse)
        assert sessions.get(session.id) == session

    def test_a_session_that_ends_meanwhile_does_not_come_back(self, sessions: Sessions) -> None:
        session = sessions.add(new_session())

        def change(session: Session) -> Session:
            sessions.remove(session.id)
            return used_once_more(session)

        with pytest.raises(NotFound):
            sessions.update(session.id, change)
        assert sessions.get(session.id) is None

    def test_many_at_once_all_count(self, sessions: Sessions) -> None:
        session = sessions.add(new_session())
        outcomes = at_once(lambda _: sessions.update(session.id, used_once_more), range(20))
        revisions = {outcome.revision for outcome in outcomes if isinstance(outcome, Session)}
        assert len(revisions) == 20, outcomes
        stored = sessions.get(session.id)
        assert stored
        assert stored.generation == 20

    def test_many_from_processes_all_count(self, open_shared: Callable[[], Store]) -> None:
        store = open_shared()
        session = Sessions(store).add(new_session())
        assert in_processes(_use_at_once, [(open_shared, session.id)] * 2) == [[], []]
        stored = Sessions(store).get(session.id)
        assert stored
        assert stored.generation == 20
        store.close()


def _use_at_once(share: tuple[Callable[[], Store], str]) -> list[str]:
    """What went wrong, in a process of its own."""
    open_store, id = share
    store = open_store()
    sessions = Sessions(store)
    sessions.get(id)
    meet()
    outcomes = at_once(lambda _: sessions.update(id, used_once_more), range(10))
    store.close()
    return [repr(outcome) for outcome in outcomes if isinstance(outcome, Exception)]


def test_remove(sessions: Sessions) -> None:
    session, other = sessions.add(new_session()), sessions.add(new_session())
    for _ in range(2):
        sessions.remove(session.id)
        assert sessions.get(session.id) is None
    assert sessions.get(other.id) == other


def test_remove_every_one_of_a_user(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("src.infrastructure.repositories.sessions._AT_ONCE", 4)
    for _ in range(10):
        sessions.add(new_session("ada"))
    kept = sessions.add(new_session("eve"))
    for _ in range(2):
        sessions.remove_of("ada")
        assert sessions.of("ada").items == []
    assert sessions.of("eve").items == [kept]


def test_remove_more_than_a_batch_really_holds(sessions: Sessions, store: Store) -> None:
    fields = _fields(new_session())
    for batch in range(2):
        store.commit(*(Insert(Key(SESSIONS, f"{batch}-{at}"), fields) for at in range(_AT_ONCE)))
    sessions.remove_of("ada")
    assert sessions.of("ada").items == []


def test_those_of_a_user_the_newest_first_page_by_page(sessions: Sessions) -> None:
    second = timedelta(seconds=1)
    stored = [sessions.add(new_session("ada", NOON + at // 2 * second, f"id{at}")) for at in range(5)]
    sessions.add(new_session("eve"))
    newest = stored[::-1]
    assert sessions.of("ada").items == newest
    first = sessions.of("ada", limit=2)
    second_page = sessions.of("ada", first.next, limit=2)
    last = sessions.of("ada", second_page.next, limit=2)
    assert [first.items, second_page.items, last.items] == [newest[:2], newest[2:4], newest[4:]]
    assert last.next is None
    assert sessions.of("nobody").items == []
    with pytest.raises(Invalid):
        sessions.of("ada", "no cursor")
