"""Dogs that are created or given away while their owner is deleted: none of them remains."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from src.domain.errors import InvalidToken, UnknownOwner
from src.domain.users import User
from src.infrastructure.stores.portable import Store
from tests.support.races import at_once
from tests.support.working import caller_of
from tests.support.world import build, client_of, join, services_of

THREADS, EACH = 6, 5


@pytest.fixture(params=["memory", "sqlite"])
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    store: Store = request.getfixturevalue(request.param)()
    yield build(store)
    store.close()


def somebody(app: Flask, role: str = "user") -> User:
    """Return a new user as a request that has already begun knows them."""
    user = services_of(app).accounts.accounts.users.get(join(client_of(app), role).user["id"])
    assert user
    return user


def race(app: Flask, owner: User, act: Callable[[str], object], refusal: type[Exception]) -> None:
    """Delete ``owner`` while threads call ``act`` with many names. Assert that no dog or job of the owner remains."""

    def thread(number: int) -> None:
        if number == THREADS:
            services_of(app).accounts.accounts.delete(owner.id)
            return
        for each in range(EACH):
            act(f"dog {number} {each}")

    outcomes = at_once(thread, range(THREADS + 1))
    assert all(outcome is None or isinstance(outcome, refusal) for outcome in outcomes), outcomes
    assert services_of(app).dogs.dogs.find(user_id=owner.id).items == []
    assert services_of(app).jobs.jobs.list_for_user(owner.id).items == []


@pytest.mark.parametrize("round", range(3))
def test_a_dog_created_during_the_deletion_of_its_owner_is_gone(app: Flask, round: int) -> None:
    ada, dogs = somebody(app), services_of(app).dogs
    race(app, ada, lambda name: dogs.add(caller_of(ada), name, False, None), InvalidToken)


@pytest.mark.parametrize("round", range(3))
def test_a_dog_created_by_an_admin_for_a_user_being_deleted_is_gone(app: Flask, round: int) -> None:
    ada, root, dogs = somebody(app), somebody(app, "admin"), services_of(app).dogs
    race(app, ada, lambda name: dogs.add(caller_of(root), name, False, ada.id), UnknownOwner)


@pytest.mark.parametrize("round", range(3))
def test_a_dog_given_to_a_user_being_deleted_is_gone(app: Flask, round: int) -> None:
    ada, root, dogs = somebody(app), somebody(app, "admin"), services_of(app).dogs
    for number in range(THREADS):
        for each in range(EACH):
            dogs.add(caller_of(root), f"dog {number} {each}", False, None)
    race(app, ada, lambda name: dogs.change(caller_of(root), dogs.show(name), {"user_id": ada.id}, None), UnknownOwner)
