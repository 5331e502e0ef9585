"""Errors that the service answers with."""

from typing import Any, Self

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

    @classmethod
    def of(cls, response: httpx2.Response, detail: str = "") -> Self:
        """Return the problem that a response describes, or else one with ``detail``. Its content is read already."""
        described = response.headers.get("Content-Type", "").startswith("application/problem+json")
        try:
            body = _Description.model_validate_json(response.content) if described else _Description()
        except ValidationError:  # the content is cut off
            body = _Description()
        code = (body.type or "").rpartition("/")[2]
        return cls(
            response.status_code,
            f"http_{response.status_code}" if code in ("", "about:blank") else code,
            body.detail or detail or response.reason_phrase,
            title=body.title or response.reason_phrase,
            errors=body.errors,
            request_id=response.headers.get("X-Request-Id"),
            retry_after=response.headers.get("Retry-After"),
        )


class _Description(BaseModel):
    """The members of a problem (RFC 9457)."""

    type: str | None = None
    title: str | None = None
    detail: str | None = None
    errors: list[FieldProblem] | None = None

    @field_validator("*", mode="wrap")
    @classmethod
    def _ignore(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        """Ignore a member of another type, as the RFC asks: a gateway may give it another meaning."""
        try:
            return validate(value)
        except ValidationError:
            return None
