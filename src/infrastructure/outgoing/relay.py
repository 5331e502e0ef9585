"""Forwards files to another service in a form with one field, ``file`` (multipart/form-data, RFC 7578)."""

import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from src.application.ports import RelayAnswer
from src.domain.errors import AttemptFailed
from src.domain.messages import Translatable
from src.infrastructure.chunks import guarded
from src.infrastructure.outgoing.circuit import Circuit
from src.infrastructure.outgoing.http import MAX_ANSWER, Answer, Destination

ATTEMPT_SECONDS = 60.0
"""The seconds that sending an empty file may take. A longer file may take more."""
MIN_BYTES_PER_SECOND = 100_000
"""The speed at which a service must read a file, measured over the whole file."""
_NAME = Translatable("The service that files are sent on to")
_MAX_TEXT = 2000
"""The maximum number of characters of a text answer that are stored."""
_TOO_LONG = f"The answer was longer than {MAX_ANSWER >> 10} KiB and was not kept."
_TRY_AGAIN = {408, 425, 429}
"""The statuses below 500 that ask a client to repeat the request."""


class HttpRelay:
    """Sends files by POST to ``url``. Implements FileRelay.

    Connecting to an address takes at most ``connect`` seconds, and sending a chunk at most ``idle`` seconds. The answer
    takes at most ``idle`` seconds after the last chunk, or after the service has stopped reading. The whole attempt
    takes at most ATTEMPT_SECONDS, and a second more for each MIN_BYTES_PER_SECOND of the file. Raise ValueError for a
    ``url`` that is not an http or https URL.
    """

    def __init__(self, url: str, *, connect: float = 5, idle: float = 30, circuit: Circuit | None = None) -> None:
        self._service = Destination(url, circuit or Circuit(_NAME), connect=connect, idle=idle)

    def send(self, job_id: str, filename: str, content_type: str, size: int, chunks: Iterable[bytes]) -> RelayAnswer:
        """Post a file of ``size`` bytes. Raise AttemptFailed and the exceptions of iterating over ``chunks``."""
        by = time.monotonic() + ATTEMPT_SECONDS + size / MIN_BYTES_PER_SECOND
        boundary = secrets.token_hex(16)
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{_escaped(filename)}"\r\n'
            f"Content-Type: {_safe(content_type)}\r\n\r\n"
        ).encode("utf-8", "replace")
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": f"{len(head) + size + len(tail)}",
            "Idempotency-Key": job_id,
        }
        sent = False

        def form() -> Iterator[bytes]:
            nonlocal sent
            yield head
            left = size
            for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
            if left != 0:
                raise AttemptFailed("The stored file does not have the size it should have.")
            yield tail
            sent = True

        with guarded(form()) as content:
            answer = self._service.ask("POST", headers, content, by)
        if answer.status in _TRY_AGAIN:
            message = "{service} asked to try again later, with status {status}."
            raise AttemptFailed(self._service.says(message, status=answer.status))
        if not 200 <= answer.status < 300:
            message = "{service} did not take the file: it answered with status {status}."
            raise AttemptFailed(self._service.says(message, status=answer.status), final=True)
        if not sent:
            raise AttemptFailed(self._service.says("{service} answered before it had the whole file."))
        return RelayAnswer(answer.status, _content(answer))


def _escaped(filename: str) -> str:
    """Return ``filename`` escaped for a form (https://html.spec.whatwg.org/#multipart-form-data).

    The backslash and all control characters are escaped too, because some parsers give them a meaning.
    """
    return "".join(f"%{ord(c):02X}" if c in '"\\\x7f' or c < " " else c for c in filename)


def _safe(content_type: str) -> str:
    """Return ``content_type``, or a generic type if ``content_type`` has characters that could end the header."""
    plain = content_type.isascii() and content_type.isprintable()
    return content_type if plain else "application/octet-stream"


def _content(answer: Answer) -> Any:
    """Return the value of a JSON body, the beginning of any other text, or None for a body that is not text."""
    if not answer.complete:
        return _TOO_LONG
    if not answer.body or b"\0" in answer.body:
        return None
    with suppress(ValueError):
        if "json" in answer.content_type.partition(";")[0].lower():
            return answer.json()
    with suppress(UnicodeDecodeError):
        return answer.body.decode("utf-8")[:_MAX_TEXT]
    return None
