"""Asks a service whether passwords have leaked, with the API of https://haveibeenpwned.com/API/v3#PwnedPasswords.

The service learns only the first 5 of the 40 hexadecimal digits of a hash, which hundreds of other passwords share.
"""

import re

from src.domain.errors import AttemptFailed
from src.domain.messages import Translatable
from src.infrastructure.outgoing.circuit import Circuit
from src.infrastructure.outgoing.http import PromptDestination

TIMEOUT = 1.0
MAX_RANGE = 256 << 10
"""The maximum number of bytes of an answer. Ranges of a billion passwords have some 40 KiB."""

_NAME = Translatable("The service of leaked passwords")
_PREFIX = 5
_ENTRY = re.compile(rb"([0-9A-F]{35}):([0-9]{1,10})")
"""The other 35 digits of a hash, and how often its password has leaked: 0 in an entry that is only padding."""


class BreachRanges:
    """Looks hashes up at a service. Implements BreachSource.

    ``url`` is the URL of the ranges, such as https://api.pwnedpasswords.com/range. ``contains`` returns or raises
    within TIMEOUT seconds, also while the name of the host is resolved. Raise ValueError for a URL that cannot be used.
    """

    def __init__(self, url: str) -> None:
        if "?" in url or "#" in url:
            raise ValueError("use a URL without ? and #")
        circuit = Circuit(_NAME, pause=30)
        self._service = PromptDestination(f"{url.rstrip('/')}/", circuit, seconds=TIMEOUT, max_bytes=MAX_RANGE)

    def contains(self, sha1: str) -> bool:
        suffix, found = sha1[_PREFIX:].encode(), False
        for line in self._range(sha1[:_PREFIX]).upper().split():
            entry = _ENTRY.fullmatch(line)
            if entry is None:
                raise AttemptFailed(self._service.says("{service} sent an answer that cannot be understood."))
            found = found or (entry[1] == suffix and int(entry[2]) > 0)
        return found

    def check(self) -> None:
        self.contains("0" * 40)

    def _range(self, prefix: str) -> bytes:
        """Return the entries of the hashes that begin with ``prefix``, and of padding. Raises AttemptFailed."""
        answer = self._service.ask_now("GET", {"Add-Padding": "true"}, path=prefix)
        if answer.status != 200:
            raise AttemptFailed(self._service.says("{service} answered with status {status}.", status=answer.status))
        if not answer.complete:
            raise AttemptFailed(self._service.says("{service} sent an answer that cannot be understood."))
        return answer.body
