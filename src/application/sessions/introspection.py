"""Tells services the state of tokens (RFC 7662), and revokes tokens (RFC 7009)."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from src.application.ports import Clock, RefreshTokens
from src.application.sessions.authentication import AuthenticationService
from src.application.sessions.clients import ClientAuthenticator
from src.domain.errors import InvalidToken
from src.domain.events import EventType
from src.domain.keys import KEY_PREFIX
from src.domain.sessions import Client
from src.domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class IntrospectionService:
    """Tells the state of access and refresh tokens, and revokes them."""

    authentication: AuthenticationService
    refresh_tokens: RefreshTokens
    clients: ClientAuthenticator
    """Authenticates the services that ask for the state of tokens."""
    clock: Clock

    def introspect(self, token: str, name: str, secret: str, client: Client) -> Mapping[str, Any] | None:
        """Tell the service with this credential whether a token of this service is active, and for whom.

        An access token is active until it expires, its session ends or its user is disabled. A refresh token is active
        while it is the last one of its session. A key is active until it expires or is removed. Tokens of an identity
        provider are not active. Raises InvalidClient, TooManyRequests, Unavailable.
        """
        self.clients.authenticate(name, secret, client)
        with suppress(InvalidToken):
            if token.startswith(KEY_PREFIX):
                return self._key(token)
            return self._access(token) if self.authentication.tokens.recognises(token) else self._refresh(token)
        return None

    def revoke(self, token: str, client: Client) -> None:
        """End the session of an access token or a refresh token. A token that is not valid changes nothing.

        Raises Unavailable.
        """
        with suppress(InvalidToken):
            user_id, session_id = self._session_of(token)
            # A session that has ended has no further event.
            _, user = self.authentication.session_with_user(session_id, user_id)
            now = self.clock()
            event = client.event(EventType.SESSION_ENDED, user_id, user.actor, now, session_id, reason="revoked")
            self.authentication.sessions.remove(session_id, events=[event])

    def _access(self, token: str) -> Mapping[str, Any]:
        user = self.authentication.authenticate(token).user
        claims = self.authentication.tokens.claims(token)
        return {**claims, **_name_of(user), "role": user.role.value, "token_type": "Bearer"}

    def _key(self, text: str) -> Mapping[str, Any]:
        caller = self.authentication.authenticate(text)
        user, key = caller.user, caller.key
        assert key
        end = {"exp": int(key.valid_until.timestamp())} if key.valid_until else {}
        subject = {"sub": user.id, "user_id": user.id, **_name_of(user), "role": user.role.value}
        return {
            **subject,
            "scope": key.scope.value,
            "iat": int(key.created_at.timestamp()),
            **end,
            "token_type": "Bearer",
        }

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
