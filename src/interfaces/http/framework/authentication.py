"""Authenticates the callers of operations, and checks which callers an operation admits."""

from collections.abc import Sequence
from enum import Enum

from flask import current_app, request

from src.application.sessions import AuthenticationService, Caller
from src.domain.errors import Unauthenticated
from src.domain.messages import Translatable
from src.domain.users import User
from src.domain.values import MEMBER_ROLES, Role, Scope

_KNOWN_SCHEMES = {"", "bearer", "basic", "digest"}
"""Words at the beginning of an Authorization header that are no token."""


class Access(Enum):
    """The callers that an operation admits. The value of a member describes these callers in the detail of a 403."""

    PUBLIC = "anyone"
    GUEST_OR_PUBLIC = "anyone, or a guest with a token"
    TOKEN = "anyone with a token"  # noqa: S105 - it is no password
    USER = "users, not guests"
    UPLOADER = "uploaders and admins"
    AUDITOR = "auditors and admins"
    """For what admins may see, such as a list of invitations. What they may change is for ADMIN."""
    ADMIN = "admins"

    @property
    def needs_token(self) -> bool:
        """Whether a request without a token is answered with 401."""
        return self not in (Access.PUBLIC, Access.GUEST_OR_PUBLIC)

    @property
    def roles(self) -> Sequence[Role]:
        """The roles that may call the operation. The first one has the fewest rights."""
        return _ROLES.get(self, _EVERYBODY)


_EVERYBODY = tuple(Role)
_ROLES = {
    Access.USER: MEMBER_ROLES,
    Access.UPLOADER: (Role.UPLOADER, Role.ADMIN),
    Access.AUDITOR: (Role.AUDITOR, Role.ADMIN),
    Access.ADMIN: (Role.ADMIN,),
}


def authenticated(access: Access, scope: Scope | None, service: AuthenticationService) -> Caller | None:
    """Return the caller, or None for a request without a token if ``access`` does not need one.

    ``scope`` is the scope that a key needs, or None if neither keys nor services are admitted.

    Raises Unauthenticated if a token is needed and missing, InsufficientScope if the key of the caller has another
    scope, Forbidden if ``access`` does not admit the caller, InsufficientAuthentication if it admits the caller after a
    proof with two factors, and the errors of ``AuthenticationService.authenticate``.
    """
    token = bearer_token()
    if token is None:
        if access.needs_token:
            raise no_token()
        return None
    caller = service.authenticate(token)
    if scope is None:
        caller.require_person()
    else:
        caller.require_scope(scope)
    if caller.user.role not in access.roles:
        raise caller.refusal(_refusal(access, caller.user), *access.roles)
    return caller


def _refusal(access: Access, user: User) -> str:
    """Return the message for a user whose role is not admitted. In development it says how to get the role."""
    admitted = Translatable(access.value)
    if not current_app.config["DEVELOPMENT"] or access is Access.USER:
        return Translatable("This is for {access}.", access=admitted)
    command = f"./portero users role {user.username.display if user.username else 'USERNAME'} {access.roles[0]}"
    message = "This is for {access}. In development, an account becomes one with {command}"
    return Translatable(message, access=admitted, command=command)


def no_token() -> Unauthenticated:
    """Return the error for a request without a bearer token.

    Its detail gives a hint if the token seems to be sent wrongly.
    """
    scheme = request.headers.get("Authorization", "").strip(" ").partition(" ")[0]
    misplaced = "X-Access-Token" in request.headers or "Token" in request.headers
    if misplaced or scheme.lower() not in _KNOWN_SCHEMES:
        return Unauthenticated("Send the token in the header `Authorization: Bearer <token>`.")
    return Unauthenticated()


def bearer_token() -> str | None:
    """Return the bearer token of the Authorization header (RFC 6750), None when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").strip(" ").partition(" ")
    token = token.strip(" ")
    if token[:7].lower() == "bearer ":  # some people paste "Bearer <token>" where a docs page asks for the token
        token = token[7:].strip(" ")
    if scheme.lower() != "bearer" or not token or token.lower() == "bearer":
        return None
    return token
