"""Implements the Idempotency-Key header.

See https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from flask import Response, request

from src.application.receipts import ReceiptService
from src.application.sessions import Caller
from src.domain.errors import FieldError, InProgress, Invalid, PorteroError, Unavailable
from src.domain.receipts import IdempotentCreate, Repeated

T = TypeVar("T")

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("Location", "Link", "Preference-Applied")


class IdempotentRequest:
    """A request to create an object, which the client may send more than once.

    ``content`` is a function that returns the bytes by which a repetition is recognised. By default it returns the
    body. A handler that streams the body sets another function.
    """

    def __init__(self, service: ReceiptService, caller: Caller, path: str) -> None:
        """Wrap the current request of ``caller`` to the canonical path ``path``. Raises Invalid for a malformed key."""
        key = request.headers.get("Idempotency-Key")
        if key is not None and not _KEY.fullmatch(key):
            message = "Use 1 to 255 visible ASCII characters, such as a UUID."
            raise Invalid(FieldError("Idempotency-Key", "invalid", message))
        self._service = service
        self._receipt = None if key is None else service.begin(caller.user, key)
        self._path = path
        self.content: Callable[[], bytes] = request.get_data

    def answered_with(self, render: Callable[[T], Response]) -> IdempotentCreate[T] | None:
        """Return the create whose receipt holds the answer that ``render`` makes, or None without a key."""
        if self._receipt is None:
            return None
        return IdempotentCreate(
            self._receipt, lambda created: (self._service.fingerprint(self._bytes()), _kept(render(created)))
        )

    def first_answer(self) -> Response | None:
        """Return the stored answer to the first request with this key, or None. Raises InProgress, KeyReused."""
        first = self._receipt and self._service.first(self._receipt, self._bytes)
        return _response(first.answer, first.revision) if first and first.answer else None

    def _bytes(self) -> bytes:
        arguments = json.dumps(request.view_args, sort_keys=True)
        return f"{request.method} {self._path} {arguments} {request.mimetype}\n".encode() + self.content()


def create_once(handler: Callable[..., Any], arguments: Mapping[str, Any], create: IdempotentRequest) -> Response:
    """Return the answer of ``handler``. If it raises and the key was used before, return the first answer instead.

    Raises InProgress if the first request has no answer yet. If ``handler`` raises Unavailable, this request may be the
    one without an answer, because its receipt was written and the reply of the store was lost. Then raises Unavailable.
    """
    try:
        response: Response = handler(**arguments, idempotency=create)
        return response
    except Unavailable:
        with suppress(InProgress):
            if answer := create.first_answer():
                return answer
        raise
    except (PorteroError, Repeated) as error:
        answer = create.first_answer()
        if answer is not None:
            return answer
        if isinstance(error, Repeated):  # the first create was undone meanwhile
            raise InProgress from None
        raise


def _kept(response: Response) -> dict[str, Any]:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    body = response.get_data(as_text=True)
    return {"status": response.status_code, "headers": headers, "body": body, "etag": "ETag" in response.headers}


def _response(kept: Mapping[str, Any], revision: str) -> Response:
    headers = {**kept["headers"], "Idempotent-Replayed": "true"}
    response = Response(kept["body"], kept["status"], headers, content_type="application/json")
    if kept["etag"]:
        response.set_etag(revision)  # the receipt and what was created were written in one commit
    return response
