"""Factors and the evidence of proofs of identity, the same over every store, races included."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from src.domain.errors import AlreadyUsed, Taken
from src.domain.factors import NO_EVIDENCE, Evidence, Factor, Passkey, Spent
from src.domain.sessions import Session
from src.domain.users import FactorKind, User
from src.infrastructure.repositories.factors import Factors
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.sql import SqlStore
from tests.contract.accounts import LATER, NOON, new_user
from tests.contract.test_sessions_repository import add_session, new_session
from tests.support.races import at_once

PASSKEY = Factor(
    id="a" * 64,
    user_id="ada",
    kind=FactorKind.PASSKEY,
    created_at=NOON,
    name="Teléfono 😀",
    last_used_at=LATER,
    passkey=Passkey("Y3JlZGVudGlhbA", "cHVibGljIGtleQ", 2**32 - 1, backed_up=True),
    last_step=2**40,
    secret="key.sealed",
    code_hashes=("one", "two"),
)
TOTP = Factor(id="b" * 64, user_id="ada", kind=FactorKind.TOTP, created_at=NOON, secret="key.sealed")
TICKET = Evidence((Spent("c" * 64, LATER),))


@pytest.fixture
def factors(store: Store) -> Factors:
    return Factors(store)


@pytest.fixture
def ada(users: Users) -> User:
    return users.add(new_user("ada", id="ada"))


def having(*factors: Factor) -> Callable[[User], User]:
    return lambda user: replace(user, factors={**user.factors, **{each.id: each.kind for each in factors}})


@pytest.mark.usefixtures("ada")
def test_every_field_of_a_factor_is_read_as_written(factors: Factors, users: Users) -> None:
    plain = Factor(id="d" * 64, user_id="ada", kind=FactorKind.RECOVERY, created_at=NOON)
    same = [each.name for each in fields(Factor) if getattr(PASSKEY, each.name) == getattr(plain, each.name)]
    assert same == ["user_id", "created_at", "revision"], "nothing else may be left to a default"
    user = factors.save([PASSKEY, plain], "ada", having(PASSKEY, plain), NO_EVIDENCE)
    assert user == users.get("ada")
    assert user.factors == {PASSKEY.id: FactorKind.PASSKEY, plain.id: FactorKind.RECOVERY}
    stored = factors.get_many(PASSKEY.id, "absent", plain.id)
    assert [each and replace(each, revision="") for each in stored] == [PASSKEY, None, plain]
    assert factors.with_user("ada", PASSKEY.id, "absent") == (user, [stored[0], None])


def test_a_user_is_added_with_its_factors_or_not_at_all(factors: Factors, users: Users, store: Store) -> None:
    if isinstance(store, SqlStore):
        with store.engine.begin() as connection:  # the PostgreSQL databases of these tests create missing owners
            connection.exec_driver_sql("DROP TRIGGER owner ON factors")

    def owner(id: str, *own: Factor) -> tuple[User, list[Factor]]:
        kept = [replace(each, user_id=id) for each in own]
        return having(*kept)(new_user(id, f"{id}@example.com", id=id)), kept

    assert factors.add_user(*owner("ada", PASSKEY, TOTP))
    user, stored = factors.with_user("ada", PASSKEY.id, TOTP.id)
    assert user
    assert user.factors == {PASSKEY.id: FactorKind.PASSKEY, TOTP.id: FactorKind.TOTP}
    assert [each and replace(each, revision="") for each in stored] == [PASSKEY, TOTP]
    other = replace(TOTP, id="e" * 64)
    assert not factors.add_user(*owner("bea", PASSKEY, other))
    assert not factors.add_user(owner("ada")[0], [])
    assert factors.with_user("bea", other.id) == (None, [None])
    assert users.holders(new_user("bea").claims) == {}
    assert factors.add_user(*owner("bea", other))


@pytest.mark.usefixtures("ada")
def test_a_credential_belongs_to_one_user_even_if_several_store_it_at_once(factors: Factors, users: Users) -> None:
    owners = ["ada", *(users.add(new_user()).id for _ in range(5))]
    outcomes = at_once(
        lambda id: factors.save([replace(PASSKEY, user_id=id)], id, having(PASSKEY), NO_EVIDENCE), owners
    )
    assert [isinstance(each, Taken) for each in outcomes].count(True) == 5
    [owner] = [id for id in owners if (user := users.get(id)) and user.factors]
    [stored] = factors.get_many(PASSKEY.id)
    assert stored
    assert stored.user_id == owner


@pytest.mark.usefixtures("ada")
def test_a_factor_is_removed_with_its_mention_in_the_user(factors: Factors, users: Users) -> None:
    factors.save([PASSKEY, TOTP], "ada", having(PASSKEY, TOTP), NO_EVIDENCE)
    user = users.update("ada", lambda user: user.without_factors([PASSKEY.id], NOON))
    assert [*user.factors] == [TOTP.id]
    assert [each is None for each in factors.get_many(PASSKEY.id, TOTP.id)] == [True, False]


@pytest.mark.usefixtures("ada")
def test_the_factors_of_a_deleted_user_are_removed(factors: Factors, users: Users) -> None:
    bob = users.add(new_user("bob"))
    factors.save([PASSKEY], "ada", having(PASSKEY), NO_EVIDENCE)
    factors.save([replace(TOTP, user_id=bob.id)], bob.id, having(TOTP), NO_EVIDENCE)
    users.update("ada", lambda user: user.tombstone(NOON))
    assert [each is None for each in factors.get_many(PASSKEY.id, TOTP.id)] == [True, False]


@pytest.mark.usefixtures("ada")
def test_a_ticket_that_was_used_is_not_read_again(factors: Factors) -> None:
    [ticket] = TICKET.spent
    assert factors.with_user("ada", TOTP.id, unused=ticket)[1] == [None]
    factors.save([TOTP], "ada", having(TOTP), TICKET)
    with pytest.raises(AlreadyUsed):
        factors.with_user("ada", TOTP.id, unused=ticket)


@pytest.fixture(params=["a new session", "a step-up", "an enrolment"])
def use(
    request: pytest.FixtureRequest, factors: Factors, sessions: Sessions, ada: User
) -> Callable[[Evidence], object]:
    """Return a function that commits something which the evidence allows."""
    session = add_session(sessions, new_session(ada.id))

    def step_up(evidence: Evidence) -> object:
        return sessions.update_with_user(session, ada, lambda stored, _: replace(stored, methods=("otp",)), evidence)

    def enrol(evidence: Evidence) -> object:
        return factors.save([replace(PASSKEY, id=new_session().id)], ada.id, lambda user: user, evidence)

    start: Callable[[Evidence], object] = lambda evidence: sessions.add_for_login((), new_session(ada.id), evidence)  # noqa: E731
    return {"a new session": start, "a step-up": step_up, "an enrolment": enrol}[request.param]


def test_evidence_is_used_once_even_by_simultaneous_requests(use: Callable[[Evidence], object]) -> None:
    outcomes = at_once(lambda _: use(TICKET), range(8))
    assert [isinstance(each, AlreadyUsed) for each in outcomes].count(True) == 7, outcomes
    with pytest.raises(AlreadyUsed):
        use(TICKET)


def test_a_factor_changed_since_it_was_read_is_no_evidence(
    use: Callable[[Evidence], object], factors: Factors, users: Users
) -> None:
    factors.save([TOTP], "ada", having(TOTP), NO_EVIDENCE)
    [read] = factors.get_many(TOTP.id)
    assert read
    used = replace(read, last_step=7)
    outcomes = at_once(lambda _: use(Evidence((), used)), range(4))
    assert [isinstance(each, AlreadyUsed) for each in outcomes].count(True) == 3, outcomes
    users.update("ada", lambda user: user.without_factors([TOTP.id], NOON))
    with pytest.raises(AlreadyUsed):
        use(Evidence((), used))


def test_a_session_that_another_request_has_changed_meanwhile_is_stepped_up_too(sessions: Sessions, ada: User) -> None:
    read = add_session(sessions, new_session(ada.id))

    def refreshed(stored: Session, _: User) -> Session:
        return replace(stored, generation=stored.generation + 1)

    sessions.update_with_user(read, ada, refreshed)
    session, _ = sessions.update_with_user(
        read, ada, lambda stored, _: replace(stored, stepped_up_at=NOON + timedelta(seconds=1)), TICKET
    )
    assert (session.generation, session.stepped_up_at) == (1, NOON + timedelta(seconds=1))
