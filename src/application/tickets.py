"""Tickets: signed, stateless tokens that a client holds between two requests, so that nothing is stored for them."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from src.application.ports import Clock, Fingerprints
from src.domain.errors import InvalidToken
from src.domain.factors import Spent

_MAC = 64
"""The length of the MAC in hexadecimal digits, with which a ticket begins."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A genuine ticket that has not expired. Storing the record ``spent`` ensures that the ticket is used only once."""

    content: Mapping[str, Any]
    spent: Spent


@dataclass(frozen=True, slots=True)
class Tickets:
    """Issues and opens tickets. Clients can read the content of a ticket, but cannot forge or change a ticket."""

    fingerprints: Fingerprints
    clock: Clock

    def issue(self, purpose: str, life: timedelta, **content: Any) -> str:
        """Return a ticket that can be opened for ``purpose`` until ``life`` has passed.

        ``content`` must be JSON. The ticket consists of letters, digits, ``-`` and ``_``.
        """
        until = int((self.clock() + life).timestamp())
        body = json.dumps({**content, "id": secrets.token_hex(16), "until": until}, separators=(",", ":"))
        text = base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")
        return self.fingerprints(_message(purpose, text))[0] + text

    def open(self, purpose: str, ticket: str) -> Ticket:
        """Return the ticket if it was issued for ``purpose`` and has not expired. Raises InvalidToken otherwise."""
        mac, text = ticket[:_MAC], ticket[_MAC:]
        expected = self.fingerprints(_message(purpose, text))
        if not any(hmac.compare_digest(mac.encode(errors="replace"), each.encode()) for each in expected):
            raise InvalidToken
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        until = datetime.fromtimestamp(content["until"], UTC)
        if self.clock() >= until:
            raise InvalidToken
        return Ticket(content, Spent(hashlib.sha256(content["id"].encode()).hexdigest(), until))


def _message(purpose: str, text: str) -> bytes:
    return f"ticket {purpose}: {text}".encode(errors="surrogatepass")
