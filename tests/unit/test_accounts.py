"""The branches of Accounts that real crashes and outages rarely reach, on an identity provider in memory."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, cast

import pytest

from src.application.accounts import RECONCILE_AFTER, AccountSaga
from src.application.accounts.transitions import activated
from src.application.ports import IdentityProvider
from src.domain.errors import Invalid, InvalidToken, NotFound, PorteroError, Taken, Unavailable
from src.domain.users import Claim, State, User, UserRepository
from src.domain.values import Email, Role, Username
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.memory import MemoryStore
from tests.support.remote import Observed, RemoteIdentity

OLD, NEW = Email("old@example.com"), Email("new@example.com")
PASSWORD = "correct horse"


class World:
    """Accounts, with something that can be made to happen before or after any step; once."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.steps: list[str] = []
        self._events: dict[str, list[Callable[[], object]]] = {}
        self.remote = RemoteIdentity()
        self.users = Users(MemoryStore())
        self.disowned: list[str] = []
        methods = {"create", "set_email", "delete", "add", "update"}
        self.accounts = AccountSaga(
            users=cast(UserRepository, Observed(self.users, methods, self._observe)),
            identity=cast(IdentityProvider, Observed(self.remote, methods, self._observe)),
            owned=[self._disown],
            audit=lambda *_: None,
            clock=self.clock,
        )

    def clock(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def on(self, step: str, event: Callable[[], object]) -> None:
        """Let ``event`` happen when ``step`` is next reached, after those set for it before."""
        self._events.setdefault(step, []).append(event)

    def fail(self, *steps: str, error: type[PorteroError] = Unavailable) -> None:
        def fail() -> None:
            raise error

        for step in steps:
            self.on(step, fail)

    def wait(self) -> None:
        self.now += RECONCILE_AFTER

    def reconcile_later(self) -> None:
        self.wait()
        assert self.accounts.reconcile() == 1

    def joined(self, email: Email | None = OLD) -> User:
        user = User.new(now=self.clock(), username=Username.random(), email=email)
        return self.accounts.create(user, PASSWORD)

    def readdress(self, user: User, email: Email = NEW) -> User:
        return self.accounts.change(user.id, lambda stored: stored.changed({"email": email}, self.now))

    def stored(self, user: User) -> User:
        found = self.users.get(user.id)
        assert found
        return found

    def agrees(self, user: User, email: Email | None) -> None:
        """Nothing of ``user`` is left to be done, and both sides have the address."""
        stored = self.stored(user)
        assert (stored.state, stored.reserved, stored.reconcile_since) == (State.ACTIVE, (), None)
        assert stored.email == email
        assert self.remote.verify(stored, PASSWORD)
        for address in {OLD, NEW} - {email}:
            assert self.users.by_claim(Claim("email", address.key)) is None

    def deleted(self, user: User) -> None:
        """Its names are free and what it owned is gone, now and once more in a minute."""
        assert self.stored(user).claims == frozenset()
        assert self.disowned.pop() == user.id
        self.reconcile_later()
        assert self.disowned.pop() == user.id
        self.is_gone(user)

    def is_gone(self, user: User) -> None:
        """Nothing is left of ``user`` but the id."""
        stored = self.stored(user)
        assert (stored.state, stored.claims, stored.reconcile_since) == (State.DELETED, frozenset(), None)
        assert not self.remote.exists(user.id)

    def _disown(self, id: str) -> None:
        self._observe("before disown")
        self.disowned.append(id)
        self._observe("after disown")

    def _observe(self, step: str) -> None:
        self.steps.append(step)
        if events := self._events.get(step):
            events.pop(0)()


@pytest.fixture
def world() -> World:
    return World()


# Registration


@pytest.mark.parametrize(
    "step", ["after add", "before create", "after create", "before update", "after update"], ids=str
)
def test_a_registration_that_failed_left_nobody(world: World, step: str) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.fail(step)
    with pytest.raises(Unavailable):
        world.accounts.create(user, PASSWORD)
    assert world.stored(user).state is State.DELETED
    assert not world.remote.exists(user.id)
    world.joined()  # the names are free at once
    world.wait()
    assert world.accounts.reconcile() == 1
    world.is_gone(user)


def test_an_account_that_is_made_after_it_was_given_up_goes_too(world: World) -> None:
    """A call without an answer may arrive later, also later than the call that takes it back."""
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.fail("before create")
    with pytest.raises(Unavailable):
        world.accounts.create(user, PASSWORD)
    world.remote.create(user, PASSWORD)
    world.wait()
    world.accounts.reconcile()
    world.is_gone(user)
    world.joined()


@pytest.mark.parametrize("error", [Taken, Invalid])
def test_an_address_that_the_provider_refuses_makes_nobody(world: World, error: type[PorteroError]) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.fail("before create", error=error)
    with pytest.raises(error):
        world.accounts.create(user, PASSWORD)
    world.wait()
    world.accounts.reconcile()
    world.is_gone(user)


def test_a_registration_slower_than_settling_fails(world: World) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.on("before create", world.reconcile_later)
    with pytest.raises(Unavailable, match="too long"):
        world.accounts.create(user, PASSWORD)
    world.wait()
    world.accounts.reconcile()
    world.is_gone(user)


def test_a_registration_that_comes_through_while_it_is_settled_stays(world: World) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)

    def reconcile() -> None:
        # The request goes on while the one who settles has only begun.
        world.on("after update", lambda: world.users.update(user.id, activated))
        world.wait()
        world.accounts.reconcile()
        raise KeyboardInterrupt

    world.on("after create", reconcile)
    with pytest.raises(KeyboardInterrupt):
        world.accounts.create(user, PASSWORD)
    world.agrees(user, OLD)


