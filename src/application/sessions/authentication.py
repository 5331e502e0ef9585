"""Authenticates callers by their bearer tokens."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from src.application.accounts import Accounts
from src.application.caller import Caller
from src.application.ports import Clock, ExternalIdentity, TokenIssuer
from src.application.sessions.checks import RecentChecks
from src.domain.errors import InvalidToken, Unavailable
from src.domain.keys import KEY_PREFIX, KeyRepository, key_id, owner_of
from src.domain.sessions import Level, Proof, Session, SessionRepository
from src.domain.users import User, UserRepository
from src.domain.values import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationService:
    """Finds the user of a bearer token."""

    users: UserRepository
    sessions: SessionRepository
    keys: KeyRepository
    accounts: Accounts
    checks: RecentChecks
    tokens: TokenIssuer
    mfa_roles: Collection[Role]
    """The roles that count only after a proof with two factors. Before it, they count as USER."""
    clock: Clock

    def authenticate(self, token: str) -> Caller:
        """Return the caller of a bearer token, with one read of the store for the session and the user together.

        A key is a bearer token too, and is read with its user. The identity provider is asked for the user of a key
        unless the key was checked a short while ago.

        Raises InvalidToken, Unavailable, and on the first visit of a user of the identity provider RegistrationClosed
        and Taken. Raises InsufficientAuthentication for a user with factors whose token of the identity provider proves
        only one.
        """
        if token.startswith(KEY_PREFIX):
            return self._caller_with_key(token)
        try:
            claims = self.tokens.verify(token)
        except InvalidToken:
            if self.tokens.recognises(token):
                raise
            identity = self.accounts.verify_id_token(token)
            if identity.claims is None:
                visitor = self._visitor(token, identity)
                caller = self.caller(visitor, None, identity.proof, identity.authenticated_at)
                caller.require_two_factors()
                return caller
            claims = identity.claims
        session, user = self.session_with_user(claims.session_id, claims.user_id)
        # A token of an earlier version does not say how its user has logged in.
        proof = claims.proof or Proof((), session.logged_in_at)
        return self.caller(user, session, proof, session.signed_in_at)

    def caller(self, user: User, session: Session | None, proof: Proof, signed_in_at: datetime | None = None) -> Caller:
        """Return a user as the caller of a request. ``proof`` decides which role is effective."""
        effective = self.with_effective_role(user, proof.level)
        return Caller(effective, session, proof, signed_in_at, None if effective is user else user.role)

    def _caller_with_key(self, text: str) -> Caller:
        """Return the caller of a key. Its role is UPLOADER at most, and no more than USER if it needs two factors.

        Raises InvalidToken, Unavailable.
        """
        key, user = self.keys.with_user(key_id(text), owner_of(KEY_PREFIX, text))
        now = self.clock()
        if key is None or user is None or not key.is_valid(text, user, now):
            raise InvalidToken
        if self.checks.is_due(text):
            user = self.accounts.sync_user(user)
            if not key.is_valid(text, user, now):
                raise InvalidToken
            self.checks.add(text)
        if key.must_store_use(now):
            with suppress(Unavailable):  # the next use stores it
                self.keys.store_use(key, now)
        proof = Proof((), key.created_at)
        withheld = user.role if user.role in (Role.AUDITOR, Role.ADMIN, *self.mfa_roles) else None
        return Caller(replace(user, role=Role.USER) if withheld else user, None, proof, withheld=withheld, key=key)

    def with_effective_role(self, user: User, level: Level) -> User:
        """Return a user with the role that is effective after a proof of this level."""
        if user.role in self.mfa_roles and level is Level.ONE_FACTOR and not user.is_service:
            return replace(user, role=Role.USER)
        return user

    def session_with_user(self, id: str, user_id: str) -> tuple[Session, User]:
        """Return a session that has not ended, and its user, read in one round trip.

        A session also counts as ended if this service knows that the identity provider has revoked its sign-in. Raises
        InvalidToken, Unavailable.
        """
        session, user = self.sessions.with_user(id, user_id)
        if session is None or user is None or not session.is_valid(user, self.clock()):
            raise InvalidToken
        if session.is_revoked(user):
            raise InvalidToken
        return session, user

    def user_for_id_token(
        self, id_token: str, *, recheck: bool = False, invitation: str = ""
    ) -> tuple[User, ExternalIdentity]:
        """Return the user of a token of the identity provider. The first visit creates the user.

        A user is found by the provider's uid only, never by e-mail address. The provider is asked for the account
        unless the same token was checked a short while ago; with ``recheck`` it is always asked. A newcomer accepts the
        invitation with the token ``invitation``. A token that stands for a session of this service is refused. Raises
        InvalidToken, RegistrationClosed, Invalid, Taken, Unavailable.
        """
        identity = self.accounts.verify_id_token(id_token)
        if identity.claims:
            raise InvalidToken
        return self._visitor(id_token, identity, recheck=recheck, invitation=invitation), identity

    def _visitor(
        self, id_token: str, identity: ExternalIdentity, *, recheck: bool = False, invitation: str = ""
    ) -> User:
        """Return the user of a token that the identity provider has issued for a sign-in there."""
        user = None if recheck or self.checks.is_due(id_token) else self.users.get(identity.uid)
        if user is None:
            user = self.accounts.user_for_id_token(identity, invitation)
            self.checks.add(id_token)
        self._require_current(user, identity)
        return user

    def _require_current(self, user: User, identity: ExternalIdentity) -> None:
        """Raise InvalidToken if the user cannot log in, has ended this sign-in, or is a guest who has expired."""
        if not user.can_log_in or user.has_ended(identity.authenticated_at):
            raise InvalidToken
        if user.expires_at and self.clock() >= user.expires_at:
            raise InvalidToken

    def public_keys(self) -> Mapping[str, Any]:
        """Return the public keys that verify access tokens, as a JWK set (RFC 7517)."""
        return self.tokens.public_keys()
