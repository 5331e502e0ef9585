"""Refresh tokens: the id of the session, a secret, and a MAC over both that shows that the service issued the token.

The secret of a successor is an HMAC over the session, the generation and the token it replaces. A repeated refresh
therefore returns the same successor, in every process that has the key. The HMAC key is derived from the signing key
(RFC 5869), so that rotating one rotates the other.
"""

import hashlib
import hmac
import secrets

from src.application.ports import RefreshToken
from src.domain.errors import InvalidToken
from src.infrastructure.tokens import base64url
from src.infrastructure.tokens.signing_keys import KeyRing

_ID, _SECRET, _MAC = 16, 32, 16
"""Lengths in bytes."""


class DerivedRefreshTokens:
    """Issues refresh tokens whose secrets are derived. Implements RefreshTokens."""

    def __init__(self, keys: KeyRing) -> None:
        self._ring = keys

    def first(self, session_id: str) -> RefreshToken:
        return _token(bytes.fromhex(session_id), secrets.token_bytes(_SECRET), self._keys()[0])

    def parse(self, value: str) -> RefreshToken:
        data = base64url.decode(value)
        if len(data) != _ID + _SECRET + _MAC:
            raise InvalidToken
        id, secret, mac = data[:_ID], data[_ID : _ID + _SECRET], data[_ID + _SECRET :]
        genuine = any(hmac.compare_digest(mac, _mac(id, secret, key)) for key in self._keys())
        return RefreshToken(id.hex(), value, _hash(value), genuine)

    def successors(self, spent: RefreshToken, generation: int) -> list[RefreshToken]:
        message = f"{spent.session_id}:{generation}:{spent.value}".encode()
        id = bytes.fromhex(spent.session_id)
        return [_token(id, hmac.digest(key, b"next:" + message, "sha256"), key) for key in self._keys()]

    def _keys(self) -> list[bytes]:
        return self._ring.derived("portero refresh tokens")


def _token(id: bytes, secret: bytes, key: bytes) -> RefreshToken:
    value = base64url.encode(id + secret + _mac(id, secret, key))
    return RefreshToken(id.hex(), value, _hash(value), genuine=True)


def _mac(id: bytes, secret: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"mark:" + id + secret, "sha256")[:_MAC]


def _hash(value: str) -> str:
    # Without salt and not slow: a secret of 256 random bits cannot be guessed.
    return hashlib.sha256(value.encode()).hexdigest()
