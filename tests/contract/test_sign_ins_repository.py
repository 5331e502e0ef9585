"""The last sign-ins of users, the same over every store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.sign_ins import NEVER, LastSignIn, SignedIn, day_of
from src.domain.users import State, User
from src.domain.values import Page, Role, Username
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.sign_ins import SignIns, StoredLastSignInRepair
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Delete, Document, Key, Query, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import SIGN_INS
from tests.contract.documents import commit_all
from tests.contract.test_sessions_repository import new_session
from tests.support.races import at_once

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
TODAY = day_of(NOON)


@pytest.fixture
def sign_ins(store: Store) -> SignIns:
    return SignIns(store)


def added(users: Users, role: Role = Role.USER) -> User:
    name = None if role is Role.GUEST else Username.random()
    return users.add(User.new(now=NOON, username=name, email=None, role=role))


def log_in(sessions: Sessions, user: User, at: datetime) -> None:
    sessions.add_for_login([], new_session(user.id, at), last_sign_in=LastSignIn(user.id, day_of(at)))


def place(users: Users, store: Store, days_ago: int | None) -> User:
    """Return a new user who signed in last this number of days ago, or never."""
    user = added(users)
    if days_ago is not None:
        log_in(Sessions(store), user, NOON - timedelta(days=days_ago))
    return user


def repair(store: Store, users: Users) -> tuple[int, int]:
    """Return the numbers of records that a repair has stored and removed."""
    steps = [*StoredLastSignInRepair(store, users).run()]
    return sum(each.recorded for each in steps), sum(each.removed for each in steps)


def test_a_login_stores_its_day_and_leaves_the_user_as_it_was(store: Store, users: Users, sign_ins: SignIns) -> None:
    ada, sessions = added(users), Sessions(store)
    assert sign_ins.days([ada.id, "absent"]) == {}
    for at in (NOON - timedelta(days=2), NOON, NOON + timedelta(hours=1)):
        log_in(sessions, ada, at)
        assert sign_ins.days([ada.id, "absent"]) == {ada.id: day_of(at)}
    assert sign_ins.find(NEVER, NOON).items == [sign_ins.get(ada.id)]  # the index has no entries for earlier days
    assert users.get(ada.id) == ada


def test_a_process_writes_the_sign_in_of_a_user_once_a_day(store: Store, users: Users, sign_ins: SignIns) -> None:
    ada, ben, sessions = added(users), added(users), Sessions(store)
    log_in(sessions, ada, NOON)
    first = sign_ins.get(ada.id)
    log_in(sessions, ada, NOON + timedelta(hours=11))
    assert sign_ins.get(ada.id) == first
    log_in(sessions, ben, NOON)
    log_in(sessions, ada, NOON + timedelta(hours=12))
    assert sign_ins.days([ada.id, ben.id]) == {ada.id: TODAY + timedelta(days=1), ben.id: TODAY}
    log_in(Sessions(store), ben, NOON)  # the user logs in at another process
    assert sign_ins.days([ben.id]) == {ben.id: TODAY}


def test_simultaneous_logins_of_a_user_all_succeed(store: Store, users: Users, sign_ins: SignIns) -> None:
    ada = added(users)
    processes = [Sessions(store) for _ in range(5)]
    assert at_once(lambda process: log_in(process, ada, NOON), processes) == [None] * 5
    assert len(processes[0].list_for_user(ada.id).items) == 5
    assert sign_ins.find(TODAY, TODAY).items == [sign_ins.get(ada.id)]


def test_a_session_without_a_login_is_no_sign_in(store: Store, users: Users, sign_ins: SignIns) -> None:
    guest = added(users, Role.GUEST)
    Sessions(store).add_for_login([], new_session(guest.id))
    assert sign_ins.get(guest.id) is None


def test_each_period_finds_its_users_page_by_page(store: Store, users: Users, sign_ins: SignIns) -> None:
    people = {days: place(users, store, days).id for days in (0, 1, 2, 7, 8, 30, 31, 90, 91, 400, None)}
    expected: dict[SignedIn, list[int | None]] = {
        SignedIn.SINCE_YESTERDAY: [1, 0],
        SignedIn.LAST_7_DAYS: [7, 2, 1, 0],
        SignedIn.LAST_30_DAYS: [30, 8, 7, 2, 1, 0],
        SignedIn.NOT_FOR_90_DAYS: [400, 91],
        SignedIn.UNKNOWN: [None],
    }
    for period, days in expected.items():
        found: list[str] = []
        cursor: str | None = None
        while True:
            page = sign_ins.find(*period.bounds(NOON), cursor, 2)
            found += [each.id for each in page.items]
            if not (cursor := page.next):
                break
        assert found == [people[each] for each in days], period


def test_a_guest_who_becomes_a_user_counts_as_signed_in(store: Store, users: Users, sign_ins: SignIns) -> None:
    guest = added(users, Role.GUEST)
    assert sign_ins.get(guest.id) is None
    users.update(guest.id, lambda stored: replace(stored, role=Role.USER, updated_at=NOON))
    assert sign_ins.days([guest.id]) == {guest.id: TODAY}


def test_a_record_without_a_user_does_not_refuse_a_new_user_with_its_id(
    store: Store, users: Users, sign_ins: SignIns
) -> None:
    added_one, imported, other = (User.new(now=NOON, username=Username.random()) for _ in range(3))
    commit_all(store, *(sign_ins.write_day(user.id, NOON) for user in (added_one, imported)))
    users.add(added_one)
    assert users.add_all([imported, other]) == set()
    assert all(users.get_many(added_one.id, imported.id, other.id))
    assert sign_ins.days([added_one.id, imported.id, other.id]) == {}


def test_a_service_and_a_deleted_user_have_none(users: Users, sign_ins: SignIns) -> None:
    service = users.add(User.new(now=NOON, username=None, email=None))
    sign_ins.delete_for_user(service.id)
    users.update(service.id, lambda stored: stored.tombstone(NOON))
    other = users.add_with(replace(User.new(now=NOON, username=None, email=None), state=State.SERVICE))
    assert sign_ins.get_many(service.id, other.id) == [None, None]


def test_users_of_an_earlier_version_get_the_day_of_their_newest_session(
    store: Store, users: Users, sign_ins: SignIns
) -> None:
    """The others are found as users without a known sign-in. Stored sign-ins are not changed."""
    with_session, without, known, guest = added(users), added(users), added(users), added(users, Role.GUEST)
    deleted = users.update(added(users).id, lambda stored: stored.tombstone(NOON))
    for session in (new_session(with_session.id, NOON - timedelta(days=each)) for each in (9, 3, 5)):
        Sessions(store).add_for_login((), session)
    log_in(Sessions(store), known, NOON)
    commit_all(store, *(Delete(Key(SIGN_INS, each.id)) for each in (with_session, without, deleted)))
    assert sign_ins.find(NEVER, NOON).items == [sign_ins.get(known.id)]
    assert repair(store, users) == (2, 0)
    assert sign_ins.days([with_session.id, known.id]) == {
        with_session.id: TODAY - timedelta(days=3),
        known.id: TODAY,
    }
    assert [each.id for each in sign_ins.find(NEVER, NEVER).items] == [without.id]
    assert sign_ins.get_many(guest.id, deleted.id) == [None, None]
    assert repair(store, users) == (0, 0)


def test_records_that_nobody_keeps_are_removed(store: Store, users: Users, sign_ins: SignIns) -> None:
    kept, guest = added(users), added(users, Role.GUEST)
    deleted = users.update(added(users).id, lambda stored: stored.tombstone(NOON))
    commit_all(store, *(sign_ins.write_day(id, NOON) for id in ("gone", guest.id, deleted.id)))
    assert repair(store, users) == (0, 3)
    assert sign_ins.find(NEVER, NOON).items == [sign_ins.get(kept.id)]


def test_the_records_of_a_page_are_committed_together_unless_one_is_refused(
    store: Store, users: Users, sign_ins: SignIns, commits: list[list[Write]], monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [added(users) for _ in range(3)]
    ids, keys = [each.id for each in people], [Key(SIGN_INS, each.id) for each in people]
    commit_all(store, *map(Delete, keys))
    commits.clear()
    assert repair(store, users) == (3, 0)
    assert [len(writes) for writes in commits] == [3]
    commit_all(store, *map(Delete, keys))
    find = store.find

    def find_during_a_login(query: Query) -> Page[Document]:
        store.commit(sign_ins.write_day(ids[0], NOON))
        return find(query)

    monkeypatch.setattr(store, "find", find_during_a_login)
    assert repair(store, users) == (2, 0)
    monkeypatch.undo()
    assert sign_ins.days(ids) == {ids[0]: TODAY}
    assert None not in sign_ins.get_many(*ids)
