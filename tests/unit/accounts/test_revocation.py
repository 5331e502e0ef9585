"""Ending all sessions also revokes the sign-ins at the provider, at once or after an outage."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from src.domain.errors import Unavailable
from src.domain.users import ProviderLink, User
from src.domain.values import Scope
from tests.support.passwords import accepted
from tests.unit.accounts.world import OLD, AccountWorld


def end_sessions(world: AccountWorld, user: User) -> User:
    return world.accounts.end_sessions(user.id, lambda stored: stored.without_sessions(world.now))


def disable(world: AccountWorld, user: User) -> User:
    return world.accounts.change(user.id, lambda stored: stored.changed({"disabled": True}, world.now))


def assert_revoked_once(world: AccountWorld, user: User) -> None:
    """Assert that the user's sign-ins were revoked once, up to the end of the second in which the sessions ended."""
    ended = world.stored(user).sessions_ended_at
    assert ended
    assert world.remote.revoked == [(user.id, ended.replace(microsecond=0) + timedelta(seconds=1))]


@pytest.mark.parametrize("end", [end_sessions, disable])
def test_sign_ins_are_revoked_with_the_sessions(world: AccountWorld, end: object) -> None:
    user = world.joined()
    changed = end(world, user)  # type: ignore[operator]
    assert_revoked_once(world, user)
    assert changed == world.stored(user)
    assert changed.pending is None
    assert changed.provider == ProviderLink(world.remote.valid_since(user.id), world.remote.project)
    assert world.accounts.sync_user(changed) == changed  # the service knows of that revocation


def test_no_change_but_the_first_disabling_revokes_sign_ins(world: AccountWorld) -> None:
    user = disable(world, world.joined())
    for change in ({"disabled": True}, {"name": "Ada"}, {"disabled": False}):
        world.accounts.change(user.id, lambda stored, change=change: stored.changed(change, world.now))  # type: ignore[misc]
    world.accounts.set_password(user.id, accepted("another zebra"))  # the provider revokes by itself
    assert len(world.remote.revoked) == 1


@pytest.mark.parametrize("end", [end_sessions, disable])
@pytest.mark.parametrize("step", ["before revoke", "after revoke"])
def test_an_outage_of_the_provider_delays_the_revocation_only(world: AccountWorld, end: object, step: str) -> None:
    user = world.joined()
    world.fail(step)
    assert end(world, user).session_epoch == user.session_epoch + 1  # type: ignore[operator]
    world.reconcile_later()
    assert_revoked_once(world, user)
    assert world.stored(user).pending is None


def test_a_crash_before_the_revocation_is_reconciled(world: AccountWorld) -> None:
    user = world.joined()
    world.fail("before revoke", error=KeyboardInterrupt)
    with suppress(KeyboardInterrupt):
        end_sessions(world, user)
    assert world.remote.revoked == []
    world.reconcile_later()
    assert_revoked_once(world, user)


def test_a_kept_session_stays_when_the_provider_is_asked_again(world: AccountWorld) -> None:
    user = world.joined()
    world.accounts.end_sessions(user.id, lambda stored: stored.without_sessions(world.now, "kept"))
    world.wait()
    assert world.accounts.sync_user(world.stored(user)).kept_session == "kept"


def test_an_address_that_is_being_changed_is_settled_by_reconciliation(world: AccountWorld) -> None:
    user = world.joined()
    world.on("before set_email", lambda: end_sessions(world, user))
    with pytest.raises(Unavailable):
        world.readdress(user)
    assert world.stored(user).pending
    world.reconcile_later()
    world.assert_agrees(user, OLD)
    assert {since for _, since in world.remote.revoked} == {world.remote.valid_since(user.id)}


def with_key(world: AccountWorld) -> User:
    """Return a user with a key, a day later."""
    user = world.joined()
    user = world.users.update(user.id, lambda stored: stored.with_key("key", Scope.READ, world.now))
    world.now += timedelta(days=1)
    return user


def new_password(world: AccountWorld, user: User) -> None:
    world.accounts.set_password(user.id, accepted("another zebra"), keep_session="kept")


def keep_one(world: AccountWorld, user: User) -> None:
    world.accounts.end_sessions(user.id, lambda stored: stored.without_sessions(world.now, "kept"))


@pytest.mark.parametrize("change", [keep_one, new_password])
def test_a_change_here_does_not_hide_a_reset_at_the_provider_from_keys(world: AccountWorld, change: object) -> None:
    user = with_key(world)
    world.remote.revoke(user.id, world.now - timedelta(minutes=1))
    change(world, user)  # type: ignore[operator]
    assert (world.stored(user).keys, world.stored(user).kept_session) == ({}, "kept")


@pytest.mark.parametrize("change", [keep_one, new_password])
def test_a_change_here_keeps_the_keys_without_a_reset_at_the_provider(world: AccountWorld, change: object) -> None:
    user = with_key(world)
    for _ in range(2):
        change(world, user)  # type: ignore[operator]
        world.now += timedelta(minutes=1)
    assert world.accounts.sync_user(world.stored(user)).keys == user.keys


@pytest.mark.parametrize("step", ["before revoke", "after revoke"])
@pytest.mark.parametrize("is_reset", [True, False])
def test_keys_end_with_a_reset_at_the_provider_also_after_an_outage(
    world: AccountWorld, step: str, is_reset: bool
) -> None:
    user = with_key(world)
    if is_reset:
        world.remote.revoke(user.id, world.now - timedelta(minutes=1))
    world.fail(step)
    keep_one(world, user)
    world.reconcile_later()
    assert world.stored(user).keys == ({} if is_reset else user.keys)


def test_reconciliation_sees_a_reset_at_the_provider(world: AccountWorld) -> None:
    user = with_key(world)
    world.remote.revoke(user.id, world.now - timedelta(minutes=1))
    world.users.update(user.id, lambda stored: stored.without_sessions(world.now).marked(world.now))  # then a crash
    world.reconcile_later()
    assert world.stored(user).keys == {}


def test_a_user_without_an_account_at_the_provider_is_not_marked(world: AccountWorld) -> None:
    user = world.users.add(replace(User.new(now=world.now), provider=None))
    assert end_sessions(world, user).pending is None
    assert world.remote.revoked == []


def test_a_deletion_that_crashed_is_told_once_though_a_custom_token_may_be_used(
    world: AccountWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    world.accounts = replace(world.accounts, redeemable=timedelta(minutes=6))
    user = world.joined()
    world.fail("before delete", error=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        world.accounts.delete(user.id)
    for _ in range(7):
        world.reconcile_later()
    world.assert_gone(user)
    assert caplog.text.count("user-deleted") == 1


def test_a_deleted_account_that_a_custom_token_makes_again_is_deleted_again(world: AccountWorld) -> None:
    world.accounts = replace(world.accounts, redeemable=timedelta(minutes=6))
    user = world.joined()
    world.accounts.delete(user.id)
    for _ in range(5):
        world.remote.addresses[user.id] = user.id
        world.reconcile_later()
        assert world.remote.get(user.id) is None
    world.reconcile_later()
    world.assert_gone(user)
    assert world.accounts.reconcile() == 0
