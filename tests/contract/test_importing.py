"""Storing many users at once, the same in every store."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from src.domain.users import Claim, User
from src.domain.values import Email, Role, Username
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.portable import Store
from tests.contract.conftest import set_limits

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)


def person(name: str, role: Role = Role.USER) -> User:
    email = Email(f"{name}@example.com")
    return replace(User.new(now=NOON, id=f"id-{name}", username=Username.parse(name), email=email), role=role)


def test_many_users_are_stored_with_their_claims(users: Users, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    set_limits(store, monkeypatch, commit_writes=10)
    people = [person(f"user{at}", Role.ADMIN if at in (2, 5) else Role.USER) for at in range(8)]
    assert users.add_all(people) == set()
    found = users.get_many(*(each.id for each in people))
    assert [each and replace(each, revision="") for each in found] == people
    assert users.has_admin()
    claims = {claim: each.id for each in people for claim in each.claims}
    assert users.holders([*claims, Claim("username", "nobody"), Claim("email", "user1")]) == claims


def test_users_whose_names_are_taken_are_left_out(users: Users) -> None:
    users.add(person("user1"))
    users.add(replace(person("other"), id="id-user3"))
    people = [person(f"user{at}") for at in range(5)]
    assert users.add_all(people) == {"id-user1", "id-user3"}
    assert [each is None for each in users.get_many("id-user0", "id-user2", "id-user4")] == [False] * 3
    assert users.holders([Claim("username", "user3")]) == {}
    assert users.add_all(people) == {each.id for each in people}


def test_no_user_and_no_claim_take_no_commit(users: Users) -> None:
    assert users.add_all([]) == set()
    assert users.holders([]) == {}
