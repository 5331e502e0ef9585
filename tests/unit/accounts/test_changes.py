"""Changes of the address that fail, are interrupted or are slow."""

from dataclasses import replace

import pytest

from src.application.accounts.failures import attempt
from src.application.accounts.linked.delete import delete_if_gone_at_provider
from src.application.accounts.linked.sync import with_account
from src.application.ports import ProviderAccount
from src.application.registration import Admission
from src.domain.errors import InvalidToken, NotFound, Taken, Unavailable
from src.domain.users import FactorKind, User
from src.domain.values import Email, Role, Username
from tests.support.passwords import accepted
from tests.unit.accounts.world import NEW, OLD, PASSWORD, AccountWorld


def test_nothing_changes_when_the_address_is_refused(world: AccountWorld) -> None:
    user = world.joined()
    world.remote.sign_up(NEW.address)
    with pytest.raises(Taken):
        world.readdress(user)
    world.assert_agrees(user, OLD)
    world.readdress(user, Email("third@example.com"))  # at once, without a wait


@pytest.mark.parametrize("step", ["before set_email", "after set_email", "after update"])
def test_a_change_whose_outcome_is_unknown_is_undone(world: AccountWorld, step: str) -> None:
    user = world.joined()
    world.fail(step)
    with pytest.raises(Unavailable):
        world.readdress(user)
    assert world.remote.verify_password(world.stored(user), PASSWORD)  # with the old address, at once
    world.wait()
    assert world.accounts.reconcile() == 1
    world.assert_agrees(user, OLD)
    world.readdress(user)
    world.assert_agrees(user, NEW)


