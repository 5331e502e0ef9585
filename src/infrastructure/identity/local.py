"""Stores passwords as Argon2id hashes (RFC 9106) in the user records."""

import os
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from src.application.ports import ExternalIdentity, ProviderAccount
from src.domain.errors import InvalidToken, Unavailable
from src.domain.passwords import normalise_password
from src.domain.users import User
from src.domain.values import Email
from src.infrastructure.identity.foreign_hashes import is_foreign
from src.infrastructure.identity.foreign_hashes import verify as verify_foreign
from src.infrastructure.identity.hash_memory import HashMemory
from src.infrastructure.identity.shortages import unavailable_on_shortage
from src.infrastructure.outages import unavailable_on

_QUEUE_SECONDS = 10.0
"""The seconds for which a call waits until it may compute a hash. After that it raises Unavailable."""


class LocalIdentity:
    """Hashes and checks passwords. Implements IdentityProvider.

    The user record is the whole account, so creating, changing and deleting an account does nothing here.
    """

    remote = False
    project = ""

    def __init__(self, hasher: PasswordHasher, *, at_once: int) -> None:
        """Compute at most ``at_once`` hashes at a time, because each one takes as much memory as ``hasher`` sets."""
        self._hasher = hasher
        self._memory = HashMemory()
        self._places = threading.BoundedSemaphore(at_once)
        self._decoy = _decoy(hasher)

    def keep(self, password: str) -> str:
        """Return the Argon2id hash of ``password`` as one text, which also contains its parameters and salt."""
        with self._place(), unavailable_on(HashingError):  # there is less memory than ARGON2_MEMORY_KIB
            return self._hasher.hash(_bytes(password))

    def verify(self, user: User | None, password: str) -> bool:
        """Return whether the password is right.

        Exactly one hash is computed in every case. Without a user or a stored hash, ``password`` is checked against a
        decoy, and the result is False. Checking an imported hash takes as long as it took in the other system. Raises
        Unavailable if there is too little memory to compute the hash.
        """
        kept = user.password_hash if user else None
        with self._place():
            if kept is not None and is_foreign(kept):
                return verify_foreign(kept, password)
            try:
                with unavailable_on_shortage():
                    return self._hasher.verify(kept or self._decoy, _bytes(password)) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def sign_in(self, email: Email, password: str) -> ExternalIdentity | None:
        """Return None: there are no remote accounts."""
        return None

    def outdated(self, user: User) -> bool:
        """Return whether the hash was imported, or computed with other parameters than the current ones."""
        kept = user.password_hash
        return kept is not None and (is_foreign(kept) or self._hasher.check_needs_rehash(kept))

    def create(self, user: User, password: str | None) -> None:
        """Do nothing."""

    def set_email(self, user: User) -> None:
        """Do nothing."""

    def set_password(self, user: User, password: str, *, sole: bool = False) -> None:
        """Do nothing."""

    def sessions_ended(self) -> None:
        """Do nothing: no other provider issues tokens."""

    def delete(self, id: str) -> None:
        """Do nothing."""

    def account(self, id: str) -> ProviderAccount | None:
        """Return None: there are no remote accounts."""
        return None

    def identify(self, token: str) -> ExternalIdentity:
        """Raise InvalidToken: no other provider issues tokens."""
        raise InvalidToken

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=_QUEUE_SECONDS):
            raise Unavailable("Too many logins at once; try again in a moment.", 2)
        try:
            yield
        finally:
            self._places.release()
            self._memory.hash_computed()


def _decoy(hasher: PasswordHasher) -> str:
    """Return random bytes in the form of a hash by ``hasher``. Checking a password against it takes as long."""
    salt, tag = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${tag}"


def _bytes(password: str) -> bytes:
    return normalise_password(password).encode("utf-8", "surrogatepass")
