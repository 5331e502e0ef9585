"""Keys, the same over every store, races included."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from src.application.keys import KeyService
from src.domain.errors import Invalid
from src.domain.keys import MAX_KEYS, Key
from src.domain.sessions import NO_CLIENT
from src.domain.users import User
from src.domain.values import Scope
from src.infrastructure.repositories.keys import Keys
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.portable import Store
from tests.contract.accounts import LATER, NOON, new_user
from tests.support.races import at_once
from tests.support.working import caller_of

FULL = replace(Key.new("ada", "Informe 😀", Scope.WRITE, 90, NOON)[0], last_used_at=LATER)
BARE = Key.new("ada", "Report", Scope.READ, None, LATER)[0]


@pytest.fixture
def keys(store: Store) -> Keys:
    return Keys(store)


@pytest.fixture
def ada(users: Users) -> User:
    return users.add(new_user("ada", id="ada"))


def having(key: Key) -> Callable[[User], User]:
    return lambda user: user.with_key(key.id, key.scope, NOON)


@pytest.mark.usefixtures("ada")
def test_every_field_of_a_key_is_read_as_written(keys: Keys, users: Users) -> None:
    same = [each.name for each in fields(Key) if getattr(FULL, each.name) == getattr(BARE, each.name)]
    assert same == ["user_id", "revision"], "nothing else may be left to a default"
    for key in (FULL, BARE):
        keys.add(key, having(key))
        stored, user = keys.with_user(key.id, "ada")
        assert stored
        assert replace(stored, revision="") == key
    assert user == users.get("ada")
    assert user
    assert user.keys == {FULL.id: Scope.WRITE, BARE.id: Scope.READ}
    assert [each.id for each in keys.list_for_user("ada").items] == [BARE.id, FULL.id]


@pytest.mark.usefixtures("ada")
def test_a_key_is_removed_with_its_mention_in_the_user_and_a_late_use_does_not_bring_it_back(
    keys: Keys, users: Users
) -> None:
    keys.add(FULL, having(FULL))
    stored, _ = keys.with_user(FULL.id, "ada")
    assert stored
    keys.store_use(stored, LATER)
    keys.store_use(stored, NOON)  # the key has been changed since it was read
    used, _ = keys.with_user(FULL.id, "ada")
    assert used
    assert used.last_used_at == LATER
    users.update("ada", lambda user: user.without_keys(LATER))
    keys.store_use(used, LATER)
    assert keys.with_user(FULL.id, "ada")[0] is None
    assert keys.list_for_user("ada").items == []


def test_of_20_simultaneous_keys_beside_24_others_one_is_made(keys: Keys, users: Users, ada: User) -> None:
    service = KeyService(keys=keys, users=users, clock=lambda: NOON)
    for n in range(MAX_KEYS - 1):
        service.add(caller_of(ada), f"{n}", Scope.READ, None, NO_CLIENT)
    outcomes = at_once(lambda n: service.add(caller_of(ada), f"{n}", Scope.READ, None, NO_CLIENT), [*range(20)])
    assert [type(each) for each in outcomes if isinstance(each, Exception)] == [Invalid] * 19
    assert len(keys.list_for_user("ada").items) == MAX_KEYS
