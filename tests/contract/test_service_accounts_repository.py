"""Service accounts, the same over every store."""

from dataclasses import replace

import pytest

from src.domain.errors import NotFound, Stale
from src.domain.events import NO_EVENTS
from src.domain.keys import SECRET_PREFIX, new_credential
from src.domain.service_accounts import ServiceAccount
from src.domain.users import State
from src.domain.values import Role
from src.infrastructure.repositories.service_accounts import ServiceAccounts
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Insert
from src.infrastructure.stores.portable import Store
from tests.contract.accounts import LATER, NOON
from tests.support.races import at_once


@pytest.fixture
def accounts(store: Store) -> ServiceAccounts:
    return ServiceAccounts(store)


def test_a_service_account_is_stored_with_its_user_and_listed(accounts: ServiceAccounts, users: Users) -> None:
    old, _ = ServiceAccount.new("Informe 😀", Role.ADMIN, NOON)
    new, secret = ServiceAccount.new("Billing", Role.USER, LATER)
    accounts.add(old, NO_EVENTS)
    stored = accounts.add(replace(new, old_secrets={"hash": LATER}), NO_EVENTS)
    found, user = accounts.with_user(new.id)
    assert found == stored
    assert stored.accepts(secret, LATER)
    assert user == users.get(new.id)
    assert user
    assert (user.state, user.role) == (State.SERVICE, Role.USER)
    assert [each.id for each in accounts.list().items] == [new.id, old.id]
    assert users.find().items == []
    assert not users.has_admin()


def test_every_secret_works_after_simultaneous_rotations(accounts: ServiceAccounts) -> None:
    account, first = ServiceAccount.new("Billing", Role.USER, NOON)
    accounts.add(account, NO_EVENTS)
    secrets = [new_credential(SECRET_PREFIX, account.id) for _ in range(8)]

    def rotate(secret: str) -> ServiceAccount:
        return accounts.update(account.id, lambda stored: stored.with_secret(secret, NOON))

    at_once(rotate, secrets)
    stored = accounts.get(account.id)
    assert stored
    assert all(stored.accepts(each, LATER) for each in (first, *secrets))


def test_a_replaced_secret_that_an_earlier_version_has_stored_works(store: Store, accounts: ServiceAccounts) -> None:
    account, first = ServiceAccount.new("Billing", Role.USER, NOON)
    fields = {"old_hash": account.secret_hash, "old_until": LATER, "secret_hash": "new", "old_secrets": None}
    written = accounts.write(account)
    assert isinstance(written, Insert)
    store.commit(Insert(written.key, {**written.fields, **fields}))
    renewed = accounts.update(account.id, lambda stored: stored.with_secret("newer", NOON))
    assert [renewed.accepts(first, at) for at in (NOON, LATER)] == [True, False]


def test_a_service_account_is_removed_with_its_user_once(accounts: ServiceAccounts, users: Users) -> None:
    stored = accounts.add(ServiceAccount.new("Billing", Role.USER, NOON)[0], NO_EVENTS)
    changed = accounts.update(stored.id, lambda account: account.with_secret("new", NOON))
    with pytest.raises(Stale):
        accounts.remove_with_user(stored.id, stored.revision, lambda user: user.tombstone(LATER), NO_EVENTS)
    accounts.remove_with_user(stored.id, changed.revision, lambda user: user.tombstone(LATER), NO_EVENTS)
    assert accounts.with_user(stored.id)[0] is None
    user = users.get(stored.id)
    assert user
    assert user.state is State.DELETED
    with pytest.raises(NotFound):
        accounts.update(stored.id, lambda account: account)
