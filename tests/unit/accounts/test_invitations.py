"""Invitations of users who also exist at a provider: no interruption loses one or spends it twice."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from src.application.registration import Admission
from src.domain.errors import InvalidInvitation, Unavailable
from src.domain.invitations import Invitation
from src.domain.users import State, User
from src.domain.values import Role, Username
from tests.support.passwords import accepted
from tests.support.races import at_once
from tests.unit.accounts.world import OLD, PASSWORD, AccountWorld

Way = Callable[[AccountWorld, Invitation], User]
STEPS = ["after add", "before create", "after create", "before update", "after update"]


@pytest.fixture
def invitation(world: AccountWorld) -> Invitation:
    return world.invitations.add(Invitation.new(OLD, Role.UPLOADER, None, world.clock(), 7))


def create(world: AccountWorld, invitation: Invitation) -> User:
    return world.accounts.create(newcomer(world, invitation), accepted(PASSWORD))


def newcomer(world: AccountWorld, invitation: Invitation) -> User:
    admission = Admission(OLD, role=invitation.role, invitation_id=invitation.id)
    return admission.admit(User.new(now=world.clock(), username=Username.random()))


def upgrade(world: AccountWorld, invitation: Invitation) -> User:
    guest = world.users.add(replace(User.new(now=world.clock()), role=Role.GUEST))
    admission = Admission(OLD, role=invitation.role, invitation_id=invitation.id)

    def promote(user: User) -> User:
        return admission.admit(replace(user, username=Username.parse("anna")))

    return world.accounts.upgrade(guest.id, promote, accepted(PASSWORD))


def assert_spent_once(world: AccountWorld, invitation: Invitation) -> None:
    """Assert that an invitation that is spent belongs to an active user."""
    stored = world.invitations.get(invitation.id)
    assert stored
    users = [world.users.get(stored.user_id)] if stored.user_id else []
    assert [user.state for user in users if user] == [State.ACTIVE for _ in users]


@pytest.mark.parametrize("error", [Unavailable, KeyboardInterrupt], ids=["outage", "crash"])
@pytest.mark.parametrize("way", [create, upgrade])
@pytest.mark.parametrize("step", STEPS)
def test_an_interrupted_registration_neither_loses_nor_spends_it_twice(
    world: AccountWorld,
    invitation: Invitation,
    step: str,
    way: Way,
    error: type[BaseException],
) -> None:
    world.fail(step, error=error)
    with suppress(Unavailable, KeyboardInterrupt):
        way(world, invitation)
    world.wait()
    world.accounts.reconcile()
    assert_spent_once(world, invitation)
    stored = world.invitations.get(invitation.id)
    assert stored
    if stored.user_id is None:
        user = create(world, invitation)
        assert (user.role, user.email) == (Role.UPLOADER, OLD)
    with pytest.raises(InvalidInvitation):
        world.users.add(replace(newcomer(world, invitation), email=None))


def test_of_20_at_once_one_wins_and_no_other_account_stays(world: AccountWorld, invitation: Invitation) -> None:
    def register(number: int) -> User:
        user = replace(newcomer(world, invitation), email=None)
        return world.accounts.create(user, accepted(PASSWORD))

    outcomes = at_once(register, [*range(20)])
    [winner] = [outcome for outcome in outcomes if isinstance(outcome, User)]
    assert sum(isinstance(outcome, InvalidInvitation) for outcome in outcomes) == 19
    assert {*world.remote.addresses} == {winner.id}
