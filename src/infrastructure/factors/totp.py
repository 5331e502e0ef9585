"""Codes of authenticator apps: TOTP (RFC 6238) with SHA-1, six digits and steps of 30 seconds, as all apps support."""

import base64
import hmac
import secrets
import struct
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from src.application.ports import AppSetup

_STEP_SECONDS = 30
_DIGITS = 6
_SECRET_BYTES = 20
"""The length of a SHA-1 hash, which RFC 4226 section 4 recommends."""
_TOLERANCE = 1
"""The steps by which the clock of a phone may differ."""


@dataclass(frozen=True, slots=True)
class TotpApps:
    """Makes and checks the codes of authenticator apps. Implements AuthenticatorApps."""

    issuer: str
    """The name of this service in the list of an app."""

    def new(self, account: str) -> AppSetup:
        secret = secrets.token_bytes(_SECRET_BYTES)
        text = base64.b32encode(secret).decode().rstrip("=")
        uri = _uri(text, self.issuer, account)
        return AppSetup(secret, text, uri, _qr_svg(uri))

    def accepted_step(self, secret: bytes, code: str, now: datetime) -> int | None:
        current, given = int(now.timestamp()) // _STEP_SECONDS, code.replace(" ", "").encode(errors="replace")
        # Every step is compared, so that the time of the answer tells nothing.
        steps = range(current - _TOLERANCE, current + _TOLERANCE + 1)
        return max((step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), given)), default=None)


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a step (RFC 4226 section 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def _uri(text: str, issuer: str, account: str) -> str:
    """Return the URI that an app reads from a QR code.

    Colons are removed from both names, because the URI has a colon between them.
    """
    issuer, account = (name.replace(":", "") for name in (issuer, account))
    query = urlencode({"secret": text, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='')}?{query}"


def _qr_svg(text: str) -> str:
    import segno  # few requests need it

    return segno.make(text, error="m", micro=False).svg_inline(scale=4, border=4, light="#fff")
