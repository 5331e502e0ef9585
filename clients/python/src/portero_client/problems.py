"""Errors that the service answers with."""

import re
from collections.abc import Sequence
from typing import Any

import httpx2
from pydantic import BaseModel, ValidationError, ValidatorFunctionWrapHandler, field_validator

from portero_client.models import FieldProblem


class Problem(Exception):
    """An answer with a status other than 2xx, or one that does not have the expected form.

    ``code`` names the kind of the error and never changes, ``detail`` is a sentence for people, and ``errors`` has an
    entry for each bad field. An answer that names no kind, such as a proxy's, has the code ``http_STATUS``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str = "",
        errors: list[FieldProblem] | None = None,
        request_id: str | None = None,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(status, code, detail)  # the arguments that make a copy
        self.status = status
        self.code = code
        self.detail = detail
        self.title = title
        self.errors = errors or []
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}"

    @staticmethod
    def of(response: httpx2.Response, detail: str = "") -> "Problem":
        """Return the problem that a response describes, or else one with ``detail``. Its content is read already."""
        described = response.headers.get("Content-Type", "").startswith("application/problem+json")
        try:
            body = _Description.model_validate_json(response.content) if described else _Description()
        except ValidationError:  # the content is cut off
            body = _Description()
        code = (body.type or "").rpartition("/")[2]
        problem = _KINDS.get(code, Problem)(
            response.status_code,
            f"http_{response.status_code}" if code in ("", "about:blank") else code,
            body.detail or detail or response.reason_phrase,
            title=body.title or response.reason_phrase,
            errors=body.errors,
            request_id=response.headers.get("X-Request-Id"),
            retry_after=response.headers.get("Retry-After"),
        )
        problem.examine(response, body)
        return problem

    def examine(self, response: httpx2.Response, body: "_Description") -> None:
        """Keep what only this kind of problem says."""


class StepUpRequired(Problem):
    """The request needs a newer proof of identity, or one with two factors (RFC 9470).

    Call ``step_up`` with a proof, and send the request again. ``acr_values`` is "aal2" if two factors are needed, and
    ``max_age`` the greatest age of the proof in seconds; each is None if it does not matter.
    """

    acr_values: str | None = None
    max_age: int | None = None

    def examine(self, response: httpx2.Response, body: "_Description") -> None:
        """Keep the parameters of the challenge."""
        parameters = dict(re.findall(r'(\w+)="([^"]*)"', response.headers.get("WWW-Authenticate", "")))
        self.acr_values = parameters.get("acr_values")
        self.max_age = int(parameters["max_age"]) if parameters.get("max_age", "").isdigit() else None


class MfaRequired(Problem):
    """The first step of a login was right, and the user has factors: call ``mfa`` with ``mfa_token`` and an answer.

    ``factors`` are the kinds of factors: "passkey", "totp", "recovery". The token is good for ``expires_in`` seconds.
    """

    mfa_token: str = ""
    expires_in: int = 0
    factors: Sequence[str] = ()

    def examine(self, response: httpx2.Response, body: "_Description") -> None:
        """Keep what the second step needs."""
        self.mfa_token, self.expires_in = body.mfa_token or "", body.expires_in or 0
        self.factors = body.factors or ()


_KINDS: dict[str, type[Problem]] = {
    "insufficient-user-authentication": StepUpRequired,
    "mfa-required": MfaRequired,
}


def asks_for_step_up(response: httpx2.Response) -> bool:
    """Whether a 401 asks for another proof of identity. A refresh would not help."""
    return 'error="insufficient_user_authentication"' in response.headers.get("WWW-Authenticate", "")


class _Description(BaseModel):
    """The members of a problem (RFC 9457)."""

    type: str | None = None
    title: str | None = None
    detail: str | None = None
    errors: list[FieldProblem] | None = None
    mfa_token: str | None = None
    expires_in: int | None = None
    factors: list[str] | None = None

    @field_validator("*", mode="wrap")
    @classmethod
    def _ignore(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        """Ignore a member of another type, as the RFC asks: a gateway may give it another meaning."""
        try:
            return validate(value)
        except ValidationError:
            return None