def test_the_names_of_a_registration_that_stopped_are_free_while_the_provider_is_down(world: World) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.on("before create", stop)
    with pytest.raises(KeyboardInterrupt):
        world.accounts.create(user, PASSWORD)
    world.wait()
    world.fail("before delete")
    assert world.accounts.reconcile() == 0
    world.joined()
    world.reconcile_later()
    world.is_gone(user)


# A change of address


def test_an_address_that_the_provider_refuses_changes_nothing(world: World) -> None:
    user = world.joined()
    world.remote.sign_up(NEW.address)
    with pytest.raises(Taken):
        world.readdress(user)
    world.agrees(user, OLD)
    world.readdress(user, Email("third@example.com"))  # and not in a minute


@pytest.mark.parametrize("step", ["before set_email", "after set_email", "after update"])
def test_a_change_without_an_answer_is_taken_back(world: World, step: str) -> None:
    user = world.joined()
    world.fail(step)
    with pytest.raises(Unavailable):
        world.readdress(user)
    assert world.remote.verify(world.stored(user), PASSWORD)  # with the old address, at once
    world.wait()
    assert world.accounts.reconcile() == 1
    world.agrees(user, OLD)
    world.readdress(user)
    world.agrees(user, NEW)


def test_a_change_that_arrives_after_it_was_taken_back_is_taken_back_again(world: World) -> None:
    user = world.joined()
    world.fail("before set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.remote.set_email(replace(user, email=NEW))
    world.wait()
    world.accounts.reconcile()
    world.agrees(user, OLD)


def test_a_change_whose_last_commit_landed_without_a_reply_stays(world: World) -> None:
    user = world.joined()
    world.on("after update", lambda: None)
    world.fail("after update")
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.wait()
    world.accounts.reconcile()
    world.agrees(user, NEW)


def test_a_change_slower_than_settling_fails_and_is_settled_again(world: World) -> None:
    user = world.joined()
    world.on("before set_email", world.reconcile_later)
    with pytest.raises(Unavailable, match="meanwhile"):
        world.readdress(user)
    world.wait()
    world.accounts.reconcile()
    world.agrees(user, OLD)


def test_a_change_slower_than_settling_and_than_the_next_change_undoes_neither(world: World) -> None:
    user = world.joined()
    third = Email("third@example.com")

    def overtake() -> None:
        world.wait()
        world.accounts.reconcile()
        world.readdress(user, third)

    world.on("before set_email", overtake)
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.wait()
    world.accounts.reconcile()
    world.agrees(user, third)


def test_a_late_settler_does_not_undo_what_was_changed_since(world: World) -> None:
    """Two processes read the same list; one of them is slow."""
    user = world.joined()
    world.fail("after set_email", "before set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)
    listed = world.stored(user)
    world.wait()
    assert world.accounts.reconcile() == 1
    world.readdress(user)
    assert not world.accounts._try(world.accounts._reconcile, listed)
    world.agrees(user, NEW)


def test_of_two_that_settle_at_once_one_does(world: World) -> None:
    user = world.joined()
    world.fail("after set_email", "before set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.wait()
    settled: list[int] = []
    world.on("before update", lambda: settled.append(world.accounts.reconcile()))
    settled.append(world.accounts.reconcile())
    assert sorted(settled) == [0, 1]
    world.agrees(user, OLD)


def test_a_settler_slower_than_the_next_one_undoes_nothing_either(world: World) -> None:
    user = world.joined()
    world.fail("after set_email", "before set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)

    def overtake() -> None:
        world.reconcile_later()
        world.readdress(user)

    world.on("before set_email", overtake)
    world.wait()
    world.accounts.reconcile()
    world.reconcile_later()
    world.agrees(user, NEW)


def test_while_a_change_is_under_way_there_is_no_other(world: World) -> None:
    user = world.joined()

    def change_too() -> None:
        with pytest.raises(Unavailable, match="settled"):
            world.readdress(user, Email("third@example.com"))
        # What the provider has no part in is not held up: an admin can lock out whoever began it.
        world.accounts.change(user.id, lambda stored: replace(stored, name="Ada"))

    world.on("before set_email", change_too)
    world.readdress(user)
    world.agrees(user, NEW)
    stored = world.users.get(user.id)
    assert stored
    assert stored.name == "Ada"


def test_an_upgrade_whose_last_reply_was_lost_keeps_the_account(world: World) -> None:
    """The guest was told that it failed, but what landed stays, and so must the account of it."""
    guest = world.users.add(replace(User.new(now=world.now, username=None, email=None), role=Role.GUEST))
    name = Username.parse("promoted")

    def promote(stored: User) -> User:
        return replace(stored, username=name, email=NEW, role=Role.USER)

    updates: list[str] = []

    def lose() -> None:
        updates.append("update")
        if len(updates) == 2:
            raise Unavailable

    for _ in range(2):
        world.on("after update", lose)
    with pytest.raises(Unavailable):
        world.accounts.upgrade(guest.id, promote, "correct horse battery")
    world.wait()
    world.accounts.reconcile()
    stored = world.users.get(guest.id)
    assert stored
    assert (stored.role is Role.USER) == world.remote.exists(guest.id)
    assert stored.reconcile_since is None


def test_nobody_takes_a_name_that_is_reserved(world: World) -> None:
    user = world.joined()

    def register() -> None:
        for address in (OLD, NEW):
            with pytest.raises(Taken):
                world.joined(address)

    world.on("before set_email", register)
    world.readdress(user)
    world.agrees(user, NEW)
    world.joined(OLD)


def test_an_old_address_that_a_stranger_took_meanwhile_is_not_fought_for(world: World) -> None:
    user = world.joined()
    world.fail("after set_email")
    world.on("after set_email", lambda: None)
    world.on("before set_email", lambda: None)
    world.on("before set_email", lambda: world.remote.sign_up(OLD.address))
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.wait()
    assert world.accounts.reconcile() == 1
    world.agrees(user, NEW)


def test_an_address_is_lost_when_strangers_took_both(world: World) -> None:
    user = world.joined()
    world.fail("before set_email", "before set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)
    # Its owner changed it at the provider, past us.
    world.remote.set_email(replace(user, email=Email("third@example.com")))
    world.remote.sign_up(OLD.address)
    world.remote.sign_up(NEW.address)
    world.wait()
    assert world.accounts.reconcile() == 1
    world.agrees(user, None)


def test_an_account_that_the_provider_lost_is_buried(world: World) -> None:
    user = world.joined()
    world.remote.delete(user.id)
    with pytest.raises(InvalidToken):
        world.readdress(user)
    world.wait()
    assert world.accounts.reconcile() == 1
    world.deleted(user)


def test_a_user_disabled_during_a_change_is_changed_all_the_same(world: World) -> None:
    """Admins change disabled users too; who changes themselves is stopped by the change itself."""
    user = world.joined()

    def disable() -> None:
        world.users.update(user.id, lambda stored: replace(stored, disabled=True))

    world.on("before set_email", disable)
    world.readdress(user)
    world.agrees(user, NEW)


def test_a_change_of_spelling_is_a_change_at_the_provider(world: World) -> None:
    """Two addresses with one unique form can still be two mailboxes."""
    user = world.joined(Email("strasse@example.com"))
    sharp = Email("stra\u00dfe@example.com")
    world.readdress(user, sharp)
    world.agrees(user, sharp)


# Deletion


@pytest.mark.parametrize("step", ["before delete", "after delete"])
def test_a_deletion_without_an_answer_is_told_by_the_provider_later(world: World, step: str) -> None:
    user = world.joined()
    world.fail(step)
    with pytest.raises(Unavailable):
        world.accounts.delete(user.id)
    assert world.stored(user).can_log_in
    world.wait()
    assert world.accounts.reconcile() == 1
    if step == "after delete":
        world.deleted(user)
    else:
        world.agrees(user, OLD)


def test_a_deletion_slower_than_settling_does_not_come_back_to_life(world: World) -> None:
    user = world.joined()

    def reconcile() -> None:
        world.wait()
        assert world.accounts.reconcile() == 1
        raise Unavailable

    world.on("before delete", reconcile)
    with pytest.raises(Unavailable):
        world.accounts.delete(user.id)
    world.wait()
    world.accounts.reconcile()
    world.is_gone(user)


def test_a_deletion_during_a_change_wins(world: World) -> None:
    user = world.joined()
    world.on("before set_email", lambda: world.accounts.delete(user.id))
    with pytest.raises(InvalidToken):
        world.readdress(user)
    world.wait()
    world.accounts.reconcile()
    world.is_gone(user)
    world.joined(OLD)
    world.joined(NEW)


def test_a_deletion_after_the_provider_changed_the_address_wins_too(world: World) -> None:
    user = world.joined()
    world.on("after set_email", lambda: world.accounts.delete(user.id))
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.wait()
    world.accounts.reconcile()
    world.is_gone(user)


def test_nobody_is_deleted_twice(world: World) -> None:
    user = world.joined()

    def delete_too() -> None:
        with pytest.raises(NotFound):
            world.accounts.delete(user.id)

    world.on("before delete", delete_too)
    world.accounts.delete(user.id)
    with pytest.raises(NotFound):
        world.accounts.delete(user.id)
    with pytest.raises(NotFound):
        world.accounts.delete("0" * 32)
    world.deleted(user)


class TestWhatAUserOwns:
    def test_goes_at_once_and_again_when_no_request_of_it_can_be_running(self, world: World) -> None:
        user = world.joined()
        world.accounts.delete(user.id)
        world.joined()  # the names are free at once
        assert world.steps.index("after delete") < world.steps.index("before disown")
        world.accounts.reconcile()
        assert world.disowned == [user.id], "not before a minute is over"
        world.deleted(user)
        world.wait()
        assert world.accounts.reconcile() == 0

    def test_goes_when_there_is_no_account_elsewhere_too(self, world: World) -> None:
        world.remote.remote = False
        user = world.joined()
        world.accounts.delete(user.id)
        world.joined()
        world.deleted(user)

    def test_stays_with_who_stays(self, world: World) -> None:
        user = world.joined()
        world.fail("before delete")
        with pytest.raises(Unavailable):
            world.accounts.delete(user.id)
        world.reconcile_later()
        world.agrees(user, OLD)
        assert world.disowned == []

    def test_of_which_some_cannot_be_removed_goes_later(self, world: World) -> None:
        user = world.joined()
        world.fail("before disown", "before disown")
        world.accounts.delete(user.id)  # it has happened: what is left is nobody's business
        assert world.stored(user).state is State.DELETED
        world.joined()
        world.wait()
        assert world.accounts.reconcile() == 0
        assert world.stored(user).reconcile_since, "it has not gone yet"
        world.reconcile_later()
        assert world.disowned == [user.id]
        world.is_gone(user)

    def test_goes_with_a_user_who_died_in_between(self, world: World) -> None:
        user = world.joined()

        def die() -> None:
            raise KeyboardInterrupt

        world.on("before disown", die)
        with pytest.raises(KeyboardInterrupt):
            world.accounts.delete(user.id)
        world.reconcile_later()
        assert world.disowned == [user.id]
        world.is_gone(user)

    def test_goes_twice_with_who_was_active_until_the_provider_was_asked(self, world: World) -> None:
        """The deletion had no answer, so that the user went on; requests of it run until it is found to be gone."""
        user = world.joined()
        world.fail("after delete")
        with pytest.raises(Unavailable):
            world.accounts.delete(user.id)
        assert world.stored(user).can_log_in
        world.reconcile_later()
        world.deleted(user)

    def test_goes_with_a_guest_whose_time_is_over(self, world: World) -> None:
        guest = replace(User.new(now=world.now, username=None, email=None, role=Role.GUEST), expires_at=world.now)
        world.users.add(guest)
        assert world.accounts.purge_guests() == 0, "a last request may be running"
        world.wait()
        world.fail("before disown")
        assert world.accounts.purge_guests() == 0
        assert world.accounts.purge_guests() == 1
        assert world.disowned == [guest.id]
        assert world.users.get(guest.id) is None


# Settling


def test_what_cannot_be_settled_keeps_nobody_else_waiting(world: World) -> None:
    users = [world.joined(Email(f"{number}@example.com")) for number in range(3)]
    for user in users:
        world.fail("before delete")
        with pytest.raises(Unavailable):
            world.accounts.delete(user.id)
    world.wait()
    world.fail("before set_email", error=Invalid)
    assert world.accounts.reconcile() == 2
    assert world.stored(users[0]).reconcile_since
    assert world.accounts.reconcile() == 0  # not at once
    world.wait()
    assert world.accounts.reconcile() == 1
    for user in users:
        world.agrees(user, user.email)


def test_what_is_young_is_left_alone(world: World) -> None:
    user = world.joined()
    world.on("before set_email", lambda: world.accounts.reconcile())
    world.on("before delete", lambda: world.accounts.reconcile())
    world.agrees(world.readdress(user), NEW)
    world.accounts.delete(user.id)
    world.deleted(user)


# Everything at once


class Chaos(World):
    """Any step may be overtaken by somebody else's, fail, or lose its reply; a call that failed may still arrive.

    What was sent arrives within RECONCILE_AFTER. Whoever sends may sleep for longer, at any moment; but is not hit
    by an outage as well, because nothing in the world could then tell that they have been at it.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = Random(seed)
        self.ids: list[str] = []
        self.begun: list[datetime] = []
        self.calm = False
        self.late: list[Callable[[], object]] = []
        self.things: set[str] = set()
        """Who owns something."""
        addresses = [Email(f"{number}@example.com") for number in range(3)]
        self.addresses: list[Email | None] = [*addresses, None]
        self.accounts = AccountSaga(
            users=cast(UserRepository, Unreliable(self, self.users, {"add", "update"})),
            identity=cast(IdentityProvider, Unreliable(self, self.remote, {"create", "set_email", "delete"})),
            owned=[self._disown],
            audit=lambda *_: None,
            clock=self.clock,
        )

    def wait(self) -> None:
        while self.late:
            with suppress(PorteroError):
                self.late.pop(0)()
        super().wait()

    def _disown(self, id: str) -> None:
        if not self.calm and self.random.random() < 0.2:
            raise Unavailable
        self.things.discard(id)

    def _acquire(self, id: str) -> None:
        """A request of an active user that writes something it will own, perhaps a while later."""
        user = self.users.get(id)
        if user and user.can_log_in:
            write = partial(self.things.add, id)
            self.late.append(write) if self.random.random() < 0.5 else write()

    def act(self) -> None:
        """Something that somebody does."""
        self.begun.append(self.now)
        with suppress(PorteroError):
            match self.random.choice(["register", "change", "change", "acquire", "delete", "settle", "arrive"]):
                case "register":
                    user = User.new(
                        now=self.clock(), username=Username.random(), email=self.random.choice(self.addresses)
                    )
                    self.ids.append(user.id)
                    self.accounts.create(user, PASSWORD)
                case "change" if self.ids:
                    email = self.random.choice(self.addresses)
                    change = partial(_readdressed, email=email) if email else partial(replace, name="Ada")
                    self.accounts.change(self.random.choice(self.ids), change)
                case "acquire" if self.ids:
                    self._acquire(self.random.choice(self.ids))
                case "delete" if self.ids and self.random.random() < 0.3:
                    self.accounts.delete(self.random.choice(self.ids))
                case "settle":
                    self.wait()
                    self.begun[-1] = self.now
                    self.accounts.reconcile()
                case "arrive" if self.late:
                    self.late.pop(self.random.randrange(len(self.late)))()
        self.begun.pop()


class Unreliable:
    def __init__(self, chaos: Chaos, target: object, names: set[str]) -> None:
        self._chaos, self._target, self._names = chaos, target, names

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)
        return partial(self._call, name, method) if name in self._names else method

    def _call(self, name: str, method: Callable[..., object], *arguments: Any, **options: Any) -> object:
        chaos = self._chaos
        while not chaos.calm and len(chaos.begun) < 4 and chaos.random.random() < 0.3:
            chaos.act()
        fate = chaos.random.random()
        slept = chaos.begun and chaos.now - chaos.begun[-1] >= RECONCILE_AFTER
        if chaos.calm or slept or fate < 0.75:
            return method(*arguments, **options)
        if fate < 0.85:
            method(*arguments, **options)
        elif fate < 0.95 and name not in ("add", "update"):  # those carry a precondition, and fail when late
            chaos.late.append(partial(method, *arguments, **options))
        raise Unavailable


def _readdressed(user: User, email: Email) -> User:
    return user.changed({"email": email}, user.updated_at)


@pytest.mark.parametrize("seed", range(300))
def test_whatever_happens_both_sides_agree_in_the_end(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(20):
        chaos.act()
    chaos.calm = True
    for _ in range(2):
        chaos.wait()
        chaos.accounts.reconcile()
    stored = [user for id in chaos.ids if (user := chaos.users.get(id))]
    active = {user.id for user in stored if user.state is State.ACTIVE}
    assert chaos.users.to_reconcile(chaos.now).items == []
    assert {user.state for user in stored} <= {State.ACTIVE, State.DELETED}
    assert set(chaos.remote.addresses) == active
    assert chaos.things <= active
    for user in stored:
        assert user.reserved == ()
        assert chaos.remote.verify(user, PASSWORD) == (user.id in active)
    for address in filter(None, chaos.addresses):
        owners = [user for user in stored if user.email == address]
        holder = chaos.users.by_claim(Claim("email", address.key))
        assert owners == ([holder] if holder else [])
