"""A user with as many factors and keys as there may be fits into the transactions of DynamoDB."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from src.domain.factors import MAX_PASSKEYS, Factor, factor_id
from src.domain.keys import MAX_KEYS, Key
from src.domain.sessions import NO_CLIENT
from src.domain.users import FactorKind, User
from src.domain.values import Email, Scope, Username
from src.infrastructure.stores.portable import Store
from tests.support.mailing import MailWorld
from tests.support.second_steps import SECRET, Phone
from tests.support.world import DATA_KEYS, Person, join, services_of

ADDRESS = "zoe@example.com"


@pytest.fixture
def world(dynamodb: Callable[[], Store]) -> MailWorld:
    return MailWorld(store=dynamodb())


@pytest.fixture
def root(world: MailWorld) -> Person:
    return join(world.client, role="admin")


@pytest.fixture
def zoe(world: MailWorld) -> User:
    """Return a user with all factors and keys that a user can have, and with an address that nobody has proved."""
    now = world.watch()
    user = User.new(now=now, username=Username.parse("zoe"), email=Email(ADDRESS))
    kinds = [(FactorKind.PASSKEY, f"credential {number}") for number in range(MAX_PASSKEYS)]
    kinds += [(FactorKind.TOTP, user.id), (FactorKind.RECOVERY, user.id)]
    secret = DATA_KEYS.seal(SECRET, user.id)
    factors = [Factor(factor_id(kind, unique), user.id, kind, now, secret=secret) for kind, unique in kinds]
    keys = [Key.new(user.id, f"key {number}", Scope.READ, None, now)[0] for number in range(MAX_KEYS)]
    user = replace(user, factors={each.id: each.kind for each in factors}, keys={each.id: each.scope for each in keys})
    assert services_of(world.app).sessions.proofs.factors.add_user(user, factors, keys)
    return user


def stored(world: MailWorld, user: User) -> User:
    found = services_of(world.app).mails.users.get(user.id)
    assert found
    return found


def assert_proved_and_bare(world: MailWorld, user: User) -> None:
    """Assert that the address of a user is proved, and that the user has no factors and no keys."""
    found = stored(world, user)
    assert (found.email_verified, found.factors, found.keys) == (True, {}, {})


def test_a_login_by_mail_ends_all_keys_and_factors_of_an_unproved_address(world: MailWorld, zoe: User) -> None:
    world.ask("/auth/email/login", ADDRESS)
    first = world.confirm(token=world.token)
    second = {"mfa_token": first.json["mfa_token"], "code": Phone(services_of(world.app)).code}
    assert world.client.post("/auth/mfa", json=second).status_code == 200
    assert_proved_and_bare(world, zoe)


@pytest.mark.parametrize("hash", ["a hash", None])
def test_the_proof_of_the_address_ends_all_keys_and_factors(world: MailWorld, zoe: User, hash: str | None) -> None:
    services_of(world.app).mails.users.update(zoe.id, lambda user: replace(user, password_hash=hash))
    services_of(world.app).mail_requests.request_verification(zoe, NO_CLIENT)
    world.deliver()
    assert world.verify(world.token).status_code == 204
    assert_proved_and_bare(world, zoe)


def test_a_reset_ends_all_keys_and_factors_of_an_unproved_address(world: MailWorld, zoe: User) -> None:
    world.ask("/auth/password/forgot", ADDRESS)
    assert world.reset(world.token).status_code == 204
    assert_proved_and_bare(world, zoe)


def test_an_admin_disables_the_user(world: MailWorld, root: Person, zoe: User) -> None:
    answer = world.client.patch(f"/users/{zoe.id}", json={"disabled": True}, headers=root.headers)
    assert answer.status_code == 200
    assert (stored(world, zoe).disabled, stored(world, zoe).keys) == (True, {})


def test_an_admin_deletes_the_user(world: MailWorld, root: Person, zoe: User) -> None:
    assert world.client.delete(f"/users/{zoe.id}", headers=root.headers).status_code == 204
    assert not stored(world, zoe).factors
