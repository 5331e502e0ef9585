"""The requirements of operations on their caller: a person, a session, a scope, a role, a proof with two factors."""

from dataclasses import replace
from datetime import timedelta

import pytest

from src.application.caller import Caller, caller_must_exist
from src.domain.errors import Forbidden, InsufficientAuthentication, InsufficientScope, InvalidToken, NotFound
from src.domain.keys import Key
from src.domain.sessions import Client, Method, Proof, Session
from src.domain.users import FactorKind, State
from src.domain.values import Role, Scope
from tests.support.working import NOON, caller_of, person

ADA, ROOT = person("ada"), person("root", Role.ADMIN)
ONE, TWO = Proof((Method.PASSWORD,), NOON), Proof((Method.PASSWORD, Method.CODE, Method.TWO_FACTORS), NOON)
LATER = NOON + timedelta(minutes=10, seconds=1)
END = NOON + timedelta(days=1)
SESSION = Session("s", "ada", ADA.session_epoch, NOON, NOON, END, END, Client())


def with_factors(role: Role, proof: Proof) -> Caller:
    user = replace(person("eve", role), factors={"totp": FactorKind.TOTP})
    return caller_of(user, proof)


def with_key(role: Role, scope: Scope = Scope.WRITE) -> Caller:
    user = person("eve", role)
    key, _ = Key.new(user.id, "backup", scope, None, NOON)
    return replace(caller_of(user, ONE), key=key)


SERVICE = caller_of(replace(person("bot", Role.ADMIN), state=State.SERVICE), ONE)


@pytest.mark.parametrize("caller", [with_key(Role.ADMIN), SERVICE], ids=["a key", "a service"])
def test_only_people_have_a_session_or_act_as_admins_in_person(caller: Caller) -> None:
    caller.require_admin()
    for require in (
        caller.require_person,
        replace(caller, session=SESSION).require_session,
        lambda: caller.require_recent_admin(NOON),
    ):
        with pytest.raises(Forbidden, match="Only a person"):
            require()


def test_a_session_is_required() -> None:
    caller = Caller(ADA, SESSION, ONE)
    assert (caller.require_session(), caller.session_id) == (SESSION, "s")
    assert Caller(ADA, None, ONE).session_id is None
    with pytest.raises(Forbidden):
        Caller(ADA, None, ONE).require_session()


def test_a_key_that_may_read_does_not_write() -> None:
    for scope in Scope:
        with_key(Role.USER, Scope.WRITE).require_scope(scope)
        caller_of(ADA, ONE).require_scope(scope)
    with_key(Role.USER, Scope.READ).require_scope(Scope.READ)
    with pytest.raises(InsufficientScope):
        with_key(Role.USER, Scope.READ).require_scope(Scope.WRITE)


def test_an_admin_in_person_with_factors_needs_a_recent_proof_of_two() -> None:
    with_factors(Role.ADMIN, TWO).require_recent_admin(NOON)
    caller_of(ROOT, ONE).require_recent_admin(LATER)  # without factors
    for proof, now in ((ONE, NOON), (TWO, LATER), (ONE, LATER)):
        with pytest.raises(InsufficientAuthentication):
            with_factors(Role.ADMIN, proof).require_recent_admin(now)
    with pytest.raises(Forbidden):
        with_factors(Role.AUDITOR, TWO).require_recent_admin(NOON)


def test_users_with_factors_prove_two_of_them() -> None:
    with_factors(Role.USER, TWO).require_two_factors()
    caller_of(ADA, ONE).require_two_factors()
    for require in (Caller.require_two_factors, lambda caller: caller.require_recent_two_factors(NOON)):
        with pytest.raises(InsufficientAuthentication):
            require(with_factors(Role.USER, ONE))
    with_factors(Role.ADMIN, TWO).require_admin()
    with pytest.raises(InsufficientAuthentication):
        with_factors(Role.ADMIN, ONE).require_admin()


def test_a_proof_is_recent_for_ten_minutes() -> None:
    caller = caller_of(ADA, ONE)
    caller.require_recent_proof(NOON + timedelta(minutes=10))
    with pytest.raises(InsufficientAuthentication) as refused:
        caller.require_recent_proof(LATER)
    assert not refused.value.two_factors
    with pytest.raises(InsufficientAuthentication) as refused:
        with_factors(Role.USER, TWO).require_recent_proof(LATER)
    assert refused.value.two_factors


def test_a_role_that_is_withheld_is_refused_with_the_way_to_get_it() -> None:
    withheld = replace(caller_of(ADA, ONE), withheld=Role.ADMIN)
    assert withheld.stored_user.role is Role.ADMIN
    assert caller_of(ADA, ONE).stored_user == ADA
    for require in (withheld.require_admin, withheld.require_auditor):
        with pytest.raises(InsufficientAuthentication):
            require()
    for caller in (replace(withheld, key=with_key(Role.USER).key), caller_of(ADA, ONE)):
        with pytest.raises(Forbidden):  # no proof of a key would help
            caller.require_admin()


def test_what_belongs_to_others_is_for_admins() -> None:
    caller_of(ADA, ONE).require_owner_or_admin("ada", "Not yours.")
    caller_of(ROOT, ONE).require_owner_or_admin("ada", "Not yours.")
    for owner in ("eve", None):
        with pytest.raises(Forbidden, match="Not yours"):
            caller_of(ADA, ONE).require_owner_or_admin(owner, "Not yours.")


@pytest.mark.parametrize("session", [SESSION, None], ids=["with a session", "without one"])
def test_a_caller_whose_sessions_end_or_who_is_disabled_is_no_longer_current(session: Session | None) -> None:
    caller = Caller(ADA, session, ONE)
    caller.require_current(ADA, NOON)
    for stored in (ADA.without_sessions(NOON), replace(ADA, disabled=True)):
        with pytest.raises(InvalidToken):
            caller.require_current(stored, NOON)


def test_a_session_that_has_expired_is_no_longer_current() -> None:
    with pytest.raises(InvalidToken):
        Caller(ADA, SESSION, ONE).require_current(ADA, END)


def test_a_caller_who_was_removed_has_an_invalid_token() -> None:
    with pytest.raises(InvalidToken), caller_must_exist():
        raise NotFound
