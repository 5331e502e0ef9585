"""Errors that the service answers with."""

from typing import Self

import httpx2

from portero_client.models import FieldProblem


class Problem(Exception):
    """An answer with a status of 400 or more.

    ``code`` names the kind of the error and never changes, ``detail`` is a sentence for people, and ``errors`` has an
    entry for each bad field. An answer that is not from the service, such as a proxy's, has the code ``http_STATUS``.
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
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.title = title
        self.errors = errors or []
        self.request_id = request_id
        self.retry_after = retry_after

    @classmethod
    def of(cls, response: httpx2.Response) -> Self:
        """Return the problem that a response describes. Its content is read already."""
        described = response.headers.get("Content-Type", "").startswith("application/problem+json")
        body = response.json() if described else {}
        return cls(
            response.status_code,
            body.get("type", f"http_{response.status_code}").rpartition("/")[2],
            body.get("detail", response.reason_phrase),
            title=body.get("title", response.reason_phrase),
            errors=[FieldProblem.model_validate(each) for each in body.get("errors") or []],
            request_id=response.headers.get("X-Request-Id"),
            retry_after=response.headers.get("Retry-After"),
        )
