"""Concurrent refreshes with one token, and concurrent uses of one cookie, on every store."""

from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from argon2 import PasswordHasher

from src.application.accounts import LocalAccounts
from src.application.factors import FirstStep
from src.application.ports import Clock
from src.application.sessions import AuthenticationService, BrowserSessionService, Lifetimes, SessionService
from src.domain.errors import InvalidToken
from src.domain.sessions import Client
from src.domain.users import User
from src.domain.values import Username
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.refresh import COOKIES, DerivedRefreshTokens
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from tests.support.races import at_once
from tests.support.working import Watch


def _now() -> datetime:
    return datetime.now(UTC)


def serve(users: Users, sessions: Sessions, clock: Clock = _now) -> Any:
    """Return the service of sessions. What neither a refresh nor a use of a cookie needs is missing."""
    keys = KeyRing(as_jwk_set([SigningKey.generate()]))
    accounts = LocalAccounts(
        users=users,
        hasher=Argon2Hasher(PasswordHasher(), at_once=1),
        owned=[],
        clock=clock,
    )
    return cast(Any, SessionService)(
        users=users,
        sessions=sessions,
        tokens=JwtIssuer(keys, clock, issuer="i", audience="a", seconds=900),
        refresh_tokens=DerivedRefreshTokens(keys),
        cookies=DerivedRefreshTokens(keys, COOKIES),
        lifetimes=Lifetimes(idle=timedelta(days=1), absolute=timedelta(days=2)),
        clock=clock,
        limiter=NoLimits(),
        accounts=accounts,
        notices=SimpleNamespace(is_new_device=lambda *_: False),
        authentication=cast(Any, AuthenticationService)(
            users=users,
            sessions=sessions,
            accounts=accounts,
            mfa_roles=(),
            clock=clock,
            **dict.fromkeys(("checks", "tokens")),
        ),
        **dict.fromkeys(("parse_login", "registration", "failures", "proofs", "pending")),
    )


def test_twenty_concurrent_refreshes_of_one_token_get_the_same_successor(users: Users, sessions: Sessions) -> None:
    service = serve(users, sessions)
    refresh = partial(service.refresh, client=Client())
    ada = users.add(User.new(now=_now(), username=Username.parse("ada"), email=None))
    first = service.start(ada, Client(), FirstStep())[1].refresh
    assert first

    outcomes = at_once(refresh, [first] * 20)

    successors = {outcome[1].refresh for outcome in outcomes if isinstance(outcome, tuple)}
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    [successor] = successors
    assert successor
    [session] = sessions.list_for_user(ada.id).items
    assert session.generation == 1
    _, last = refresh(successor)
    assert last.refresh
    for spent in (first, last.refresh):
        with pytest.raises(InvalidToken):
            refresh(spent)
    assert sessions.list_for_user(ada.id).items == []


def test_of_twenty_concurrent_uses_of_a_cookie_each_finds_the_user_and_one_is_stored(
    users: Users, sessions: Sessions
) -> None:
    watch = Watch()
    service = serve(users, sessions, watch)
    ada = users.add(User.new(now=watch(), username=Username.parse("ada"), email=None))
    cookie = service.start(ada, Client(uses_cookie=True), FirstStep())[1].cookie
    [began] = sessions.list_for_user(ada.id).items
    watch.forward(901)

    found: list[Any] = at_once(BrowserSessionService(sessions=service).authenticate, [cookie] * 20)

    assert {each.user.id for each in found} == {ada.id}
    [used] = sessions.list_for_user(ada.id).items
    assert (used.last_used_at, used.expires_at) == (watch(), watch() + timedelta(days=1))
    assert len({each.session.revision for each in found} | {began.revision}) == 2
    with pytest.raises(InvalidToken):
        service.refresh(cookie, Client())
    assert sessions.get(used.id) == used
