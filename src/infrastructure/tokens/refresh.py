"""Refresh tokens: the session's id, a secret, and a mark by which we know our own.

The secret of a successor is an HMAC over the session, the generation and the token it follows, so that whoever
repeats a refresh gets the same one, from any process that has the key. The key is derived (RFC 5869) from the
key that signs access tokens, and follows it when it is rotated.
"""

import base64
import hashlib
import hmac
import re
import secrets

from src.application.ports import RefreshToken
from src.domain.errors import InvalidToken
from src.infrastructure.tokens.signing_keys import KeyRing

_ID, _SECRET, _MARK = 16, 32, 16
"""Lengths in bytes."""
_SHAPE = re.compile(r"[A-Za-z0-9_-]{86}")


class DerivedRefreshTokens:
    """See RefreshTokens."""

    def __init__(self, keys: KeyRing) -> None:
        self._ring = keys

    def first(self, session_id: str) -> RefreshToken:
        """See RefreshTokens."""
        return _token(bytes.fromhex(session_id), secrets.token_bytes(_SECRET), self._keys()[0])

    def parse(self, value: str) -> RefreshToken:
        """See RefreshTokens."""
        if not _SHAPE.fullmatch(value):
            raise InvalidToken
        data = base64.urlsafe_b64decode(value + "==")
        if base64.urlsafe_b64encode(data).decode().rstrip("=") != value:
            raise InvalidToken  # another spelling of the same bytes
        id, secret, mark = data[:_ID], data[_ID : _ID + _SECRET], data[_ID + _SECRET :]
        genuine = any(hmac.compare_digest(mark, _mark(id, secret, key)) for key in self._keys())
        return RefreshToken(id.hex(), value, _hash(value), genuine)

    def successors(self, spent: RefreshToken, generation: int) -> list[RefreshToken]:
        """See RefreshTokens."""
        message = f"{spent.session_id}:{generation}:{spent.value}".encode()
        id = bytes.fromhex(spent.session_id)
        return [_token(id, hmac.digest(key, b"next:" + message, "sha256"), key) for key in self._keys()]

    def _keys(self) -> list[bytes]:
        return self._ring.derived("portero refresh tokens")


def _token(id: bytes, secret: bytes, key: bytes) -> RefreshToken:
    value = base64.urlsafe_b64encode(id + secret + _mark(id, secret, key)).decode().rstrip("=")
    return RefreshToken(id.hex(), value, _hash(value), genuine=True)


def _mark(id: bytes, secret: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"mark:" + id + secret, "sha256")[:_MARK]


def _hash(value: str) -> str:
    # Plain: what it hides has 256 random bits.
    return hashlib.sha256(value.encode()).hexdigest()
