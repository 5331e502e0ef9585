"""Files sent on to another service, as a browser sends a form (RFC 7578)."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from src.application.ports import RelayAnswer
from src.application.strict_json import strict_json
from src.domain.errors import AttemptFailed
from src.infrastructure.outgoing.http import MAX_ANSWER, Answer, Destination

_NAME = "The service that files are sent on to"
_MAX_TEXT = 2000
_TOO_LONG = f"The answer was longer than {MAX_ANSWER >> 10} KiB and was not kept."
_TRY_AGAIN = {408, 425, 429}


class HttpRelay:
    """See FileRelay."""

    def __init__(
        self,
        url: str,
        *,
        connect: float = 5.0,
        idle: float = 30.0,
        pause: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``url`` takes files by POST.

        Seconds: ``connect`` until connected; ``idle`` for the other side to take a chunk, and to answer after the
        last one; ``pause`` during which it is not asked after five failures in a row. Raises ValueError. Connects
        at the first call.
        """
        self._service = Destination(_NAME, url, connect=connect, idle=idle, pause=pause, clock=clock)

    def send(self, job_id: str, filename: str, content_type: str, size: int, chunks: Iterable[bytes]) -> RelayAnswer:
        """See FileRelay. What iterating ``chunks`` raises is raised."""
        form = _Form(filename, content_type, size, chunks)
        answer = self._service.ask("POST", [(b"Idempotency-Key", job_id.encode()), *form.headers], form.body())
        if answer.status in _TRY_AGAIN:
            raise AttemptFailed(f"{_NAME} asked to try again later, with status {answer.status}.")
        if not 200 <= answer.status < 300:
            raise AttemptFailed(f"{_NAME} did not take the file: it answered with status {answer.status}.", final=True)
        if not form.sent:
            raise AttemptFailed(f"{_NAME} answered before it had the whole file.")
        return RelayAnswer(answer.status, _content(answer))


class _Form:
    """A form with one part, ``file``; ``sent`` once all of it was."""

    def __init__(self, filename: str, content_type: str, size: int, chunks: Iterable[bytes]) -> None:
        boundary = secrets.token_hex(16)
        self._size, self._chunks = size, chunks
        self._head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{_escaped(filename)}"\r\n'
            f"Content-Type: {_safe(content_type)}\r\n\r\n"
        ).encode("utf-8", "replace")
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.sent = False
        self.headers = [
            (b"Content-Type", f"multipart/form-data; boundary={boundary}".encode()),
            (b"Content-Length", b"%d" % (len(self._head) + size + len(self._tail))),
        ]

    def body(self) -> Iterator[bytes]:
        yield self._head
        left = self._size
        for chunk in self._chunks:
            left -= len(chunk)
            if left < 0:
                raise _wrong_size()
            yield chunk
        if left:
            raise _wrong_size()
        yield self._tail
        self.sent = True


def _wrong_size() -> AttemptFailed:
    return AttemptFailed("The stored file does not have the size it should have.")


def _escaped(filename: str) -> str:
    """As https://html.spec.whatwg.org/#multipart-form-data says; all controls, since NUL ends names elsewhere.

    The backslash too, which other parsers take for an escape.
    """
    return "".join(f"%{ord(c):02X}" if c in '"\\\x7f' or c < " " else c for c in filename)


def _safe(content_type: str) -> str:
    """A type from a client may hold what ends a header."""
    plain = content_type.isascii() and content_type.isprintable()
    return content_type if plain else "application/octet-stream"


def _content(answer: Answer) -> Any:
    """JSON as it is, other text cut to size, None for anything else."""
    if not answer.all:
        return _TOO_LONG
    if answer.encoded or not answer.body or b"\0" in answer.body:
        return None
    if "json" in answer.headers.get("content-type", "").partition(";")[0].lower():
        try:
            return strict_json(answer.body.decode(), to_store=True)
        except ValueError:
            pass  # then it is a text
    try:
        return answer.body.decode("utf-8")[:_MAX_TEXT]
    except UnicodeDecodeError:
        return None