def test_a_change_that_takes_effect_after_its_undo_is_undone_again(world: AccountWorld) -> None:
    user = world.joined()
    world.fail("before set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.remote.set_email(replace(user, email=NEW))
    world.wait()
    world.accounts.reconcile()
    world.assert_agrees(user, OLD)


def test_a_change_whose_last_commit_landed_without_a_reply_stays(world: AccountWorld) -> None:
    user = world.joined()
    world.on("after update", lambda: None)
    world.fail("after update")
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.wait()
    world.accounts.reconcile()
    world.assert_agrees(user, NEW)


def test_a_change_slower_than_reconciliation_fails_and_is_reconciled_again(world: AccountWorld) -> None:
    user = world.joined()
    world.on("before set_email", world.reconcile_later)
    with pytest.raises(Unavailable, match="meanwhile"):
        world.readdress(user)
    world.wait()
    world.accounts.reconcile()
    world.assert_agrees(user, OLD)


def test_a_change_slower_than_reconciliation_and_the_next_change_undoes_neither(world: AccountWorld) -> None:
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
    world.assert_agrees(user, third)


def test_a_late_reconciliation_does_not_undo_later_changes(world: AccountWorld) -> None:
    """Two processes read the same list; one of them is slow."""
    user = world.joined()
    world.fail("after set_email", "before set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)
    listed = world.stored(user)
    world.wait()
    assert world.accounts.reconcile() == 1
    world.readdress(user)
    assert not attempt(world.accounts._reconcile, listed)
    world.assert_agrees(user, NEW)


def test_one_of_two_simultaneous_reconciliations_acts(world: AccountWorld) -> None:
    user = world.joined()
    world.fail("after set_email", "before set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.wait()
    settled: list[int] = []
    world.on("before update", lambda: settled.append(world.accounts.reconcile()))
    settled.append(world.accounts.reconcile())
    assert sorted(settled) == [0, 1]
    world.assert_agrees(user, OLD)


def test_a_reconciliation_slower_than_the_next_one_undoes_nothing(world: AccountWorld) -> None:
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
    world.assert_agrees(user, NEW)


def test_a_second_change_is_refused_while_one_is_under_way(world: AccountWorld) -> None:
    user = world.joined()

    def change_too() -> None:
        with pytest.raises(Unavailable, match="settled"):
            world.readdress(user, Email("third@example.com"))
        # Changes that do not involve the provider are not refused: an admin can still disable the user.
        world.accounts.change(user.id, lambda stored: replace(stored, name="Ada"))

    world.on("before set_email", change_too)
    world.readdress(user)
    world.assert_agrees(user, NEW)
    stored = world.users.get(user.id)
    assert stored
    assert stored.name == "Ada"


def test_an_upgrade_whose_last_reply_was_lost_keeps_the_account(world: AccountWorld) -> None:
    """The guest was told that the upgrade failed, but it is stored and stays, and so must the provider's account."""
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
        world.accounts.upgrade(guest.id, promote, accepted("correct horse battery"))
    world.wait()
    world.accounts.reconcile()
    stored = world.users.get(guest.id)
    assert stored
    assert (stored.role is Role.USER) == (world.remote.get(guest.id) is not None)
    assert stored.pending is None


def test_a_reserved_name_cannot_be_taken(world: AccountWorld) -> None:
    user = world.joined()

    def register() -> None:
        for address in (OLD, NEW):
            with pytest.raises(Taken):
                world.joined(address)

    world.on("before set_email", register)
    world.readdress(user)
    world.assert_agrees(user, NEW)
    world.joined(OLD)


def test_the_new_address_stays_when_another_account_took_the_old_one(world: AccountWorld) -> None:
    user = world.joined()
    world.fail("after set_email")
    world.on("after set_email", lambda: None)
    world.on("before set_email", lambda: None)
    world.on("before set_email", lambda: world.remote.sign_up(OLD.address))
    with pytest.raises(Unavailable):
        world.readdress(user)
    world.wait()
    assert world.accounts.reconcile() == 1
    world.assert_agrees(user, NEW)


def test_the_address_is_lost_when_other_accounts_took_both(world: AccountWorld) -> None:
    user = world.joined()
    world.fail("before set_email", "before set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)
    # The owner changes the address at the provider, unseen by the service.
    world.remote.set_email(replace(user, email=Email("third@example.com")))
    world.remote.sign_up(OLD.address)
    world.remote.sign_up(NEW.address)
    world.wait()
    assert world.accounts.reconcile() == 1
    world.assert_agrees(user, None)


def test_a_user_whose_remote_account_is_lost_is_removed(world: AccountWorld) -> None:
    user = world.joined()
    world.remote.delete(user.id)
    with pytest.raises(NotFound):
        world.readdress(user)
    world.wait()
    assert world.accounts.reconcile() == 1
    world.assert_deleted(user)


def test_a_change_finishes_although_the_user_was_disabled_meanwhile(world: AccountWorld) -> None:
    """The user is not checked again at the end, because admins may change disabled users too."""
    user = world.joined()

    def disable() -> None:
        world.users.update(user.id, lambda stored: replace(stored, disabled=True))

    world.on("before set_email", disable)
    world.readdress(user)
    world.assert_agrees(user, NEW)


def test_a_change_of_case_in_an_address_reaches_the_provider(world: AccountWorld) -> None:
    """Two addresses with one unique form can still be two mailboxes."""
    user = world.joined(Email("strasse@example.com"))
    sharp = Email("stra\u00dfe@example.com")
    world.readdress(user, sharp)
    world.assert_agrees(user, sharp)


def test_a_user_whose_account_is_in_another_project_is_not_removed(world: AccountWorld) -> None:
    """The settings name the wrong project for a while."""
    user = world.joined()
    accounts, world.remote.addresses, world.remote.project = world.remote.addresses, {}, "other"
    with pytest.raises(Unavailable):
        world.readdress(user)
    with pytest.raises(Unavailable):
        world.accounts.set_password(user.id, accepted(PASSWORD))
    world.wait()
    assert world.accounts.reconcile() == 0
    with pytest.raises(Unavailable):
        delete_if_gone_at_provider(world.accounts, replace(user, pending=None))
    with pytest.raises(Taken):
        world.joined(OLD)
    assert world.stored(user).claims >= user.claims
    world.remote.addresses, world.remote.project = accounts, ""
    world.wait()
    assert world.accounts.reconcile() == 1
    world.assert_agrees(user, OLD)


class TestUsersLastSeenByAnEarlierVersion:
    """Their records name no project, so that a missing account may be in another one."""

    @pytest.fixture
    def user(self, world: AccountWorld) -> User:
        def without_project(stored: User) -> User:
            assert stored.provider
            return replace(stored, provider=replace(stored.provider, project=None))

        user = world.joined()
        world.remote.delete(user.id)
        return world.users.update(user.id, without_project)

    def test_keep_their_address_from_newcomers_and_the_log_says_why(
        self, world: AccountWorld, user: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(Taken):
            world.joined(OLD)
        assert world.stored(user) == user
        assert user.id in caplog.text
        assert "an unknown project" in caplog.text

    def test_can_be_deleted(self, world: AccountWorld, user: User) -> None:
        world.accounts.delete(user.id)
        world.assert_deleted(user)

    def test_are_not_dated_as_changed_when_their_account_is_seen_again(self, world: AccountWorld, user: User) -> None:
        assert user.provider
        account = ProviderAccount(user.email, valid_since=user.provider.valid_since)
        follow = with_account(account, Admission(user.email), "here", world.clock())
        assert follow(user) == replace(user, provider=replace(user.provider, project="here"))


def test_a_visit_changes_nothing_while_a_change_is_unfinished(world: AccountWorld) -> None:
    user = world.joined()
    world.fail("after set_email")
    with pytest.raises(Unavailable):
        world.readdress(user)
    unfinished = world.stored(user)
    assert unfinished.pending
    assert world.accounts.sync_user(unfinished) == unfinished
    assert world.stored(user) == unfinished


def test_a_visit_of_a_user_who_is_deleted_meanwhile_is_refused(world: AccountWorld) -> None:
    user = world.joined()
    world.remote.set_email(replace(user, email=NEW))
    world.on("before update", lambda: world.users.remove(world.stored(user)))
    with pytest.raises(InvalidToken):
        world.accounts.sync_user(user)


class TestUsersMadeWithoutTheProvider:
    """The service kept the passwords itself before, so that these users have no account at the provider."""

    @pytest.fixture(params=[None, "a hash"])
    def user(self, request: pytest.FixtureRequest, world: AccountWorld) -> User:
        user = User.new(now=world.clock(), username=Username.random(), email=OLD)
        return world.users.add(replace(user, password_hash=request.param))

    def test_are_not_deleted_because_the_provider_does_not_know_them(self, world: AccountWorld, user: User) -> None:
        assert not delete_if_gone_at_provider(world.accounts, user)
        assert world.stored(user) == user

    def test_keep_their_address_from_newcomers(self, world: AccountWorld, user: User) -> None:
        with pytest.raises(Taken):
            world.joined(OLD)
        assert world.stored(user) == user

    def test_stay_as_they_were_after_a_change_that_the_provider_cannot_follow(
        self, world: AccountWorld, user: User
    ) -> None:
        with pytest.raises(NotFound):
            world.readdress(user)
        world.reconcile_later()
        assert world.stored(user).claims == user.claims
        assert world.stored(user).pending is None
        assert world.disowned == []

    def test_can_be_deleted(self, world: AccountWorld, user: User) -> None:
        world.accounts.delete(user.id)
        world.assert_deleted(user)

    def test_keep_their_password_when_the_provider_cannot_set_another_one(
        self, world: AccountWorld, user: User
    ) -> None:
        with pytest.raises(NotFound):
            world.accounts.set_password(user.id, accepted(PASSWORD))
        assert world.stored(user) == user


def test_a_user_with_factors_keeps_the_address_when_another_one_is_set_at_the_provider(world: AccountWorld) -> None:
    user = world.joined()
    user = world.users.update(user.id, lambda stored: stored.with_factor("totp", FactorKind.TOTP, world.now))
    world.remote.addresses[user.id] = NEW.address
    kept = world.accounts.sync_user(user)
    assert (kept.email, kept.email_verified) == (OLD, False)
    without = world.users.update(user.id, lambda stored: stored.without_factors(["totp"], world.now))
    assert world.accounts.sync_user(without).email == NEW
