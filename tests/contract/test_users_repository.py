"""Users and their claims, the same over every store, races included."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.errors import InvalidCursor, LastAdmin, NotFound, Stale, Taken
from src.domain.users import Claim, ProfileChange, State, User
from src.domain.values import Email, Page, Role, Username
from src.infrastructure.repositories import conflicts
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.base import Document, Key, Store, Write
from tests.support.races import at_once, in_processes, meet, spellings

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def new_user(username: str | None = None, email: str | None = None, id: str | None = None) -> User:
    name = Username.parse(username) if username else Username.random()
    return User.new(now=NOON, username=name, email=Email(email) if email else None, id=id)


def username_claim(text: str) -> Claim:
    return Claim("username", Username.parse(text).key)


def email_claim(address: str) -> Claim:
    return Claim("email", Email(address).key)


def profile(change: ProfileChange) -> Callable[[User], User]:
    return lambda user: user.changed(change, LATER)


def rename(username: str) -> Callable[[User], User]:
    return profile({"username": Username.parse(username)})


FULL = User(
    id="full",
    username=Username.parse("A\u030ada"),
    email=Email("Ada@Example.com"),
    created_at=NOON - timedelta(days=1),
    updated_at=LATER,
    email_verified=True,
    name="Ada 😀",
    last_name="",
    role=Role.ADMIN,
    disabled=True,
    password_hash="$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
    state=State.DELETING,
    session_epoch=2**40,
    kept_session="f" * 32,
    sessions_ended_at=NOON.replace(microsecond=1),
    expires_at=NOON.replace(microsecond=2),
    reserved=(Claim("email", "new@example.com"), Claim("username", "ada2")),
    reconcile_since=NOON.replace(microsecond=0),
)


def assert_claims_agree(users: Users, ids: Iterable[str], claims: Iterable[Claim]) -> None:
    """Each of ``claims`` is held by exactly the one user who says so, or by nobody and can be taken."""
    held = [(claim, user.id) for id in ids if (user := users.get(id)) for claim in user.claims]
    holders = dict(held)
    assert len(holders) == len(held), "two users hold the same name"
    for claim in {*claims, *holders}:
        holder = users.by_claim(claim)
        assert (holder.id if holder else None) == holders.get(claim)
        if holder is None:
            users.add(replace(new_user(), reserved=(claim,)))


class TestAdd:
    def test_every_field_comes_back(self, users: Users) -> None:
        fresh = new_user("nobody")
        same = [field.name for field in fields(User) if getattr(FULL, field.name) == getattr(fresh, field.name)]
        assert same == ["revision"], "nothing else may be left to a default"
        for user in (FULL, fresh):
            stored = users.add(user)
            assert stored.revision
            assert stored == replace(user, revision=stored.revision)
            assert users.get(user.id) == stored

    @pytest.mark.parametrize(
        ("username", "email", "id", "taken"),
        [
            ("ADA", "new@example.com", "new", ("username",)),
            ("new", "ADA@example.COM", "new", ("email",)),
            ("Ada", "ada@example.com", "new", ("username", "email")),
            ("new", "new@example.com", "ada", ("id",)),
            ("ada", None, "new", ("username",)),
        ],
    )
    def test_exactly_the_fields_that_are_taken(
        self, users: Users, username: str, email: str | None, id: str, taken: tuple[str, ...]
    ) -> None:
        ada = users.add(new_user("ada", "ada@example.com", "ada"))
        with pytest.raises(Taken) as refused:
            users.add(new_user(username, email, id))
        assert refused.value.fields == taken
        assert users.get("ada") == ada
        assert users.get("new") is None
        assert_claims_agree(users, ["ada"], [username_claim("new"), email_claim("new@example.com")])

    def test_a_username_is_no_address(self, users: Users) -> None:
        """The same text may be a name of either kind."""
        users.add(replace(new_user(), reserved=(Claim("username", "same"),)))
        users.add(replace(new_user(), reserved=(Claim("email", "same"),)))

    def test_many_users_without_an_address(self, users: Users) -> None:
        for name in ("one", "two"):
            assert users.add(new_user(name)).email is None

    def test_a_reserved_name_is_taken(self, users: Users) -> None:
        users.add(replace(new_user("ada"), reserved=(email_claim("new@example.com"),)))
        with pytest.raises(Taken) as refused:
            users.add(new_user("eve", "new@example.com"))
        assert refused.value.fields == ("email",)


class TestByClaim:
    def test_who_holds_the_name(self, users: Users) -> None:
        ada = users.add(new_user("Ada", "Ada@example.com"))
        users.add(new_user("Bob", "bob@example.com"))
        assert users.by_claim(username_claim("aDA")) == ada
        assert users.by_claim(email_claim("ADA@EXAMPLE.COM")) == ada
        assert users.by_claim(username_claim("eve")) is None
        assert users.by_claim(Claim("email", "ada")) is None

    def test_never_who_held_it(self, users: Users, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """It takes two reads: a user who is renamed between them does not hold the name any more."""
        ada = users.add(new_user("ada"))
        read = store.get

        def get(*keys: Key) -> list[Document | None]:
            found = read(*keys)
            monkeypatch.setattr(store, "get", read)
            users.update(ada.id, rename("eve"))
            return found

        monkeypatch.setattr(store, "get", get)
        assert users.by_claim(username_claim("ada")) is None
        found = users.by_claim(username_claim("eve"))
        assert found
        assert found.id == ada.id


class TestUpdate:
    def test_all_of_the_change(self, users: Users) -> None:
        users.add(new_user("nobody", id="full"))
        changed = users.update("full", lambda user: replace(FULL, revision=user.revision))
        assert changed == replace(FULL, revision=changed.revision)
        assert users.get("full") == changed
        back = users.update("full", lambda user: replace(new_user("nobody", id="full"), revision=user.revision))
        assert users.get("full") == back
        assert_claims_agree(users, ["full"], [*FULL.claims, username_claim("nobody")])

    def test_a_rename_swaps_the_claims(self, users: Users) -> None:
        ada = users.add(new_user("ada", "ada@example.com"))
        renamed = users.update(ada.id, rename("Eve"))
        assert renamed.revision != ada.revision
        assert users.get(ada.id) == renamed
        assert users.by_claim(username_claim("eve")) == renamed
        assert users.by_claim(email_claim("ada@example.com")) == renamed
        assert users.by_claim(username_claim("ada")) is None

        users.add(new_user("ada"))
        with pytest.raises(Taken):
            users.add(new_user("eve"))

    def test_another_spelling_of_the_same_name(self, users: Users) -> None:
        ada = users.add(new_user("ada", "ada@example.com"))
        respelled = users.update(
            ada.id, lambda user: replace(user, username=Username.parse("ADA"), email=Email("A@B.c"))
        )
        respelled = users.update(ada.id, lambda user: replace(user, email=Email("a@b.C")))
        assert users.by_claim(username_claim("ada")) == respelled
        assert users.by_claim(email_claim("A@B.C")) == respelled
        assert (respelled.username, respelled.email) == (Username("ADA", "ada"), Email("a@b.C"))

    def test_an_address_can_go_and_come(self, users: Users) -> None:
        ada = users.add(new_user("ada", "ada@example.com"))
        users.update(ada.id, lambda user: replace(user, email=None))
        eve = users.add(new_user("eve", "ada@example.com"))
        users.update(eve.id, lambda user: replace(user, email=None))
        users.update(ada.id, lambda user: replace(user, email=Email("ada@example.com")))
        assert_claims_agree(users, [ada.id, eve.id], [])

    def test_taken_names_the_fields_and_changes_nothing(self, users: Users) -> None:
        users.add(new_user("ada", "ada@example.com"))
        eve = users.add(new_user("eve", "eve@example.com"))
        changes: list[tuple[ProfileChange, tuple[str, ...]]] = [
            ({"username": Username.parse("ADA"), "email": Email("new@example.com")}, ("username",)),
            ({"username": Username.parse("new"), "email": Email("ADA@example.com")}, ("email",)),
            ({"username": Username.parse("ada"), "email": Email("ada@example.com")}, ("username", "email")),
        ]
        for change, taken in changes:
            with pytest.raises(Taken) as refused:
                users.update(eve.id, profile(change))
            assert refused.value.fields == taken
            assert users.get(eve.id) == eve
        assert_claims_agree(users, [eve.id], [*eve.claims, username_claim("new"), email_claim("new@example.com")])

    def test_nobody_is_not_found(self, users: Users) -> None:
        with pytest.raises(NotFound):
            users.update("nobody", lambda user: user)

    def test_only_at_the_revisions_given(self, users: Users) -> None:
        first = users.add(new_user("ada"))
        second = users.update(first.id, rename("eve"), revisions=["other", first.revision])
        refused: list[Collection[str]] = [[first.revision], [], ["other"]]
        for revisions in refused:
            with pytest.raises(Stale):
                users.update(first.id, rename("bob"), revisions=revisions)
        assert users.get(first.id) == second
        assert users.by_claim(username_claim("bob")) is None
        users.update(first.id, rename("bob"), revisions={second.revision})

    def test_a_change_that_meets_another_one_is_stale_when_a_revision_was_demanded(self, users: Users) -> None:
        ada = users.add(new_user("ada"))

        def change(user: User) -> User:
            if user.name is None:
                users.update(ada.id, lambda user: replace(user, name="first"))
            return replace(user, last_name="second")

        with pytest.raises(Stale):
            users.update(ada.id, change, revisions=[ada.revision])
        stored = users.get(ada.id)
        assert stored
        assert (stored.name, stored.last_name) == ("first", None)

    def test_a_change_that_meets_another_one_is_made_on_top_of_it(self, users: Users) -> None:
        ada = users.add(new_user("ada"))

        def change(user: User) -> User:
            if user.name is None:
                users.update(ada.id, lambda user: replace(user, name="first"))
            return replace(user, last_name="second")

        changed = users.update(ada.id, change)
        assert (changed.name, changed.last_name) == ("first", "second")
        assert users.get(ada.id) == changed

    def test_what_changes_nothing_writes_nothing(
        self, users: Users, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = users.add(new_user("ada"))

        def commit(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            pytest.fail("a commit of nothing")

        monkeypatch.setattr(store, "_commit", commit)
        assert users.update(ada.id, lambda user: replace(user, name=None)) == ada

    def test_what_the_change_raises_is_raised_and_nothing_is_written(self, users: Users) -> None:
        ada = users.add(new_user("ada"))

        def refuse(user: User) -> User:
            raise InvalidCursor

        with pytest.raises(InvalidCursor):
            users.update(ada.id, refuse)
        assert users.get(ada.id) == ada

    def test_a_buried_user_frees_its_names_and_keeps_its_id(self, users: Users) -> None:
        ada = users.add(replace(new_user("ada", "ada@example.com"), reserved=(email_claim("new@example.com"),)))
        buried = users.update(ada.id, lambda user: user.tombstone(LATER))
        assert users.get(ada.id) == buried == replace(ada.tombstone(LATER), revision=buried.revision)
        assert_claims_agree(users, [ada.id], ada.claims)
        with pytest.raises(Taken) as refused:
            users.add(replace(new_user(), id=ada.id))
        assert refused.value.fields == ("id",)


def names(page: Page[User]) -> list[str | None]:
    return [user.username.display if user.username else None for user in page.items]


class TestFind:
    def test_active_users_by_username(self, users: Users) -> None:
        for name, state, role in [
            ("bob", State.ACTIVE, Role.USER),
            ("Ada", State.ACTIVE, Role.ADMIN),
            ("eve", State.PENDING, Role.ADMIN),
            ("Dan", State.DELETING, Role.USER),
            ("CAT", State.ACTIVE, Role.ADMIN),
        ]:
            users.add(replace(new_user(name), state=state, role=role, disabled=name == "bob"))
        users.add(new_user("gone").tombstone(NOON))
        assert names(users.find()) == ["Ada", "bob", "CAT"]
        assert names(users.find(role=Role.ADMIN)) == ["Ada", "CAT"]
        assert names(users.find(role=Role.USER)) == ["bob"]

    def test_page_by_page(self, users: Users) -> None:
        stored = [users.add(new_user(f"user{number}")) for number in range(5)]
        first = users.find(limit=2)
        second = users.find(limit=2, cursor=first.next)
        third = users.find(limit=2, cursor=second.next)
        assert [*first.items, *second.items, *third.items] == stored
        assert third.next is None
        with pytest.raises(InvalidCursor):
            users.find(cursor="no cursor")

    def test_unsettled_users_the_oldest_first(self, users: Users) -> None:
        for name, since in [("two", NOON), ("one", NOON - timedelta(days=1)), ("three", LATER), ("none", None)]:
            users.add(replace(new_user(name), reconcile_since=since, state=State.PENDING))
        assert names(users.to_reconcile(NOON)) == ["one", "two"]
        assert names(users.to_reconcile(LATER)) == ["one", "two", "three"]
        assert names(users.to_reconcile(LATER, limit=1)) == ["one"]


def new_guest(expires_at: datetime) -> User:
    guest = User.new(now=NOON, username=None, email=None, role=Role.GUEST)
    return replace(guest, expires_at=expires_at)


class TestGuests:
    def test_whose_time_is_over_the_first_first(self, users: Users) -> None:
        tick = timedelta(microseconds=1)
        late, due, early = (users.add(new_guest(time)) for time in (NOON + tick, NOON, NOON - tick))
        users.add(new_user("ada"))
        assert users.expired(NOON).items == [early, due]
        assert users.expired(NOON, limit=1).items == [early]
        assert users.expired(NOON + tick).items == [early, due, late]

    def test_who_registers_does_not_expire(self, users: Users) -> None:
        guest = users.add(new_guest(NOON))
        named = Username.parse("ada")
        users.update(guest.id, lambda user: replace(user, username=named, role=Role.USER, expires_at=None))
        assert users.expired(NOON).items == []

    def test_removed_at_the_revision_given_only(self, users: Users) -> None:
        guest = users.add(new_guest(NOON))
        changed = users.update(guest.id, lambda user: replace(user, name="Ada"))
        assert not users.remove(guest)
        assert users.get(guest.id) == changed
        assert users.remove(changed)
        assert users.get(guest.id) is None
        assert not users.remove(changed)

    def test_one_who_registers_while_it_is_purged_is_one_or_the_other(self, users: Users) -> None:
        for number in range(5):
            guest = users.add(new_guest(NOON))
            named = Username.parse(f"ada{number}")

            def register(guest: User = guest, named: Username = named) -> object:
                return users.update(guest.id, lambda user: replace(user, username=named, expires_at=None))

            def purge(guest: User = guest) -> object:
                return users.remove(guest)

            registered, purged = at_once(lambda act: act(), [register, purge])
            assert isinstance(registered, NotFound) if purged else users.get(guest.id) == registered
            assert_claims_agree(users, [guest.id], [Claim("username", named.key)])


def new_admin(name: str, id: str | None = None) -> User:
    return replace(new_user(name, f"{name}@example.com", id), role=Role.ADMIN)


def demote(user: User) -> User:
    return replace(user, role=Role.USER)


def disable(user: User) -> User:
    return user.changed({"disabled": True}, LATER)


OUSTINGS = [
    pytest.param(demote, id="demoted"),
    pytest.param(disable, id="disabled"),
    pytest.param(lambda user: user.tombstone(LATER), id="buried"),
    pytest.param(lambda user: replace(user, state=State.DELETING), id="being deleted"),
]


class TestAdmins:
    """There is always an admin who can log in, once there was one."""

    def test_nobody_rules_at_first(self, users: Users) -> None:
        assert not users.has_admin()
        users.add(new_user("ada"))
        users.add(replace(new_admin("bob"), disabled=True))
        users.add(replace(new_admin("cat"), state=State.PENDING))
        assert not users.has_admin()

    def test_who_rules_from_the_start(self, users: Users) -> None:
        users.add(new_admin("ada"))
        assert users.has_admin()

    @pytest.mark.parametrize("oust", OUSTINGS)
    def test_the_last_one_stays(self, users: Users, oust: Callable[[User], User]) -> None:
        ada = users.add(new_admin("ada"))
        with pytest.raises(LastAdmin):
            users.update(ada.id, oust)
        assert users.get(ada.id) == ada
        assert_claims_agree(users, [ada.id], ada.claims)
        users.update(ada.id, rename("eve"))  # anything else may change

        users.add(new_admin("bob"))
        users.update(ada.id, oust)
        assert users.has_admin()

    def test_who_does_not_rule_does_not_count(self, users: Users) -> None:
        ada = users.add(new_admin("ada"))
        users.add(replace(new_admin("bob"), disabled=True))
        users.add(new_user("cat"))
        with pytest.raises(LastAdmin):
            users.update(ada.id, demote)

    def test_who_becomes_one_counts(self, users: Users) -> None:
        ada = users.add(new_admin("ada"))
        bob = users.add(new_user("bob"))
        cat = users.add(replace(new_admin("cat"), disabled=True))
        users.update(bob.id, lambda user: replace(user, role=Role.ADMIN))
        users.update(ada.id, demote)
        users.update(cat.id, lambda user: replace(user, disabled=False))
        users.update(bob.id, disable)
        with pytest.raises(LastAdmin):
            users.update(cat.id, demote)

    def test_one_whose_account_becomes_active_counts(self, users: Users) -> None:
        ada = users.add(replace(new_admin("ada"), state=State.PENDING))
        users.update(ada.id, lambda user: replace(user, state=State.ACTIVE))
        assert users.has_admin()

    def test_ten_made_at_once_all_count(self, users: Users) -> None:
        admins = at_once(users.add, [new_admin(f"admin{number}") for number in range(10)])
        made = [admin for admin in admins if isinstance(admin, User)]
        assert len(made) == 10, admins
        for admin in made[:-1]:
            users.update(admin.id, demote)
        with pytest.raises(LastAdmin):
            users.update(made[-1].id, demote)

    @pytest.mark.parametrize("others", [True, False])
    def test_several_with_one_address_make_one(self, users: Users, others: bool) -> None:
        """And the others are told what is taken, which the roster never is."""
        if others:
            users.add(new_admin("root"))
        address = Email("ada@example.com")
        contenders = [replace(new_admin(f"admin{number}"), email=address) for number in range(10)]
        [winner] = winners(at_once(users.add, contenders), "email")
        assert users.by_claim(email_claim("ada@example.com")) == winner

    @pytest.mark.parametrize("oust", OUSTINGS)
    def test_two_ousted_at_once(self, users: Users, oust: Callable[[User], User]) -> None:
        stored = [users.add(new_admin(name)) for name in ("ada", "bob")]
        outcomes = at_once(lambda user: users.update(user.id, oust), stored)
        assert_one_rules(users, [user.id for user in stored], outcomes)


def assert_one_rules(users: Users, ids: Iterable[str], outcomes: Sequence[object]) -> None:
    [refused] = [outcome for outcome in outcomes if not isinstance(outcome, User)]
    assert isinstance(refused, LastAdmin)
    assert [user.is_active_admin for id in ids if (user := users.get(id))].count(True) == 1
    assert users.has_admin()


def winners(outcomes: Iterable[User | Exception], *fields: str) -> list[User]:
    """Those who won; every other one must have been told that exactly ``fields`` are taken."""
    won = []
    for outcome in outcomes:
        if isinstance(outcome, User):
            won.append(outcome)
        else:
            assert isinstance(outcome, Taken), repr(outcome)
            assert outcome.fields == fields
    return won


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads that take turns a thousand times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 1000)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("eager_threads")
class TestThreads:
    def test_fifty_spellings_of_one_username(self, users: Users) -> None:
        contenders = [new_user(spelling, f"user{number}@example.com") for number, spelling in enumerate(spellings(50))]
        [winner] = winners(at_once(users.add, contenders), "username")
        assert users.get(winner.id) == winner
        assert_claims_agree(
            users, (user.id for user in contenders), {claim for user in contenders for claim in user.claims}
        )

    def test_fifty_spellings_of_one_address(self, users: Users) -> None:
        addresses = [f"{spelling}@example.com" for spelling in spellings(50)]
        contenders = [new_user(f"user{number}", address) for number, address in enumerate(addresses)]
        [winner] = winners(at_once(users.add, contenders), "email")
        assert users.get(winner.id) == winner
        assert_claims_agree(
            users, (user.id for user in contenders), {claim for user in contenders for claim in user.claims}
        )

    def test_twenty_renames_into_one_name(self, users: Users) -> None:
        stored = [users.add(new_user(f"user{number}")) for number in range(20)]
        outcomes = at_once(
            lambda way: users.update(way[0].id, rename(way[1])), list(zip(stored, spellings(20), strict=True))
        )
        [winner] = winners(outcomes, "username")
        assert users.by_claim(username_claim(spellings(1)[0])) == winner
        assert_claims_agree(users, (user.id for user in stored), {claim for user in stored for claim in user.claims})

    def test_renames_that_cross(self, users: Users) -> None:
        """Everybody wants the name of the next one, over and over: no name is lost, and none is held twice."""
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

    def test_two_names_cannot_be_swapped_at_once(self, users: Users) -> None:
        ada, bob = users.add(new_user("ada")), users.add(new_user("bob"))
        outcomes = at_once(lambda way: users.update(way[0].id, rename(way[1])), [(ada, "bob"), (bob, "ada")])
        assert winners(outcomes, "username") == []
        assert (users.by_claim(username_claim("ada")), users.by_claim(username_claim("bob"))) == (ada, bob)

    def test_a_hundred_changes_of_one_user_all_count(self, users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(conflicts, "_GIVE_UP_SECONDS", 60.0)  # on a busy machine, too
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

    def test_an_account_deleted_while_it_is_renamed(self, users: Users) -> None:
        """Whoever comes first: in the end no name is left with the dead."""
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
    """What became of each user, in words: this runs in a process of its own."""
    open_store, contenders = share
    store = open_store()
    users = Users(store)
    users.get("connect before the race begins")
    meet()
    outcomes = at_once(users.add, contenders)
    store.close()
    return [_in_words(outcome) for outcome in outcomes]


def count_at_once(share: tuple[Callable[[], Store], str]) -> list[str]:
    """Ten changes of one user by each of four threads, in a process of its own."""
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
    """In a process of its own."""
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
    def test_fifty_spellings_of_one_username(self, open_shared: Callable[[], Store]) -> None:
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

    def test_changes_of_one_user_all_count(self, open_shared: Callable[[], Store]) -> None:
        store = open_shared()
        users = Users(store)
        ada = users.add(new_user("ada"))
        outcomes = in_processes(count_at_once, [(open_shared, ada.id)] * 2)
        assert outcomes == [[ada.id] * 4] * 2
        stored = users.get(ada.id)
        assert stored
        assert stored.session_epoch == 80
        store.close()

    def test_two_admins_demoted_at_once(self, open_shared: Callable[[], Store]) -> None:
        store = open_shared()
        users = Users(store)
        stored = [users.add(new_admin(name)).id for name in ("ada", "bob")]
        outcomes = in_processes(demote_at_once, [(open_shared, id) for id in stored])
        assert_one_rules(users, stored, outcomes)
        store.close()
