"""Reconciliation, and random failures of any step."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, cast

import pytest

from src.application.accounts import RECONCILE_AFTER, LinkedAccounts
from src.application.ports import RemoteAccounts
from src.domain.errors import Invalid, PorteroError, Unavailable
from src.domain.users import Claim, State, User, UserRepository
from src.domain.values import Email, Username
from tests.support.claims import holder_of
from tests.support.passwords import accepted
from tests.unit.accounts.world import NEW, NO_NOTICES, OPEN, PASSWORD, AccountWorld


def test_an_account_that_cannot_be_reconciled_does_not_delay_others(world: AccountWorld) -> None:
    users = [world.joined(Email(f"{number}@example.com")) for number in range(3)]
    for user in users:
        world.fail("before delete")
        with pytest.raises(Unavailable):
            world.accounts.delete(user.id)
    world.wait()
    world.fail("before set_email", error=Invalid)
    assert world.accounts.reconcile() == 2
    assert world.stored(users[0]).pending
    assert world.accounts.reconcile() == 0  # not at once
    world.wait()
    assert world.accounts.reconcile() == 1
    for user in users:
        world.assert_agrees(user, user.email)


def test_two_processes_that_reconcile_at_once_log_nothing(
    world: AccountWorld, caplog: pytest.LogCaptureFixture
) -> None:
    user = world.joined()
    world.fail("before delete")
    with suppress(Unavailable):
        world.accounts.delete(user.id)
    world.wait()
    caplog.clear()
    reconciled: list[int] = []
    world.on("before update", lambda: reconciled.append(world.accounts.reconcile()))
    reconciled.append(world.accounts.reconcile())
    assert sorted(reconciled) == [0, 1]
    assert caplog.records == []


def test_recent_changes_are_not_reconciled(world: AccountWorld) -> None:
    user = world.joined()
    world.on("before set_email", lambda: world.accounts.reconcile())
    world.on("before delete", lambda: world.accounts.reconcile())
    world.assert_agrees(world.readdress(user), NEW)
    world.accounts.delete(user.id)
    world.assert_deleted(user)


class Chaos(AccountWorld):
    """Accounts whose steps are overtaken by other requests, fail, or lose their replies. Failed calls may arrive later.

    A call arrives within RECONCILE_AFTER. A process may sleep for longer at any moment, but then its next call does not
    fail, because nothing could tell that the process is still at work.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = Random(seed)
        self.ids: list[str] = []
        self.begun: list[datetime] = []
        self.calm = False
        self.late: list[Callable[[], object]] = []
        self.things: set[str] = set()
        """The ids of the users who own something."""
        addresses = [Email(f"{number}@example.com") for number in range(3)]
        self.addresses: list[Email | None] = [*addresses, None]
        self.accounts = LinkedAccounts(
            users=cast(UserRepository, Unreliable(self, self.users, {"add", "update"})),
            remote=cast(RemoteAccounts, Unreliable(self, self.remote, {"create", "set_email", "delete"})),
            owned=[self._disown],
            notices=NO_NOTICES,
            registration=OPEN,
            guest_lifetime=timedelta(days=1),
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
        """Let an active user own something, which their request writes now or later."""
        user = self.users.get(id)
        if user and user.can_log_in:
            write = partial(self.things.add, id)
            self.late.append(write) if self.random.random() < 0.5 else write()

    def act(self) -> None:
        """Register, change or delete a user, let a user own something, reconcile, or let a late call arrive."""
        self.begun.append(self.now)
        with suppress(PorteroError):
            match self.random.choice(["register", "change", "change", "acquire", "delete", "settle", "arrive"]):
                case "register":
                    user = User.new(
                        now=self.clock(), username=Username.random(), email=self.random.choice(self.addresses)
                    )
                    self.ids.append(user.id)
                    self.accounts.create(user, accepted(PASSWORD))
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
        elif fate < 0.95 and name not in ("add", "update"):  # these have a precondition, and fail when they arrive late
            chaos.late.append(partial(method, *arguments, **options))
        raise Unavailable


def _readdressed(user: User, email: Email) -> User:
    return user.changed({"email": email}, user.updated_at)


@pytest.mark.parametrize("seed", range(300))
def test_store_and_provider_agree_after_random_failures(seed: int) -> None:
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
        assert user.pending is None
        assert chaos.remote.verify_password(user, PASSWORD) == (user.id in active)
    for address in filter(None, chaos.addresses):
        owners = [user for user in stored if user.email == address]
        holder = holder_of(chaos.users, Claim("email", address.key))
        assert [owner.id for owner in owners] == ([holder] if holder else [])
