"""Tells services the state of tokens (RFC 7662), and revokes tokens (RFC 7009)."""

import hmac
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from src.application.limits import WRONG_SECRETS, WRONG_SECRETS_BY_NAME, Count, RateLimiter, network
from src.application.ports import Clock, RefreshTokens
from src.application.sessions.authentication import AuthenticationService
from src.domain.errors import InvalidClient, InvalidToken
from src.domain.events import Actor, ActorKind, EventType
from src.domain.sessions import Client
from src.domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrospectionService:
    """Tells the state of access and refresh tokens, and revokes them."""

    authentication: AuthenticationService
    refresh_tokens: RefreshTokens
    credentials: Mapping[str, str]
    """The secrets of the services that may ask for the state of tokens, by the name of the service."""
    limiter: RateLimiter
    clock: Clock
    trusted: set[tuple[str, str]] = field(default_factory=set)
    """The services and their addresses from which the last secret was right. These are not counted."""
    running: dict[tuple[str, str], Future[None]] = field(default_factory=dict)
    """The counts of first right secrets that are under way."""

    def introspect(self, token: str, name: str, secret: str, client: Client) -> Mapping[str, Any] | None:
        """Tell the service with this credential whether a token of this service is active, and for whom.

        An access token is active until it expires, its session ends or its user is disabled. A refresh token is active
        while it is the last one of its session. Tokens of an identity provider are not active. Raises InvalidClient,
        TooManyRequests, Unavailable.
        """
        self._require_service(name, secret, client)
        with suppress(InvalidToken):
            return self._access(token) if self.authentication.tokens.recognises(token) else self._refresh(token)
        return None

    def revoke(self, token: str, client: Client) -> None:
        """End the session of an access token or a refresh token. A token that is not valid changes nothing.

        Raises Unavailable.
        """
        with suppress(InvalidToken):
            user_id, session_id = self._session_of(token)
            self.authentication.session_with_user(session_id, user_id)  # a session that has ended has no further event
            owner = Actor(ActorKind.USER, user_id)
            event = client.event(EventType.SESSION_ENDED, user_id, owner, self.clock(), session_id, reason="revoked")
            self.authentication.sessions.remove(session_id, events=[event])

    def _require_service(self, name: str, secret: str, client: Client) -> None:
        """Raise InvalidClient unless ``name`` and ``secret`` are the credential of a service.

        Wrong secrets are limited as wrong passwords are, but with counters of their own: whoever guesses passwords at a
        gateway could otherwise stop the introspections of that gateway. The first right secret from an address is
        refused too while the limit of wrong ones is exceeded. Raises TooManyRequests, Unavailable.
        """
        if not secret:
            raise InvalidClient  # nothing was guessed
        address, expected = network(client), self.credentials.get(name)
        counts = (Count(WRONG_SECRETS_BY_NAME, f"{address} {name}"), Count(WRONG_SECRETS, address))
        if expected is None or not hmac.compare_digest(expected.encode(), secret.encode()):
            self.trusted.discard((name, address))
            self.limiter.hit(*counts)
            raise InvalidClient
        if (name, address) not in self.trusted:
            self._count_once((name, address), counts)

    def _count_once(self, service: tuple[str, str], counts: Sequence[Count]) -> None:
        """Count the first right secret of a service from an address. Simultaneous requests share one count.

        Raises TooManyRequests, Unavailable.
        """
        count: Future[None] = Future()
        running = self.running.setdefault(service, count)
        if running is not count:
            return running.result()
        try:
            self.limiter.give_back(self.limiter.hit(*counts))
            self.trusted.add(service)
            count.set_result(None)
        except BaseException as error:
            count.set_exception(error)
            raise
        finally:
            self.running.pop(service)

    def _access(self, token: str) -> Mapping[str, Any]:
        user = self.authentication.authenticate(token).user
        claims = self.authentication.tokens.claims(token)
        return {**claims, **_name_of(user), "role": user.role.value, "token_type": "Bearer"}

    def _refresh(self, value: str) -> Mapping[str, Any]:
        token = self.refresh_tokens.parse(value)
        session, user = self.authentication.session_with_user(token.session_id, token.user_id)
        if token.hash != session.current_hash:
            raise InvalidToken
        return {"sub": user.id, "sid": session.id, "exp": int(session.expires_at.timestamp()), **_name_of(user)}

    def _session_of(self, token: str) -> tuple[str, str]:
        """Return the ids of the user and the session of a token. Raises InvalidToken."""
        if self.authentication.tokens.recognises(token):
            claims = self.authentication.tokens.verify(token)
            return claims.user_id, claims.session_id
        refresh = self.refresh_tokens.parse(token)
        if not refresh.genuine:  # whoever holds a genuine one, even a spent one, may end the session
            raise InvalidToken
        return refresh.user_id, refresh.session_id


def _name_of(user: User) -> Mapping[str, str]:
    return {"username": user.username.display} if user.username else {}
