"""Sample users, changes of users, and assertions that hold for all of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.errors import LastAdmin, Taken
from src.domain.users import Claim, PendingChange, Profile, State, User
from src.domain.values import Email, Role, Username
from src.infrastructure.repositories.users import Users
from tests.support.claims import holder_of

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)


LATER = NOON + timedelta(hours=1)


def new_user(username: str | None = None, email: str | None = None, id: str | None = None) -> User:
    name = Username.parse(username) if username else Username.random()
    return User.new(now=NOON, username=name, email=Email(email) if email else None, id=id)


def username_claim(text: str) -> Claim:
    return Claim("username", Username.parse(text).key)


def email_claim(address: str) -> Claim:
    return Claim("email", Email(address).key)


def profile(change: Profile) -> Callable[[User], User]:
    return lambda user: user.changed(change, LATER)


def rename(username: str) -> Callable[[User], User]:
    return profile({"username": Username.parse(username)})


def assert_claims_agree(users: Users, ids: Iterable[str], claims: Iterable[Claim]) -> None:
    """Assert that each claim is held by exactly the user that names it, or is free to be taken."""
    held = [(claim, user.id) for id in ids if (user := users.get(id)) for claim in user.claims]
    holders = dict(held)
    assert len(holders) == len(held), "two users hold the same name"
    for claim in {*claims, *holders}:
        holder = holder_of(users, claim)
        assert holder == holders.get(claim)
        if holder is None:
            users.add(replace(new_user(), pending=PendingChange(NOON, (claim,))))


def new_admin(name: str, id: str | None = None) -> User:
    return replace(new_user(name, f"{name}@example.com", id), role=Role.ADMIN)


def demote(user: User) -> User:
    return replace(user, role=Role.USER)


def disable(user: User) -> User:
    return user.changed({"disabled": True}, LATER)


OUSTINGS = [
    pytest.param(demote, id="demoted"),
    pytest.param(disable, id="disabled"),
    pytest.param(lambda user: user.tombstone(LATER), id="buried"),
    pytest.param(lambda user: replace(user, state=State.DELETING), id="being deleted"),
]


def assert_one_rules(users: Users, ids: Iterable[str], outcomes: Sequence[object]) -> None:
    [refused] = [outcome for outcome in outcomes if not isinstance(outcome, User)]
    assert isinstance(refused, LastAdmin)
    assert [user.is_active_admin for id in ids if (user := users.get(id))].count(True) == 1
    assert users.has_admin()


def winners(outcomes: Iterable[User | Exception], *fields: str) -> list[User]:
    """Return the users who were stored, and assert that all others were told that exactly ``fields`` are taken."""
    won = []
    for outcome in outcomes:
        if isinstance(outcome, User):
            won.append(outcome)
        else:
            assert isinstance(outcome, Taken), repr(outcome)
            assert outcome.fields == fields
    return won
