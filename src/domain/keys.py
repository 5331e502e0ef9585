"""The Key entity: a long-lived credential with which a program acts as a user, and the texts of secret credentials.

The text of a credential is a prefix, 30 random letters and digits, the id of its owner, and a checksum. The checksum
tells a mistyped or truncated text from a real one without a read of the store, also to scanners for leaked secrets.
"""

import hashlib
import hmac
import secrets
import string
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from src.domain.errors import InvalidToken
from src.domain.events import Recorded
from src.domain.messages import Translatable
from src.domain.receipts import Receipt
from src.domain.users import User
from src.domain.values import InvalidValue, Page, Scope, new_id, parse_name

MAX_KEYS = 25
"""The most keys of a user."""
MAX_DAYS = 366
"""The most days for which a key can be made to work."""
MAX_NAME = 64
"""The most characters of the name of a key or of a service account."""
KEY_PREFIX, SECRET_PREFIX = "ptk_", "pts_"
"""The beginnings of keys, and of the secrets of service accounts."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECKSUM = 30, 6
"""The number of random characters, and the number of characters of the checksum (32 bits in base62)."""
_LITERAL, _HEX = "0", "1"
"""The character before the id of the owner: an id of letters and digits is written unchanged, others in hexadecimal."""
_SHOWN = len(KEY_PREFIX) + 6
_USE_IS_STORED_EVERY = timedelta(hours=1)


def new_credential(prefix: str, owner_id: str) -> str:
    """Return the text of a new secret credential."""
    is_plain = owner_id.isascii() and owner_id.isalnum()
    owner = _LITERAL + owner_id if is_plain else _HEX + owner_id.encode().hex()
    text = prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM)) + owner
    return text + _checksum(text)


def owner_of(prefix: str, text: str) -> str:
    """Return the id of the owner that the text of a credential contains. Raises InvalidToken if it is not genuine."""
    body, owner = text[:-_CHECKSUM], text[len(prefix) + _RANDOM : -_CHECKSUM]
    if not (text.startswith(prefix) and text.isascii() and owner[1:] and text[-_CHECKSUM:] == _checksum(body)):
        raise InvalidToken
    if owner[0] == _LITERAL:
        return owner[1:]
    try:
        return bytes.fromhex(owner[1:]).decode()
    except ValueError:
        raise InvalidToken from None


def credential_hash(text: str) -> str:
    """Return the hash under which a credential is stored. It needs no salt, because the text is random enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a user. ``revision`` identifies this version in the store, and is empty until the key is stored."""

    id: str
    """The beginning of the hash, so that the text of a key leads to its record."""
    user_id: str
    name: str
    scope: Scope
    hash: str
    prefix: str
    """The beginning of the text, by which its owner recognises the key."""
    created_at: datetime
    valid_until: datetime | None
    """The time at which the key ends, or None."""
    last_used_at: datetime | None = None
    """The time of a use, at most an hour before the last one, or None if the key was never used."""
    revision: str = ""

    @classmethod
    def new(cls, user_id: str, name: str, scope: Scope, days: int | None, now: datetime) -> tuple["Key", str]:
        """Return a key that is not stored yet, and its text. Without ``days`` the key does not expire."""
        text = new_credential(KEY_PREFIX, user_id)
        until = None if days is None else now + timedelta(days=days)
        return cls(key_id(text), user_id, name, scope, credential_hash(text), text[:_SHOWN], now, until), text

    def is_valid(self, text: str, user: User, now: datetime) -> bool:
        """Return whether ``text`` is the text of the key, the user still has the key, and the key has not expired."""
        is_current = user.id == self.user_id and self.id in user.keys and user.can_log_in
        return is_current and not self.has_expired(now) and hmac.compare_digest(self.hash, credential_hash(text))

    def has_expired(self, now: datetime) -> bool:
        """Return whether the key has ended because of its age."""
        return self.valid_until is not None and now >= self.valid_until

    def must_store_use(self, now: datetime) -> bool:
        """Return whether the stored time of the last use is too old. It is not stored at every use."""
        return self.last_used_at is None or now - self.last_used_at >= _USE_IS_STORED_EVERY


def key_id(text: str) -> str:
    """Return the id of the key with this text."""
    return credential_hash(text)[: len(new_id())]


def parse_key_name(text: str) -> str:
    """Return ``text`` if it is a valid name of a key or of a service account. Raises InvalidValue."""
    if not text.strip():
        raise InvalidValue("too_short", Translatable("Use at least {n} characters.", n=1))
    return parse_name(text, MAX_NAME)


class KeyRepository(Protocol):
    """Stores keys. Every commit that changes the set of a user's keys changes ``User.keys`` too.

    A change of a user that removes a key from ``User.keys`` removes the key too.
    """

    def add(
        self, key: Key, change: Callable[[User], User], events: Recorded[User], receipt: Receipt | None = None
    ) -> Key:
        """Store a new key, a change of its user, the events and the receipt in one commit.

        Raises Repeated, and the errors of ``change``.
        """

    def with_user(self, id: str, user_id: str) -> tuple[Key | None, User | None]:
        """Return a key and a user, read in one round trip."""

    def store_use(self, key: Key, now: datetime) -> None:
        """Store the time of a use, unless the key has been changed or removed since it was read."""

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Key]:
        """Return a page of a user's keys, the newest first."""
