"""Encrypts the secrets of factors for the store: AES-256-GCM (NIST SP 800-38D) with the data keys of the operator."""

import base64
import binascii
import hashlib
import logging
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from src.domain.errors import InvalidToken, Unavailable
from src.infrastructure.tokens import base64url

_log = logging.getLogger("portero.keys")

_NONCE = 12
_KEY = 32


class BadDataKeys(ValueError):
    """The text contains no usable data keys. The message says why and does not quote the text."""


class DataKeys:
    """The keys that encrypt secrets in the store: the first one encrypts, all of them decrypt. Implements Sealer.

    The keys are read at their first use, and a file is read again when it has changed.
    """

    def __init__(self, source: str | Path) -> None:
        """Use the keys in a text, or in a file."""
        self._source = source
        self._keys: dict[str, bytes] = {}
        self._version: tuple[int, int] | None = None

    def seal(self, secret: bytes, owner: str) -> str:
        id, key = next(iter(self._current().items()))
        nonce = secrets.token_bytes(_NONCE)
        return f"{id}.{base64url.encode(nonce + AESGCM(key).encrypt(nonce, secret, owner.encode()))}"

    def open(self, sealed: str, owner: str) -> bytes:
        id, _, text = sealed.partition(".")
        key = self._current().get(id)
        if key is None:
            raise Unavailable from LookupError(f"a secret is encrypted with the key {id}, which is not among DATA_KEYS")
        try:
            data = base64url.decode(text)
            return AESGCM(key).decrypt(data[:_NONCE], data[_NONCE:], owner.encode())
        except (InvalidToken, InvalidTag, ValueError) as error:  # it is cut or changed, or belongs to another owner
            raise Unavailable from error

    def is_current(self, sealed: str) -> bool:
        return sealed.partition(".")[0] == next(iter(self._current()))

    def load(self) -> dict[str, bytes]:
        """Return the keys by their ids. Raises BadDataKeys, OSError."""
        version = None
        if isinstance(self._source, Path):
            stat = self._source.stat()
            version = stat.st_mtime_ns, stat.st_ino
        if not self._keys or version != self._version:
            text = self._source.read_text() if isinstance(self._source, Path) else self._source
            self._keys, self._version = {_id(key): key for key in parse_data_keys(text)}, version
        return self._keys

    def _current(self) -> dict[str, bytes]:
        """Return the keys, or the last keys that were read if the file cannot be read any more. Raises Unavailable."""
        try:
            return self.load()
        except (OSError, BadDataKeys) as error:
            if not self._keys:
                raise Unavailable from error
            _log.error("the data keys cannot be read again, the previous keys stay in use: %s", error)
            return self._keys


def parse_data_keys(text: str) -> list[bytes]:
    """Return the keys of a text: 32 bytes each, in base64, separated by commas or spaces. Raises BadDataKeys."""
    try:
        keys = [
            base64.b64decode(_padded(word), altchars=b"-_", validate=True) for word in re.split(r"[\s,]+", text) if word
        ]
    except (binascii.Error, ValueError):
        keys = [b""]
    if not keys or any(len(key) != _KEY for key in keys):
        raise BadDataKeys("write keys of 32 bytes in base64, separated by commas, as `openssl rand -base64 32` does")
    return keys


def as_text(keys: Iterable[bytes]) -> str:
    """Return the keys as a text with one key in each line. The text is secret."""
    return "".join(f"{base64.b64encode(key).decode()}\n" for key in keys)


def new_data_key() -> bytes:
    """Return a random key."""
    return secrets.token_bytes(_KEY)


def _padded(word: str) -> str:
    word = word.replace("+", "-").replace("/", "_").rstrip("=")
    return word + "=" * (-len(word) % 4)


def _id(key: bytes) -> str:
    """Return the id of a key: the beginning of its hash."""
    return hashlib.sha256(b"portero data key " + key).hexdigest()[:8]
