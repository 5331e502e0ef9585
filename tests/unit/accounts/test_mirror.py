"""The role and the claims of users, mirrored to their accounts at the provider."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from src.domain.events import Event
from src.domain.users import FactorKind, Profile, State, User
from src.domain.values import Role, Username
from tests.support.passwords import accepted
from tests.unit.accounts.world import NEW, OLD, PASSWORD, AccountWorld

GOLD = {"plan": "gold"}


def change(world: AccountWorld, user: User, profile: Profile) -> User:
    return world.accounts.change(user.id, lambda stored: stored.changed(profile, world.now))


def claims(world: AccountWorld, user: User) -> Mapping[str, Any]:
    return world.remote.claims.get(user.id, {})


def assert_settled(world: AccountWorld, user: User) -> None:
    stored = world.stored(user)
    assert (stored.state, stored.pending) == (State.ACTIVE, None)


@pytest.fixture
def user(world: AccountWorld) -> User:
    return world.joined()


def test_a_plain_user_needs_no_claims(world: AccountWorld, user: User) -> None:
    assert claims(world, user) == {}


def test_an_uploader_is_mirrored_from_the_beginning(world: AccountWorld) -> None:
    user = User.new(now=world.clock(), username=Username.random(), email=OLD, role=Role.UPLOADER)
    world.accounts.create(user, accepted(PASSWORD))
    assert claims(world, user) == {"role": "uploader"}
    assert_settled(world, user)


def test_the_claims_of_others_are_kept_and_ours_are_removed(world: AccountWorld, user: User) -> None:
    world.remote.claims[user.id] = {"theirs": 1}
    change(world, user, {"role": Role.ADMIN, "custom_claims": GOLD})
    assert claims(world, user) == {"theirs": 1, "plan": "gold", "role": "admin"}
    change(world, user, {"custom_claims": {"seats": 5}})
    assert claims(world, user) == {"theirs": 1, "seats": 5, "role": "admin"}
    world.users.add(replace(User.new(now=world.clock(), username=Username.random()), role=Role.ADMIN))
    change(world, user, {"role": Role.USER, "custom_claims": {}})
    assert claims(world, user) == {"theirs": 1}
    assert world.stored(user).mirrored_claims == ()
    assert_settled(world, user)


def test_of_a_disabled_user_nothing_is_mirrored(world: AccountWorld, user: User) -> None:
    change(world, user, {"role": Role.UPLOADER})
    disabled = change(world, user, {"disabled": True})
    assert claims(world, user) == {}
    assert [id for id, _ in world.remote.revoked] == [user.id]
    change(world, disabled, {"disabled": False})
    assert claims(world, user) == {"role": "uploader"}


def test_of_a_user_with_factors_or_a_role_that_needs_them_nothing_is_mirrored(world: AccountWorld, user: User) -> None:
    change(world, user, {"role": Role.UPLOADER})
    world.users.update(user.id, lambda stored: stored.with_factor("1", FactorKind.TOTP, world.now))
    world.accounts.sync_user(world.stored(user))
    assert claims(world, user) == {}
    other = world.accounts.create(User.new(now=world.clock(), username=Username.random()), None)
    object.__setattr__(world.accounts, "mfa_roles", {Role.UPLOADER})
    change(world, other, {"role": Role.UPLOADER, "custom_claims": GOLD})
    assert claims(world, other) == {}


@pytest.mark.parametrize("step", ["before set_claims", "after set_claims"])
def test_a_mirror_that_failed_decides_nothing_and_is_repeated(world: AccountWorld, user: User, step: str) -> None:
    world.fail(step)
    changed = change(world, user, {"role": Role.UPLOADER, "custom_claims": GOLD})
    assert changed.role is Role.UPLOADER
    assert world.stored(user).pending
    world.reconcile_later()
    assert claims(world, user) == {"plan": "gold", "role": "uploader"}
    assert_settled(world, user)
    change(world, user, {"role": Role.USER, "custom_claims": {}})
    assert claims(world, user) == {}


def test_claims_of_a_crash_are_removed_although_they_were_never_confirmed(world: AccountWorld, user: User) -> None:
    world.fail("after set_claims", error=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        change(world, user, {"custom_claims": GOLD})
    change(world, user, {"custom_claims": {}})
    assert claims(world, user) == {}


def test_a_change_that_is_mirrored_too_late_is_repeated(world: AccountWorld, user: User) -> None:
    late = world.remote.set_claims
    world.on("before set_claims", lambda: change(world, user, {"custom_claims": {"plan": "new"}}))
    change(world, user, {"custom_claims": GOLD})
    late(user.id, {"plan": "gold", "role": "user"})
    world.reconcile_later()
    assert claims(world, user) == {"plan": "new", "role": "user"}


def test_a_visit_finds_what_was_changed_at_the_provider(world: AccountWorld, user: User) -> None:
    change(world, user, {"role": Role.UPLOADER})
    world.remote.claims[user.id] = {"role": "admin", "theirs": 1}
    world.accounts.sync_user(world.stored(user))
    assert claims(world, user) == {"role": "uploader", "theirs": 1}
    assert_settled(world, user)


def test_where_no_room_is_left_the_role_is_set_alone_or_nothing(
    world: AccountWorld, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    for theirs, expected in (("x" * 900, {"role": "uploader"}), ("x" * 980, {})):
        world.remote.claims[user.id] = {"theirs": theirs}
        change(world, user, {"role": Role.UPLOADER, "custom_claims": {"a": "y" * 200}})
        assert claims(world, user) == {"theirs": theirs, **expected}
        assert "do not fit" in caplog.text
        assert_settled(world, user)
        change(world, user, {"role": Role.USER, "custom_claims": {}})


def test_a_change_that_is_mirrored_is_recorded_once(world: AccountWorld, user: User) -> None:
    recorded: list[tuple[Role, Role]] = []

    def record(before: User, after: User) -> list[Event]:
        recorded.append((before.role, after.role))
        return []

    world.accounts.change(user.id, lambda stored: stored.changed({"role": Role.UPLOADER}, world.now), events=record)
    assert recorded == [(Role.USER, Role.UPLOADER)]


def test_an_address_and_a_role_change_together(world: AccountWorld, user: User) -> None:
    change(world, user, {"email": NEW, "role": Role.UPLOADER})
    assert claims(world, user) == {"role": "uploader"}
    world.assert_agrees(user, NEW)
