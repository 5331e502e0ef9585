"""The header Idempotency-Key (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Response, g, request

from src.application.receipts import ReceiptService
from src.application.sessions import Caller
from src.domain.errors import FieldError, InProgress, Invalid, PorteroError
from src.domain.receipts import Once, Receipt, Repeated

T = TypeVar("T")

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_REPEATED_HEADERS = ("Location", "Link", "Preference-Applied")


class Repeatable:
    """A create that the client may send again; ``content`` is what makes it the same request."""

    def __init__(self, service: ReceiptService, receipt: Receipt | None, path: str) -> None:
        self._service = service
        self._receipt = receipt
        self._path = path
        self.content: Callable[[], bytes] = request.get_data

    @classmethod
    def of(cls, service: ReceiptService, caller: Caller, path: str) -> "Repeatable":
        """The one that the current request is, at the documented ``path``. Raises Invalid for a key that is none."""
        key = request.headers.get("Idempotency-Key")
        if key is not None and not _KEY.fullmatch(key):
            message = "Use 1 to 255 visible ASCII characters, such as a UUID."
            raise Invalid(FieldError("Idempotency-Key", "invalid", message))
        return cls(service, None if key is None else service.begin(caller.user, key), path)

    def once(self, render: Callable[[T], Response]) -> Once[T] | None:
        """How to create something that ``render`` answers with; None when there is no key."""
        if self._receipt is None:
            return None
        return Once(self._receipt, lambda created: (self._service.fingerprint(self._request()), _kept(render(created))))

    def answer_again(self) -> Response | None:
        """What the first request with this key was answered. Raises InProgress, Invalid."""
        kept = self._receipt and self._service.answer(self._receipt, self._request)
        return _again(kept) if kept else None

    def _request(self) -> bytes:
        arguments = json.dumps(request.view_args, sort_keys=True)
        return f"{request.method} {self._path} {arguments} {request.mimetype}\n".encode() + self.content()


def once(handler: Callable[..., Response], arguments: Mapping[str, Any], repeatable: Repeatable) -> Response:
    """Call the handler of a create; whatever is in its way, one that was answered before gets the same answer."""
    try:
        return handler(**arguments, repeatable=repeatable)
    except (PorteroError, Repeated) as error:
        answer = repeatable.answer_again()
        if answer is not None:
            return answer
        if isinstance(error, Repeated):  # the first one was undone between then and now
            raise InProgress from None
        raise


def _kept(response: Response) -> dict[str, Any]:
    headers = {name: response.headers[name] for name in _REPEATED_HEADERS if name in response.headers}
    body = response.get_data(as_text=True)
    return {"status": response.status_code, "headers": headers, "body": body, "etag": "ETag" in response.headers}


def _again(kept: Mapping[str, Any]) -> Response:
    g.private = True
    response = Response(kept["body"], kept["status"], kept["headers"], content_type="application/json")
    if kept["etag"]:
        response.set_etag(kept["revision"])  # written in one commit, both have the same
    return response
