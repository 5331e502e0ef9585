"""Simultaneous changes of users, by threads and by processes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from src.domain.errors import Taken
from src.domain.users import State, User
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.portable import Store
from tests.contract.accounts import (
    LATER,
    assert_claims_agree,
    assert_one_rules,
    demote,
    new_admin,
    new_user,
    rename,
    username_claim,
    winners,
)
from tests.support.races import at_once, in_processes, meet, spellings


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Make threads switch a thousand times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 1000)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("eager_threads")
class TestThreads:
    def test_of_50_registrations_of_one_username_one_succeeds(self, users: Users) -> None:
        contenders = [new_user(spelling, f"user{number}@example.com") for number, spelling in enumerate(spellings(50))]
        [winner] = winners(at_once(users.add, contenders), "username")
        assert users.get(winner.id) == winner
        assert_claims_agree(
            users, (user.id for user in contenders), {claim for user in contenders for claim in user.claims}
        )

    def test_of_50_registrations_of_one_address_one_succeeds(self, users: Users) -> None:
        addresses = [f"{spelling}@example.com" for spelling in spellings(50)]
        contenders = [new_user(f"user{number}", address) for number, address in enumerate(addresses)]
        [winner] = winners(at_once(users.add, contenders), "email")
        assert users.get(winner.id) == winner
        assert_claims_agree(
            users, (user.id for user in contenders), {claim for user in contenders for claim in user.claims}
        )

    def test_of_20_renames_to_one_name_one_succeeds(self, users: Users) -> None:
        stored = [users.add(new_user(f"user{number}")) for number in range(20)]
        outcomes = at_once(
            lambda way: users.update(way[0].id, rename(way[1])), list(zip(stored, spellings(20), strict=True))
        )
        [winner] = winners(outcomes, "username")
        assert users.by_claim(username_claim(spellings(1)[0])) == winner
        assert_claims_agree(users, (user.id for user in stored), {claim for user in stored for claim in user.claims})

    def test_crossing_renames_keep_every_name_consistent(self, users: Users) -> None:
        """Every user takes the name of the next one, again and again: no name is lost, and none is held twice."""
        circle = ["ada", "bob", "cat", "dan", "free"]
        stored = [users.add(new_user(name)) for name in circle[:-1]]

        def chase(user: User) -> None:
            for name in circle * 3:
                with suppress(Taken):
                    users.update(user.id, rename(name))

        assert at_once(chase, stored) == [None] * len(stored)
        ids = [user.id for user in stored]
        after = [user.username.key for id in ids if (user := users.get(id)) and user.username]
        assert len(set(after)) == len(stored)
        assert set(after) < set(circle)
        assert_claims_agree(users, ids, map(username_claim, circle))

    def test_two_names_cannot_be_swapped_simultaneously(self, users: Users) -> None:
        ada, bob = users.add(new_user("ada")), users.add(new_user("bob"))
        outcomes = at_once(lambda way: users.update(way[0].id, rename(way[1])), [(ada, "bob"), (bob, "ada")])
        assert winners(outcomes, "username") == []
        assert (users.by_claim(username_claim("ada")), users.by_claim(username_claim("bob"))) == (ada, bob)

    def test_a_hundred_simultaneous_changes_of_one_user_all_count(self, users: Users) -> None:
        ada = users.add(new_user("ada"))

        def count(_: int) -> list[str]:
            return [
                users.update(ada.id, lambda user: replace(user, session_epoch=user.session_epoch + 1)).revision
                for _ in range(5)
            ]

        outcomes = at_once(count, range(20))
        revisions = [revision for outcome in outcomes if isinstance(outcome, list) for revision in outcome]
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        assert len(set(revisions)) == 100
        stored = users.get(ada.id)
        assert stored
        assert stored.session_epoch == 100

    def test_a_user_deleted_during_a_rename_holds_no_name(self, users: Users) -> None:
        """Whichever change is first, the deleted account holds no name in the end."""
        for number in range(5):
            ada = users.add(new_user(f"ada{number}", f"ada{number}@example.com"))
            changes = [rename(f"eve{number}"), lambda user: user.tombstone(LATER), rename(f"bob{number}")]

            def guarded(change: Callable[[User], User], id: str = ada.id) -> User:
                return users.update(id, lambda user: change(user) if user.state is State.ACTIVE else user)

            outcomes = at_once(guarded, changes)
            assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
            claims = {*ada.claims, username_claim(f"eve{number}"), username_claim(f"bob{number}")}
            assert_claims_agree(users, [ada.id], claims)


def add_at_once(share: tuple[Callable[[], Store], list[User]]) -> list[str]:
    """Add users simultaneously; return each outcome as a text. Runs in a separate process."""
    open_store, contenders = share
    store = open_store()
    users = Users(store)
    users.get("connect before the race begins")
    meet()
    outcomes = at_once(users.add, contenders)
    store.close()
    return [_in_words(outcome) for outcome in outcomes]


def count_at_once(share: tuple[Callable[[], Store], str]) -> list[str]:
    """Change one user ten times in each of four threads. Runs in a separate process."""
    open_store, id = share
    store = open_store()
    users = Users(store)
    users.get(id)
    meet()

    def count(_: int) -> User:
        for _ in range(10):
            user = users.update(id, lambda user: replace(user, session_epoch=user.session_epoch + 1))
        return user

    outcomes = at_once(count, range(4))
    store.close()
    return [_in_words(outcome) for outcome in outcomes]


def demote_at_once(share: tuple[Callable[[], Store], str]) -> User | Exception:
    """Demote an admin. Runs in a separate process."""
    open_store, id = share
    store = open_store()
    users = Users(store)
    users.get(id)
    meet()
    [outcome] = at_once(lambda id: users.update(id, demote), [id])
    store.close()
    return outcome


def _in_words(outcome: User | Exception) -> str:
    match outcome:
        case User(id=id):
            return id
        case Taken(fields=fields):
            return f"taken: {', '.join(fields)}"
        case _:
            return repr(outcome)


class TestProcesses:
    def test_of_50_registrations_of_one_username_one_succeeds(self, open_shared: Callable[[], Store]) -> None:
        contenders = [new_user(spelling, f"user{number}@example.com") for number, spelling in enumerate(spellings(51))]
        shares = [(open_shared, contenders[first::3]) for first in range(3)]

        outcomes = [outcome for process in in_processes(add_at_once, shares) for outcome in process]

        assert outcomes.count("taken: username") == 50
        store = open_shared()
        users = Users(store)
        holder = users.by_claim(username_claim(spellings(1)[0]))
        assert holder
        assert holder.id in outcomes
        assert_claims_agree(
            users, (user.id for user in contenders), {claim for user in contenders for claim in user.claims}
        )
        store.close()

    def test_changes_of_one_user_by_several_processes_all_count(self, open_shared: Callable[[], Store]) -> None:
        store = open_shared()
        users = Users(store)
        ada = users.add(new_user("ada"))
        outcomes = in_processes(count_at_once, [(open_shared, ada.id)] * 2)
        assert outcomes == [[ada.id] * 4] * 2
        stored = users.get(ada.id)
        assert stored
        assert stored.session_epoch == 80
        store.close()

    def test_of_two_admins_demoted_simultaneously_one_remains(self, open_shared: Callable[[], Store]) -> None:
        store = open_shared()
        users = Users(store)
        stored = [users.add(new_admin(name)).id for name in ("ada", "bob")]
        outcomes = in_processes(demote_at_once, [(open_shared, id) for id in stored])
        assert_one_rules(users, stored, outcomes)
        store.close()
