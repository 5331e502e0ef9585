"""Sign-ins at the identity provider: which sessions a revocation ends, and when a token is checked again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from src.application.caller import Caller
from src.application.sessions import RecentChecks
from src.domain.errors import InsufficientAuthentication
from src.domain.sessions import Client, Method, Proof, Session
from src.domain.users import ProviderLink, User

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ADA = replace(User.new(now=NOON, id="ada"), provider=ProviderLink(NOON))


def session(*, signed_in_at: datetime | None = None, created_at: datetime = NOON, id: str = "s") -> Session:
    end = NOON + timedelta(days=30)
    return Session(id, "ada", 0, created_at, created_at, end, end, Client(), signed_in_at=signed_in_at)


@pytest.mark.parametrize(("signed_in_at", "revoked"), [(NOON, True), (NOON + 5 * SECOND, False)])
def test_a_revocation_ends_the_sessions_of_earlier_sign_ins(signed_in_at: datetime, revoked: bool) -> None:
    user = ADA.with_provider(ProviderLink(NOON + 5 * SECOND))
    assert session(signed_in_at=signed_in_at).is_revoked(user) is revoked


def test_a_revocation_that_is_known_ends_nothing() -> None:
    assert ADA.with_provider(ProviderLink(NOON)) == ADA
    assert not session(signed_in_at=NOON - SECOND).is_revoked(ADA.with_provider(ProviderLink(NOON)))


def test_a_session_that_a_change_of_the_password_has_kept_ends_with_the_next_revocation() -> None:
    changed = replace(ADA.without_sessions(NOON + SECOND, keep="s"), provider=ProviderLink(NOON + SECOND))
    kept = session(signed_in_at=NOON)
    assert not kept.is_revoked(changed)
    assert kept.is_revoked(changed.with_provider(ProviderLink(NOON + 9 * SECOND)))


def test_a_clock_that_is_slow_ends_no_new_session() -> None:
    user = ADA.with_provider(ProviderLink(NOON + 5 * SECOND))
    assert not session(created_at=NOON).is_revoked(user)
    assert session(created_at=NOON - 6 * SECOND).is_revoked(user)


def test_a_sign_in_of_the_second_in_which_all_sessions_ended_is_not_revoked() -> None:
    ended = ADA.without_sessions(NOON + SECOND / 2)
    assert not session(signed_in_at=NOON).is_revoked(ended)


def test_a_check_of_a_token_counts_until_its_lifetime_is_over() -> None:
    now = NOON
    checks = RecentChecks(timedelta(seconds=300), lambda: now)
    assert checks.is_due("token")
    checks.add("token")
    assert checks.is_due("another")
    now += timedelta(seconds=299)
    assert not checks.is_due("token")
    now += SECOND
    assert checks.is_due("token")


def test_a_check_counts_no_longer_when_the_clock_is_set_back_by_a_day() -> None:
    now = NOON
    checks = RecentChecks(timedelta(seconds=300), lambda: now)
    checks.add("token")
    now -= timedelta(days=1)
    assert checks.is_due("token")


def test_a_clock_that_is_set_back_by_a_day_makes_old_proofs_and_spent_tokens_no_newer() -> None:
    yesterday = NOON - timedelta(days=1)
    caller = Caller(ADA, None, Proof((Method.PASSWORD,), NOON))
    caller.require_recent_proof(NOON - 30 * SECOND)
    with pytest.raises(InsufficientAuthentication):
        caller.require_recent_proof(yesterday)
    spent = replace(session(), spent_hash="spent", spent_at=NOON)
    assert spent.in_grace_period("spent", NOON - SECOND)
    assert not spent.in_grace_period("spent", yesterday)


def test_a_lifetime_of_zero_checks_every_use() -> None:
    checks = RecentChecks(timedelta(), lambda: NOON)
    checks.add("token")
    assert checks.is_due("token")


def test_only_the_newest_checks_are_remembered() -> None:
    checks = RecentChecks(timedelta(seconds=300), lambda: NOON)
    for number in range(4096):
        checks.add(str(number))
    checks.add("0")
    checks.add("4096")
    assert not checks.is_due("0")
    assert checks.is_due("1")
    assert not checks.is_due("2")
