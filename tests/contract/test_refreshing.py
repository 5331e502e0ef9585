"""Concurrent refreshes with one token, on every store."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from argon2 import PasswordHasher

from src.application.accounts import LocalAccounts
from src.application.sessions import Lifetimes, SessionService
from src.domain.errors import InvalidToken
from src.domain.sessions import Client
from src.domain.users import User
from src.domain.values import Username
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.refresh import DerivedRefreshTokens
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from tests.support.races import at_once


def _now() -> datetime:
    return datetime.now(UTC)


def test_twenty_concurrent_refreshes_of_one_token_get_the_same_successor(users: Users, sessions: Sessions) -> None:
    keys = KeyRing(as_jwk_set([SigningKey.generate()]))
    tokens, refresh_tokens = JwtIssuer(keys, _now, issuer="i", audience="a", seconds=900), DerivedRefreshTokens(keys)
    lifetimes = Lifetimes(idle=timedelta(days=1), absolute=timedelta(days=2))
    service = cast(Any, SessionService)(
        users=users,
        sessions=sessions,
        tokens=tokens,
        refresh_tokens=refresh_tokens,
        lifetimes=lifetimes,
        audit=lambda *_: None,
        clock=_now,
        limiter=NoLimits(),
        accounts=LocalAccounts(
            users=users,
            hasher=Argon2Hasher(PasswordHasher(), at_once=1),
            owned=[],
            audit=lambda *_: None,
            clock=_now,
        ),
        notices=SimpleNamespace(logged_in=lambda *_: None),
        **dict.fromkeys(("authentication", "parse_login", "registration")),  # not used by a refresh
    )
    refresh = service.refresh
    ada = users.add(User.new(now=_now(), username=Username.parse("ada"), email=None))
    first = service.start(ada, Client(), []).refresh
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
