"""Users, the same in every store."""

from collections.abc import Callable, Collection
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from src.domain.errors import InvalidCursor, LastAdmin, NotFound, Stale, Taken
from src.domain.users import Claim, FactorKind, PendingChange, Profile, ProviderLink, Standing, State, User
from src.domain.values import Email, Page, Role, Scope, Username
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Insert, Key, Write
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import USERS
from tests.contract.accounts import (
    LATER,
    NOON,
    OUSTINGS,
    assert_claims_agree,
    assert_one_rules,
    demote,
    disable,
    email_claim,
    new_admin,
    new_user,
    profile,
    rename,
    username_claim,
    winners,
)
from tests.contract.documents import account
from tests.support.claims import holder_of
from tests.support.firestore import collection_of
from tests.support.races import at_once

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
    address_changes=2**40,
    kept_session="f" * 32,
    sessions_ended_at=NOON.replace(microsecond=1),
    expires_at=NOON.replace(microsecond=2),
    pending=PendingChange(NOON.replace(microsecond=0), (Claim("email", "new@example.com"), Claim("username", "ada2"))),
    provider=ProviderLink(NOON.replace(microsecond=3), "demo-portero"),
    factors={"a" * 64: FactorKind.PASSKEY, "b" * 64: FactorKind.RECOVERY},
    invitation_id="i" * 32,
    metadata={"theme": {"dark": True}, "😀": [None, 1.5]},
    custom_claims={"team": "blue"},
    mirrored_claims=("role", "team"),
    keys={"c" * 32: Scope.READ},
)


class TestAdd:
    def test_every_field_is_read_as_written(self, users: Users) -> None:
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
    def test_exactly_the_taken_fields_are_named(
        self, users: Users, username: str, email: str | None, id: str, taken: tuple[str, ...]
    ) -> None:
        ada = users.add(new_user("ada", "ada@example.com", "ada"))
        with pytest.raises(Taken) as refused:
            users.add(new_user(username, email, id))
        assert refused.value.fields == taken
        assert users.get("ada") == ada
        assert users.get("new") is None
        assert_claims_agree(users, ["ada"], [username_claim("new"), email_claim("new@example.com")])

    def test_a_username_and_an_equal_address_do_not_collide(self, users: Users) -> None:
        """One user may have the text as a username, and another user as an address."""
        username, email = Claim("username", "same"), Claim("email", "same")
        one, two = (users.add(replace(new_user(), pending=PendingChange(NOON, (each,)))) for each in (username, email))
        assert users.holders([username, email]) == {username: one.id, email: two.id}

    def test_several_users_can_have_no_address(self, users: Users) -> None:
        for name in ("one", "two"):
            assert users.add(new_user(name)).email is None

    def test_a_reserved_name_is_taken(self, users: Users) -> None:
        users.add(replace(new_user("ada"), pending=PendingChange(NOON, (email_claim("new@example.com"),))))
        with pytest.raises(Taken) as refused:
            users.add(new_user("eve", "new@example.com"))
        assert refused.value.fields == ("email",)


def test_a_user_without_reserved_names_stores_null_in_firestore(firestore: Callable[[], Store]) -> None:
    store = firestore()
    assert isinstance(store, FirestoreStore)
    users = Users(store)
    plain, renaming = users.add(new_user("ada")), users.add(replace(new_user(), pending=FULL.pending))
    stored = [collection_of(store, "users").document(user.id).get().to_dict() for user in (plain, renaming)]
    assert [fields and fields["reserved"] for fields in stored] == [
        None,
        '[["email", "new@example.com"], ["username", "ada2"]]',
    ]
    assert users.get(plain.id) == plain
    assert users.get(renaming.id) == renaming
    store.close()


