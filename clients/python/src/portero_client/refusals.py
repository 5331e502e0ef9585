"""Why a service that verifies tokens refuses a request, and the answers to give."""

from typing import Any


class AuthError(Exception):
    """A request to refuse. ``status``, ``headers`` and ``problem`` (RFC 9457) make the answer."""

    status, title = 401, "Unauthorized"
    code, detail = "invalid-token", "The token is not valid, or it has expired."
    challenge = 'Bearer error="invalid_token"'

    def __init__(self) -> None:
        super().__init__(self.detail)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that tell clients what to do."""
        return {"WWW-Authenticate": self.challenge}

    @property
    def problem(self) -> dict[str, Any]:
        """Return the members of the problem, for a body of the type application/problem+json."""
        return {"type": f"/problems/{self.code}", "title": self.title, "status": self.status, "detail": self.detail}


class InvalidToken(AuthError):
    """The token was not issued by this Portero for this service, or it has expired or was revoked."""


class Unauthenticated(AuthError):
    """The request has no bearer token."""

    code, detail, challenge = "unauthenticated", "Send an access token as Authorization: Bearer TOKEN.", "Bearer"


class StepUpNeeded(AuthError):
    """The request needs a newer proof of identity, or one with two factors (RFC 9470)."""

    code = "insufficient-user-authentication"
    detail = "Prove your identity again, and send the request with the new token."

    def __init__(self, acr: str | None, max_age: int | None) -> None:
        super().__init__()
        wanted = {"error": "insufficient_user_authentication", "acr_values": acr, "max_age": max_age}
        named = (f'{name}="{value}"' for name, value in wanted.items() if value is not None)
        self.challenge = f"Bearer {', '.join(named)}"


class Forbidden(AuthError):
    """The role of the user does not allow the request."""

    status, title = 403, "Forbidden"
    code, detail = "forbidden", "Your role does not allow this."

    @property
    def headers(self) -> dict[str, str]:
        """Return no headers: another token does not help."""
        return {}


class Unavailable(AuthError):
    """Portero does not answer, and without it nobody can tell whether the token is valid."""

    status, title = 503, "Service Unavailable"
    code, detail = "unavailable", "The accounts service does not answer. Try again later."

    @property
    def headers(self) -> dict[str, str]:
        """Return when to try again."""
        return {"Retry-After": "5"}
