"""The authenticated user of a request, and the proofs of identity that operations require of the user."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from src.domain.errors import (
    Forbidden,
    InsufficientAuthentication,
    InsufficientScope,
    InvalidToken,
    NotFound,
    PorteroError,
)
from src.domain.keys import Key
from src.domain.messages import Translatable
from src.domain.sessions import Level, Proof, Session
from src.domain.users import User
from src.domain.values import Role, Scope

RECENT = timedelta(minutes=10)
"""The age up to which a proof counts for changes with which somebody could take over an account."""

_FOR_ADMINS = Translatable("This is for {access}.", access=Translatable("admins"))
_FOR_AUDITORS = Translatable("This is for {access}.", access=Translatable("auditors and admins"))


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user.

    ``session`` is None if the user has sent a key, or a token of the identity provider.
    """

    user: User
    """The user, whose role is the one that counts in the session."""
    session: Session | None
    proof: Proof
    """How and when the user has proved who they are, as the token says."""
    signed_in_at: datetime | None = None
    """The time of the sign-in at the identity provider, if the token or its session comes from one."""
    withheld: Role | None = None
    """The role of the user, if it does not count before a proof with two factors, or not with a key."""
    key: Key | None = None
    """The key with which the request is authenticated, or None."""

    @property
    def stored_user(self) -> User:
        """The user with the role that is stored."""
        return replace(self.user, role=self.withheld) if self.withheld else self.user

    @property
    def session_id(self) -> str | None:
        """The id of the session, or None for a caller without a session."""
        return self.session.id if self.session else None

    def require_session(self) -> Session:
        """Return the session. Raises Forbidden for a caller without one."""
        self.require_person()
        if self.session is None:
            raise Forbidden("A token of the identity provider has no session here; log in to get one.")
        return self.session

    def require_person(self) -> None:
        """Raise Forbidden for keys and services, which may not change the account or its credentials, nor read them."""
        if self.key or self.user.is_service:
            raise Forbidden("Only a person who has logged in can do this, not a key or a service.")

    def require_current(self, stored: User, now: datetime) -> None:
        """Raise InvalidToken if the caller was disabled, or its session has ended, since it was authenticated.

        ``stored`` is the user that the store holds now.
        """
        if self.session:
            is_current = self.session.is_valid(stored, now)
        else:
            is_current = stored.can_log_in and stored.session_epoch == self.user.session_epoch
        if not is_current:
            raise InvalidToken

    def require_scope(self, scope: Scope) -> None:
        """Raise InsufficientScope for a key that may only read if ``scope`` is WRITE."""
        if self.key and self.key.scope is Scope.READ and scope is Scope.WRITE:
            raise InsufficientScope(scope)

    def require_two_factors(self) -> None:
        """Raise InsufficientAuthentication if the user has factors, and has proved only one."""
        if self.user.factors and self.proof.level is Level.ONE_FACTOR:
            raise InsufficientAuthentication

    def require_recent_two_factors(self, now: datetime) -> None:
        """Raise InsufficientAuthentication if the user has factors, and has not proved two in the last ten minutes."""
        if self.user.factors and (self.proof.level is Level.ONE_FACTOR or not self.has_recent_proof(now)):
            raise InsufficientAuthentication(within=RECENT)

    def has_recent_proof(self, now: datetime) -> bool:
        """Return whether the last proof of identity is at most ten minutes old."""
        # A stolen ID token may be an hour old, and still start a session.
        return abs(now - self.proof.at) <= RECENT

    def require_recent_proof(self, now: datetime) -> None:
        """Raise InsufficientAuthentication if the last proof of identity is more than ten minutes old."""
        if not self.has_recent_proof(now):
            raise InsufficientAuthentication(two_factors=bool(self.user.factors), within=RECENT)

    def require_admin(self, detail: str = _FOR_ADMINS) -> None:
        """Raise an error unless the caller may change the objects of other users.

        Raises Forbidden with this detail if the caller is no admin, and InsufficientAuthentication if the admin has
        factors and has proved only one.
        """
        if self.user.role is not Role.ADMIN:
            raise self.refusal(detail, Role.ADMIN)
        self.require_two_factors()

    def require_recent_admin(self, now: datetime) -> None:
        """Raise an error unless the caller is an admin in person, whose proof of two factors is recent.

        An admin without factors needs no such proof. Raises Forbidden, and the errors of
        ``require_recent_two_factors``.
        """
        self.require_person()
        self.require_admin()
        self.require_recent_two_factors(now)

    def require_may_grant(self, role: Role, now: datetime) -> None:
        """Raise an error unless the caller may give this role to somebody else.

        A role that sees everybody is given by an admin in person with a recent proof: the new admin has no factors yet,
        and could do at once what asks the caller for that proof. Raises the errors of ``require_admin`` or
        ``require_recent_admin``.
        """
        if role.sees_everybody:
            self.require_recent_admin(now)
        else:
            self.require_admin()

    def require_auditor(self) -> None:
        """Raise Forbidden or InsufficientAuthentication unless the caller may see the data of other users."""
        if self.user.role not in (Role.AUDITOR, Role.ADMIN):
            raise self.refusal(_FOR_AUDITORS, Role.AUDITOR, Role.ADMIN)

    def require_owner_or_admin(self, owner_id: str | None, detail: str) -> None:
        """Raise the errors of ``require_admin`` unless the caller is the user with the id ``owner_id``."""
        if self.user.id != owner_id:
            self.require_admin(detail)

    def refusal(self, detail: str, *roles: Role) -> PorteroError:
        """Return the error for an operation that is allowed to ``roles`` only.

        The error is InsufficientAuthentication for a caller whose role is in ``roles``, but is effective only after a
        proof with two factors. For other callers it is Forbidden.
        """
        return InsufficientAuthentication() if self.withheld in roles and not self.key else Forbidden(detail)


@contextmanager
def caller_must_exist() -> Iterator[None]:
    """Raise InvalidToken if the block raises NotFound, which means that the caller has just been removed."""
    try:
        yield
    except NotFound:
        raise InvalidToken from None
