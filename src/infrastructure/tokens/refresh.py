"""Refresh tokens and cookies: the id of the session, a secret, a MAC, and the id of the user.

The MAC covers the other three parts and shows that the service issued the token. With both ids, a refresh reads the
session and the user in one round trip.

The secret of a successor is an HMAC over the session, the generation and the token it replaces. A repeated refresh
therefore returns the same successor, in every process that has the key. The HMAC key is derived from the signing key
(RFC 5869), so that rotating one rotates the other.

Cookies have keys and hashes of their own: a refresh token is never accepted as a cookie, nor a cookie as a refresh
token.
"""

import hashlib
import hmac
import secrets

from src.application.ports import RefreshToken
from src.domain.errors import InvalidToken
from src.infrastructure.tokens import base64url
from src.infrastructure.tokens.signing_keys import KeyRing

_ID, _SECRET, _MAC = 16, 32, 16
"""Lengths in bytes. The rest of a token is the id of the user."""


COOKIES = "portero cookies"
"""The purpose of the values of cookies."""


class DerivedRefreshTokens:
    """Issues refresh tokens whose secrets are derived. Implements RefreshTokens."""

    def __init__(self, keys: KeyRing, purpose: str = "portero refresh tokens") -> None:
        """Issue tokens with secrets for ``purpose``, such as COOKIES for the values of cookies."""
        self._ring = keys
        self._purpose = purpose
        self._prefix = f"{COOKIES}:" if purpose == COOKIES else ""

    def first(self, session_id: str, user_id: str) -> RefreshToken:
        return self._token(session_id, secrets.token_bytes(_SECRET), user_id, self._keys()[0])

    def parse(self, value: str) -> RefreshToken:
        data = base64url.decode(value)
        signed, mac, user_id = data[: _ID + _SECRET], data[_ID + _SECRET :][:_MAC], data[_ID + _SECRET + _MAC :]
        if not user_id:
            raise InvalidToken
        genuine = any(hmac.compare_digest(mac, _mac(signed + user_id, key)) for key in self._keys())
        return RefreshToken(signed[:_ID].hex(), user_id.decode(errors="replace"), value, self._hash(value), genuine)

    def successors(self, spent: RefreshToken, generation: int) -> list[RefreshToken]:
        message = f"{spent.session_id}:{generation}:{spent.value}".encode()
        return [
            self._token(spent.session_id, hmac.digest(key, b"next:" + message, "sha256"), spent.user_id, key)
            for key in self._keys()
        ]

    def _keys(self) -> list[bytes]:
        return self._ring.derived(self._purpose)

    def _token(self, session_id: str, secret: bytes, user_id: str, key: bytes) -> RefreshToken:
        signed, user = bytes.fromhex(session_id) + secret, user_id.encode()
        value = base64url.encode(signed + _mac(signed + user, key) + user)
        return RefreshToken(session_id, user_id, value, self._hash(value), genuine=True)

    def _hash(self, value: str) -> str:
        # Without salt and not slow: a secret of 256 random bits cannot be guessed.
        return hashlib.sha256(f"{self._prefix}{value}".encode()).hexdigest()


def _mac(data: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"mark:" + data, "sha256")[:_MAC]
