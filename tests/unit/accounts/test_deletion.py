"""Deletions that fail, are interrupted or are slow, and the removal of what a user owns."""

from dataclasses import replace
from datetime import timedelta

import pytest

from src.domain.errors import NotFound, Unavailable
from src.domain.users import ProviderLink, State, User
from src.domain.values import Role
from tests.unit.accounts.world import NEW, OLD, AccountWorld


@pytest.mark.parametrize("step", ["before delete", "after delete"])
def test_the_provider_is_asked_about_a_deletion_whose_outcome_is_unknown(world: AccountWorld, step: str) -> None:
    user = world.joined()
    world.fail(step)
    with pytest.raises(Unavailable):
        world.accounts.delete(user.id)
    assert world.stored(user).can_log_in
    world.wait()
    assert world.accounts.reconcile() == 1
    if step == "after delete":
        world.assert_deleted(user)
    else:
        world.assert_agrees(user, OLD)


def test_a_deletion_slower_than_reconciliation_stays_deleted(world: AccountWorld) -> None:
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
    world.assert_gone(user)


def test_a_deletion_during_a_change_prevails(world: AccountWorld) -> None:
    user = world.joined()
    world.on("before set_email", lambda: world.accounts.delete(user.id))
    with pytest.raises(NotFound):
        world.readdress(user)
    world.wait()
    world.accounts.reconcile()
    world.assert_gone(user)
    world.joined(OLD)
    world.joined(NEW)


def test_a_deletion_after_the_change_at_the_provider_prevails(world: AccountWorld) -> None:
    user = world.joined()
    world.on("after set_email", lambda: world.accounts.delete(user.id))
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.wait()
    world.accounts.reconcile()
    world.assert_gone(user)


def test_deleting_a_user_twice_raises_not_found(world: AccountWorld) -> None:
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
    world.assert_deleted(user)


class TestOwnedObjects:
    def test_are_removed_at_once_and_again_when_no_earlier_request_can_run(self, world: AccountWorld) -> None:
        user = world.joined()
        world.accounts.delete(user.id)
        world.joined()  # the names are free at once
        assert world.steps.index("after delete") < world.steps.index("before disown")
        world.accounts.reconcile()
        assert world.disowned == [user.id], "not before a minute is over"
        world.assert_deleted(user)
        world.wait()
        assert world.accounts.reconcile() == 0

    def test_are_removed_when_there_is_no_remote_account(self, world: AccountWorld) -> None:
        user, accounts = world.joined(), world.local_accounts()
        world.remote.delete(user.id)
        accounts.delete(user.id)
        assert world.stored(user).claims == frozenset()
        assert world.disowned.pop() == user.id
        world.wait()
        assert accounts.reconcile() == 1
        assert world.disowned.pop() == user.id
        world.assert_gone(user)

    def test_stay_when_the_deletion_fails(self, world: AccountWorld) -> None:
        user = world.joined()
        world.fail("before delete")
        with pytest.raises(Unavailable):
            world.accounts.delete(user.id)
        world.reconcile_later()
        world.assert_agrees(user, OLD)
        assert world.disowned == []

    def test_are_removed_later_when_that_fails_now(self, world: AccountWorld) -> None:
        user = world.joined()
        world.fail("before disown", "before disown")
        world.accounts.delete(user.id)  # the user is deleted; the error is not the caller's concern
        assert world.stored(user).state is State.DELETED
        world.joined()
        world.wait()
        assert world.accounts.reconcile() == 0
        assert world.stored(user).pending, "it has not gone yet"
        world.reconcile_later()
        assert world.disowned == [user.id]
        world.assert_gone(user)

    def test_are_removed_after_a_crash_during_the_deletion(self, world: AccountWorld) -> None:
        user = world.joined()

        def die() -> None:
            raise KeyboardInterrupt

        world.on("before disown", die)
        with pytest.raises(KeyboardInterrupt):
            world.accounts.delete(user.id)
        world.reconcile_later()
        assert world.disowned == [user.id]
        world.assert_gone(user)

    def test_are_removed_twice_when_the_remote_account_was_lost(self, world: AccountWorld) -> None:
        """The deletion got no answer: the user can send requests until reconciliation finds the account gone."""
        user = world.joined()
        world.fail("after delete")
        with pytest.raises(Unavailable):
            world.accounts.delete(user.id)
        assert world.stored(user).can_log_in
        world.reconcile_later()
        world.assert_deleted(user)

    def test_are_removed_with_an_expired_guest(self, world: AccountWorld) -> None:
        guest = replace(User.new(now=world.now, username=None, email=None, role=Role.GUEST), expires_at=world.now)
        world.users.add(guest)
        assert world.accounts.purge_guests() == 0, "a last request may be running"
        world.wait()
        world.fail("before disown")
        assert world.accounts.purge_guests() == 0
        assert world.accounts.purge_guests() == 1
        assert world.disowned == [guest.id]
        assert world.users.get(guest.id) is None


class TestExpiredGuestsOfTheProvider:
    @pytest.fixture
    def guest(self, world: AccountWorld) -> User:
        now = world.clock()
        guest = User.new(now=now, id=world.remote.sign_up("upgraded@example.com"), role=Role.GUEST)
        return world.users.add(replace(guest, expires_at=now, provider=ProviderLink(now, "")))

    def test_stay_if_their_accounts_were_in_another_project(self, world: AccountWorld, guest: User) -> None:
        accounts, world.remote.addresses, world.remote.project = world.remote.addresses, {}, "other"
        world.wait()
        assert world.accounts.purge_guests() == 0
        assert world.stored(guest) == guest
        world.remote.addresses, world.remote.project = accounts, ""
        assert world.accounts.purge_guests() == 1
        assert world.stored(guest).role is Role.USER

    def test_hold_up_no_other_guests_if_they_stay(self, world: AccountWorld, guest: User) -> None:
        world.remote.project = "other"
        for number in range(150):
            at = world.now - timedelta(seconds=200 - number)
            expired = replace(User.new(now=world.now, role=Role.GUEST), expires_at=at)
            stuck = replace(expired, provider=ProviderLink(world.now, "")) if number < 120 else expired
            world.users.add(stuck)
        world.wait()
        assert world.accounts.purge_guests() == 31, "the others, and the one with an account"
        assert [world.accounts.purge_guests() for _ in range(2)] == [0, 0], "it begins anew with those who stay"

    def test_are_removed_without_an_account(self, world: AccountWorld, guest: User) -> None:
        world.remote.delete(guest.id)
        world.wait()
        assert world.accounts.purge_guests() == 1
        assert world.users.get(guest.id) is None

    def test_are_removed_when_the_service_keeps_the_passwords_itself(self, world: AccountWorld, guest: User) -> None:
        world.wait()
        assert world.local_accounts().purge_guests() == 1
        assert world.users.get(guest.id) is None