class TestByClaim:
    def test_find_returns_the_user_that_holds_the_name(self, users: Users) -> None:
        ada = users.add(new_user("Ada", "Ada@example.com"))
        users.add(new_user("Bob", "bob@example.com"))
        assert users.by_claim(username_claim("aDA")) == ada
        assert users.by_claim(email_claim("ADA@EXAMPLE.COM")) == ada
        assert users.by_claim(username_claim("eve")) is None
        assert users.by_claim(Claim("email", "ada")) is None

    def test_find_does_not_return_a_user_that_held_the_name_before(self, users: Users) -> None:
        ada = users.add(new_user("ada", "ada@example.com"))
        renamed = users.update(ada.id, rename("eve"))
        moved = users.update(ada.id, profile({"email": Email("eve@example.com")}))
        assert renamed.revision != moved.revision
        assert users.by_claim(username_claim("ada")) is None
        assert users.by_claim(email_claim("ada@example.com")) is None
        assert users.by_claim(username_claim("eve")) == users.by_claim(email_claim("eve@example.com")) == moved

    def test_a_reserved_name_finds_nobody_until_it_is_confirmed(self, users: Users) -> None:
        ada = users.add(
            replace(
                new_user("ada"), pending=PendingChange(NOON, (email_claim("new@example.com"), username_claim("eve")))
            )
        )
        assert holder_of(users, email_claim("new@example.com")) == ada.id
        assert users.by_claim(email_claim("new@example.com")) is None
        assert users.by_claim(username_claim("eve")) is None
        confirmed = users.update(ada.id, lambda user: replace(user, email=Email("New@example.com"), pending=None))
        assert users.by_claim(email_claim("new@example.com")) == confirmed

    @pytest.mark.parametrize("state", State)
    def test_a_name_finds_its_user_in_every_state(self, users: Users, state: State) -> None:
        ada = users.add(replace(new_user("ada", "ada@example.com"), state=state, disabled=True))
        assert users.by_claim(username_claim("ada")) == users.by_claim(email_claim("ada@example.com")) == ada

    def test_a_name_is_matched_whole(self, users: Users) -> None:
        users.add(new_user("adam", "adam@example.com"))
        for claim in (username_claim("ada"), username_claim("adamo"), email_claim("ada"), email_claim("adam")):
            assert users.by_claim(claim) is None


def test_the_count_of_address_changes_starts_at_0_for_users_of_earlier_versions(store: Store, users: Users) -> None:
    store.commit(Insert(Key(USERS, "ada"), account()))
    ada = users.update("ada", lambda user: user.with_email(Email("ada@example.com"), verified=False))
    assert (ada.address_changes, users.get("ada")) == (1, ada)


