"""Registrations that fail, are interrupted or are slow."""

import pytest

from src.application.accounts.linked.create import activated
from src.domain.errors import Invalid, PorteroError, Taken, Unavailable
from src.domain.users import State, User
from src.domain.values import Username
from tests.support.passwords import accepted
from tests.unit.accounts.world import OLD, PASSWORD, AccountWorld


@pytest.mark.parametrize(
    "step", ["after add", "before create", "after create", "before update", "after update"], ids=str
)
def test_a_failed_registration_leaves_no_user(world: AccountWorld, step: str) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.fail(step)
    with pytest.raises(Unavailable):
        world.accounts.create(user, accepted(PASSWORD))
    assert world.stored(user).state is State.DELETED
    assert world.remote.get(user.id) is None
    world.joined()  # the names are free at once
    world.wait()
    assert world.accounts.reconcile() == 1
    world.assert_gone(user)


def test_a_remote_account_created_too_late_is_deleted(world: AccountWorld) -> None:
    """A call without an answer may still arrive, even after the call that undoes it."""
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.fail("before create")
    with pytest.raises(Unavailable):
        world.accounts.create(user, accepted(PASSWORD))
    world.remote.create(user, PASSWORD)
    world.wait()
    world.accounts.reconcile()
    world.assert_gone(user)
    world.joined()


@pytest.mark.parametrize("error", [Taken, Invalid])
def test_no_user_is_created_when_the_address_is_refused(world: AccountWorld, error: type[PorteroError]) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.fail("before create", error=error)
    with pytest.raises(error):
        world.accounts.create(user, accepted(PASSWORD))
    world.wait()
    world.accounts.reconcile()
    world.assert_gone(user)


def test_a_registration_slower_than_reconciliation_fails(world: AccountWorld) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.on("before create", world.reconcile_later)
    with pytest.raises(Unavailable, match="too long"):
        world.accounts.create(user, accepted(PASSWORD))
    world.wait()
    world.accounts.reconcile()
    world.assert_gone(user)


def test_a_registration_that_finishes_during_reconciliation_stays(world: AccountWorld) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)

    def reconcile() -> None:
        # The request goes on when the reconciliation has only just begun.
        world.on("after update", lambda: world.users.update(user.id, activated))
        world.wait()
        world.accounts.reconcile()
        raise KeyboardInterrupt

    world.on("after create", reconcile)
    with pytest.raises(KeyboardInterrupt):
        world.accounts.create(user, accepted(PASSWORD))
    world.assert_agrees(user, OLD)


def test_an_interrupted_registration_frees_its_names_while_the_provider_is_down(world: AccountWorld) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.on("before create", stop)
    with pytest.raises(KeyboardInterrupt):
        world.accounts.create(user, accepted(PASSWORD))
    world.wait()
    world.fail("before delete")
    assert world.accounts.reconcile() == 0
    world.joined()
    world.reconcile_later()
    world.assert_gone(user)


def test_a_user_whose_account_is_deleted_at_the_provider_during_the_registration_has_no_link(
    world: AccountWorld,
) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD)
    world.on("after create", lambda: world.remote.delete(user.id))
    created = world.accounts.create(user, accepted(PASSWORD))
    assert (created.state, created.provider) == (State.ACTIVE, None)


def test_the_address_of_an_account_that_is_gone_at_the_provider_can_be_registered_again(world: AccountWorld) -> None:
    gone = world.joined()
    world.remote.delete(gone.id)
    newcomer = world.joined(OLD)
    world.assert_agrees(newcomer, OLD)
    world.assert_deleted(gone)


def test_an_ordinary_conflict_logs_nothing_and_undoes_nothing(
    world: AccountWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world.joined()
    world.steps.clear()
    with pytest.raises(Taken):
        world.joined()
    assert caplog.records == []
    assert world.steps == ["before add"]
