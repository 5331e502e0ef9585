"""Simultaneous refreshes with one token."""

from collections import Counter
from dataclasses import fields
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from argon2 import PasswordHasher

from src.application.accounts import LocalAccounts
from src.application.factors import FirstStep
from src.application.ports import Clock
from src.application.sessions import AuthenticationService, Lifetimes, SessionService
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

REFRESHES = 20
KEYS = as_jwk_set([SigningKey.generate()])


def serve(users: Users, sessions: Sessions, clock: Clock) -> Any:
    """Return the service of sessions with what a refresh and the use of a cookie need, and None for the rest."""
    keys = KeyRing(KEYS)
    accounts = LocalAccounts(
        users=users,
        hasher=Argon2Hasher(PasswordHasher(), at_once=1),
        owned=[],
        clock=clock,
    )
    return _partly(
        SessionService,
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
        authentication=_partly(
            AuthenticationService, users=users, sessions=sessions, accounts=accounts, mfa_roles=(), clock=clock
        ),
    )


def _partly(service: type, **ports: Any) -> Any:
    """Return a service with these ports, and None for the others."""
    return service(**dict.fromkeys(field.name for field in fields(service)) | ports)


def refresh_at_once(users: Users, sessions: Sessions) -> Counter[str]:
    """Refresh with one token in 20 threads, and replay it later at a restarted service.

    Assert that all threads get the same successor, that the session advances once, and that replays are refused.
    """
    watch = Watch()
    service = serve(users, sessions, watch)
    user = users.add(User.new(now=watch(), username=Username.random(), email=None))
    first = service.start(user, Client(), FirstStep())[1].refresh
    assert first

    outcomes = at_once(partial(service.refresh, client=Client()), [first] * REFRESHES)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    [successor] = {outcome[1].refresh for outcome in outcomes if isinstance(outcome, tuple)}
    assert successor
    [session] = sessions.list_for_user(user.id).items
    assert session.generation == 1
    restarted = serve(users, sessions, watch)
    _, last = restarted.refresh(successor, client=Client())
    assert last.refresh
    watch.forward(11)
    for spent in (first, successor, last.refresh):  # the first replay ends the session
        with pytest.raises(InvalidToken):
            restarted.refresh(spent, client=Client())
    assert sessions.list_for_user(user.id).items == []
    return Counter({"simultaneous refreshes": REFRESHES, "steps of the sessions": 1, "replays refused": 3})