class TestUpdate:
    def test_every_field_of_a_change_is_stored(self, users: Users) -> None:
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

    def test_a_name_can_change_to_another_spelling(self, users: Users) -> None:
        ada = users.add(new_user("ada", "ada@example.com"))
        respelled = users.update(
            ada.id, lambda user: replace(user, username=Username.parse("ADA"), email=Email("A@B.c"))
        )
        respelled = users.update(ada.id, lambda user: replace(user, email=Email("a@b.C")))
        assert users.by_claim(username_claim("ada")) == respelled
        assert users.by_claim(email_claim("A@B.C")) == respelled
        assert (respelled.username, respelled.email) == (Username("ADA", "ada"), Email("a@b.C"))

    def test_an_address_can_be_removed_and_added(self, users: Users) -> None:
        ada = users.add(new_user("ada", "ada@example.com"))
        users.update(ada.id, lambda user: replace(user, email=None))
        eve = users.add(new_user("eve", "ada@example.com"))
        users.update(eve.id, lambda user: replace(user, email=None))
        users.update(ada.id, lambda user: replace(user, email=Email("ada@example.com")))
        assert_claims_agree(users, [ada.id, eve.id], [])

    def test_taken_names_the_fields_and_changes_nothing(self, users: Users) -> None:
        users.add(new_user("ada", "ada@example.com"))
        eve = users.add(new_user("eve", "eve@example.com"))
        changes: list[tuple[Profile, tuple[str, ...]]] = [
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

    def test_updating_an_absent_user_raises_not_found(self, users: Users) -> None:
        with pytest.raises(NotFound):
            users.update("nobody", lambda user: user)

    def test_a_change_applies_only_at_the_given_revisions(self, users: Users) -> None:
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

    def test_a_change_without_effect_writes_nothing(self, users: Users, commits: list[list[Write]]) -> None:
        ada = users.add(new_user("ada"))
        commits.clear()
        assert users.update(ada.id, lambda user: replace(user, name=None)) == ada
        assert commits == []

    def test_an_error_of_the_change_is_raised_and_nothing_is_written(self, users: Users) -> None:
        ada = users.add(new_user("ada"))

        def refuse(user: User) -> User:
            raise InvalidCursor

        with pytest.raises(InvalidCursor):
            users.update(ada.id, refuse)
        assert users.get(ada.id) == ada

    def test_a_deleted_user_frees_its_names_and_keeps_its_id(self, users: Users) -> None:
        ada = users.add(
            replace(new_user("ada", "ada@example.com"), pending=PendingChange(NOON, (email_claim("new@example.com"),)))
        )
        buried = users.update(ada.id, lambda user: user.tombstone(LATER))
        assert users.get(ada.id) == buried == replace(ada.tombstone(LATER), revision=buried.revision)
        assert_claims_agree(users, [ada.id], ada.claims)
        with pytest.raises(Taken) as refused:
            users.add(replace(new_user(), id=ada.id))
        assert refused.value.fields == ("id",)


def names(page: Page[User]) -> list[str | None]:
    return [user.username.display if user.username else None for user in page.items]


class TestFind:
    def test_active_users_are_listed_by_username(self, users: Users) -> None:
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
        assert names(users.find(only=Role.ADMIN)) == ["Ada", "CAT"]
        assert names(users.find(only=Role.USER)) == ["bob"]

    def test_active_users_are_listed_by_their_standing(self, users: Users) -> None:
        factor = {"f": FactorKind.TOTP}
        people: dict[str, dict[str, Any]] = {
            "ada": {"email_verified": True},
            "bob": {"disabled": True, "factors": factor},
            "eve": {"disabled": True, "factors": factor, "email_verified": True, "state": State.DELETING},
            "zoe": {},
        }
        for name, properties in people.items():
            users.add(replace(new_user(name), **properties))
        found = {standing: names(users.find(only=standing)) for standing in Standing}
        assert found == {
            Standing.ACTIVE: ["ada", "zoe"],
            Standing.DISABLED: ["bob"],
            Standing.VERIFIED: ["ada"],
            Standing.UNVERIFIED: ["bob", "zoe"],
            Standing.WITH_FACTOR: ["bob"],
            Standing.WITHOUT_FACTOR: ["ada", "zoe"],
        }
        for standing, listed in found.items():
            everybody = users.find().items
            assert [user.username and user.username.key for user in everybody if user.matches(standing)] == listed
        assert names(users.find(only=Standing.ACTIVE, prefix="z")) == ["zoe"]
        bob = users.update(users.find(only=Standing.DISABLED).items[0].id, lambda user: replace(user, disabled=False))
        assert names(users.find(only=Standing.ACTIVE, limit=2)) == ["ada", "bob"]
        users.update(bob.id, lambda user: user.without_factors(["f"], NOON))
        assert names(users.find(only=Standing.WITH_FACTOR)) == []

    def test_users_are_found_by_the_beginning_of_their_usernames(self, users: Users) -> None:
        for name in ("ada", "adam", "bob"):
            users.add(new_user(name))
        assert names(users.find(prefix="ada")) == ["ada", "adam"]
        assert names(users.find(prefix="ada\0")) == []
        assert names(users.find(prefix="a" * 2000)) == []  # Firestore refuses a text of this length

    def test_users_are_listed_in_pages(self, users: Users) -> None:
        stored = [users.add(new_user(f"user{number}")) for number in range(5)]
        first = users.find(limit=2)
        second = users.find(limit=2, cursor=first.next)
        third = users.find(limit=2, cursor=second.next)
        assert [*first.items, *second.items, *third.items] == stored
        assert third.next is None
        with pytest.raises(InvalidCursor):
            users.find(cursor="no cursor")

    def test_users_to_reconcile_are_listed_oldest_first(self, users: Users) -> None:
        users.add(replace(new_user("none"), state=State.PENDING))
        for name, since in [("two", NOON), ("one", NOON - timedelta(days=1)), ("three", LATER)]:
            users.add(replace(new_user(name), pending=PendingChange(since), state=State.PENDING))
        assert names(users.to_reconcile(NOON)) == ["one", "two"]
        assert names(users.to_reconcile(LATER)) == ["one", "two", "three"]
        assert names(users.to_reconcile(LATER, limit=1)) == ["one"]


def new_guest(expires_at: datetime) -> User:
    guest = User.new(now=NOON, username=None, email=None, role=Role.GUEST)
    return replace(guest, expires_at=expires_at)


class TestGuests:
    def test_expired_guests_are_listed_earliest_first(self, users: Users) -> None:
        tick = timedelta(microseconds=1)
        late, due, early = (users.add(new_guest(time)) for time in (NOON + tick, NOON, NOON - tick))
        users.add(new_user("ada"))
        assert users.expired(NOON).items == [early, due]
        assert users.expired(NOON, limit=1).items == [early]
        assert users.expired(NOON + tick).items == [early, due, late]
        assert users.expired(NOON + tick, NOON).items == [due, late]

    def test_a_guest_that_registers_does_not_expire(self, users: Users) -> None:
        guest = users.add(new_guest(NOON))
        named = Username.parse("ada")
        users.update(guest.id, lambda user: replace(user, username=named, role=Role.USER, expires_at=None))
        assert users.expired(NOON).items == []

    def test_a_user_is_removed_at_the_given_revision_only(self, users: Users) -> None:
        guest = users.add(new_guest(NOON))
        changed = users.update(guest.id, lambda user: replace(user, name="Ada"))
        assert not users.remove(guest)
        assert users.get(guest.id) == changed
        assert users.remove(changed)
        assert users.get(guest.id) is None
        assert not users.remove(changed)

    def test_a_guest_that_registers_while_being_removed_is_either_registered_or_removed(self, users: Users) -> None:
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


class TestAdmins:
    """Once a service has an admin, it always has an admin who can log in."""

    def test_there_is_no_admin_at_first(self, users: Users) -> None:
        assert not users.has_admin()
        users.add(new_user("ada"))
        users.add(replace(new_admin("bob"), disabled=True))
        users.add(replace(new_admin("cat"), state=State.PENDING))
        assert not users.has_admin()

    def test_a_new_admin_counts(self, users: Users) -> None:
        users.add(new_admin("ada"))
        assert users.has_admin()

    @pytest.mark.parametrize("oust", OUSTINGS)
    def test_the_last_admin_cannot_lose_its_role(self, users: Users, oust: Callable[[User], User]) -> None:
        ada = users.add(new_admin("ada"))
        with pytest.raises(LastAdmin):
            users.update(ada.id, oust)
        assert users.get(ada.id) == ada
        assert_claims_agree(users, [ada.id], ada.claims)
        users.update(ada.id, rename("eve"))  # anything else may change

        users.add(new_admin("bob"))
        users.update(ada.id, oust)
        assert users.has_admin()

    def test_disabled_and_deleted_admins_do_not_count(self, users: Users) -> None:
        ada = users.add(new_admin("ada"))
        users.add(replace(new_admin("bob"), disabled=True))
        users.add(new_user("cat"))
        with pytest.raises(LastAdmin):
            users.update(ada.id, demote)

    def test_a_user_who_becomes_admin_counts(self, users: Users) -> None:
        ada = users.add(new_admin("ada"))
        bob = users.add(new_user("bob"))
        cat = users.add(replace(new_admin("cat"), disabled=True))
        users.update(bob.id, lambda user: replace(user, role=Role.ADMIN))
        users.update(ada.id, demote)
        users.update(cat.id, lambda user: replace(user, disabled=False))
        users.update(bob.id, disable)
        with pytest.raises(LastAdmin):
            users.update(cat.id, demote)

    def test_an_admin_whose_account_becomes_active_counts(self, users: Users) -> None:
        ada = users.add(replace(new_admin("ada"), state=State.PENDING))
        users.update(ada.id, lambda user: replace(user, state=State.ACTIVE))
        assert users.has_admin()

    def test_ten_admins_added_at_once_all_count(self, users: Users) -> None:
        admins = at_once(users.add, [new_admin(f"admin{number}") for number in range(10)])
        made = [admin for admin in admins if isinstance(admin, User)]
        assert len(made) == 10, admins
        for admin in made[:-1]:
            users.update(admin.id, demote)
        with pytest.raises(LastAdmin):
            users.update(made[-1].id, demote)

    @pytest.mark.parametrize("others", [True, False])
    def test_of_several_admins_with_one_address_one_is_added(self, users: Users, others: bool) -> None:
        """The others are told that the address is taken, and never that the roster is."""
        if others:
            users.add(new_admin("root"))
        address = Email("ada@example.com")
        contenders = [replace(new_admin(f"admin{number}"), email=address) for number in range(10)]
        [winner] = winners(at_once(users.add, contenders), "email")
        assert users.by_claim(email_claim("ada@example.com")) == winner

    @pytest.mark.parametrize("oust", OUSTINGS)
    def test_of_the_last_two_admins_removed_simultaneously_one_remains(
        self, users: Users, oust: Callable[[User], User]
    ) -> None:
        stored = [users.add(new_admin(name)) for name in ("ada", "bob")]
        outcomes = at_once(lambda user: users.update(user.id, oust), stored)
        assert_one_rules(users, [user.id for user in stored], outcomes)


def test_a_name_that_was_freed_has_no_first_holder_again(store: Store) -> None:
    users = Users(store, remembers_names=True)
    user = users.add(new_user("ada", "ada@example.com"))
    users.update(user.id, rename("bea"))
    users.update(user.id, lambda stored: stored.tombstone(NOON))
    users.update(users.add(new_user("ada")).id, lambda stored: stored.tombstone(NOON))
    for name, email in (("ada", None), ("bea", None), ("cleo", "ada@example.com")):
        with pytest.raises(Taken):
            users.add_with_unused_names(new_user(name, email))
    first = users.add_with_unused_names(new_user("cleo"))
    users.update(first.id, lambda stored: stored.tombstone(NOON))
    with pytest.raises(Taken):
        users.add_with_unused_names(new_user("cleo"))
    assert users.holders([username_claim("cleo")]) == {}


def test_of_simultaneous_first_holders_one_wins(store: Store) -> None:
    users = Users(store, remembers_names=True)
    outcomes = at_once(users.add_with_unused_names, [new_user("ada") for _ in range(20)])
    assert len(winners(outcomes, "username")) == 1
