"""Authenticates the callers of operations, and checks which callers an operation admits."""

from enum import Enum

from flask import current_app, request

from src.application.sessions import AuthenticationService, Caller
from src.domain.errors import Forbidden, Unauthenticated
from src.domain.messages import Translatable
from src.domain.users import User
from src.domain.values import Role

_KNOWN_SCHEMES = {"", "bearer", "basic", "digest"}
"""Words at the beginning of an Authorization header that are no token."""


class Access(Enum):
    """The callers that an operation admits. The value of a member describes them in the detail of a 403."""

    PUBLIC = "anyone"
    GUEST_OR_PUBLIC = "anyone, or a guest with a token"
    TOKEN = "anyone with a token"  # noqa: S105 - it is no password
    USER = "users, not guests"
    UPLOADER = "uploaders and admins"
    ADMIN = "admins"

    @property
    def needs_token(self) -> bool:
        """Whether a request without a token is answered with 401."""
        return self not in (Access.PUBLIC, Access.GUEST_OR_PUBLIC)

    @property
    def least_role(self) -> Role:
        """The role that a caller needs. Each later role has the rights of the roles before it."""
        return {Access.USER: Role.USER, Access.UPLOADER: Role.UPLOADER, Access.ADMIN: Role.ADMIN}.get(self, Role.GUEST)

    def admits(self, role: Role) -> bool:
        """Return whether a caller of this role may call the operation."""
        roles = [*Role]
        return roles.index(role) >= roles.index(self.least_role)


def authenticated(access: Access, service: AuthenticationService) -> Caller | None:
    """Return the caller, or None for a request without a token if ``access`` does not need one.

    Raises Unauthenticated if a token is needed and missing, Forbidden if ``access`` does not admit the caller, and the
    errors of ``AuthenticationService.authenticate``.
    """
    token = bearer_token()
    if token is None:
        if access.needs_token:
            raise no_token()
        return None
    caller = service.authenticate(token)
    if not access.admits(caller.user.role):
        raise _forbidden(access, caller.user)
    return caller


def _forbidden(access: Access, user: User) -> Forbidden:
    """Return the error of a user whose role is too low. In development it says how the operator gives a role."""
    admitted = Translatable(access.value)
    if not current_app.config["DEVELOPMENT"] or access is Access.USER:
        return Forbidden(Translatable("This is for {access}.", access=admitted))
    command = f"./portero users role {user.username.display if user.username else 'USERNAME'} {access.least_role}"
    message = "This is for {access}. In development, an account becomes one with {command}"
    return Forbidden(Translatable(message, access=admitted, command=command))


def no_token() -> Unauthenticated:
    """Return the error of a request without a bearer token. It says what to send if the token may be elsewhere."""
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
