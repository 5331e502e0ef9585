"""Stores passwords as Argon2id hashes (RFC 9106) in the user records."""

import os
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from src.domain.errors import Unavailable
from src.domain.passwords import normalise_password
from src.infrastructure.identity.foreign_hashes import is_foreign
from src.infrastructure.identity.foreign_hashes import verify as verify_foreign
from src.infrastructure.identity.hash_memory import HashMemory
from src.infrastructure.identity.shortages import unavailable_on_shortage
from src.infrastructure.outages import unavailable_on

_QUEUE_SECONDS = 10.0
"""The seconds for which a call waits until it may compute a hash. After that it raises Unavailable."""


class Argon2Hasher:
    """Hashes and checks passwords. Implements PasswordHasher."""

    def __init__(self, hasher: PasswordHasher, *, at_once: int) -> None:
        """Compute at most ``at_once`` hashes at a time, because each one takes as much memory as ``hasher`` sets."""
        self._hasher = hasher
        self._memory = HashMemory()
        self._places = threading.BoundedSemaphore(at_once)
        self._decoy = _decoy(hasher)

    def hash_password(self, password: str) -> str:
        """Return the Argon2id hash of ``password`` as one text, which also contains its parameters and salt."""
        with self._place(), unavailable_on(HashingError):  # there is less memory than ARGON2_MEMORY_KIB
            return self._hasher.hash(_bytes(password))

    def verify(self, hash: str | None, password: str) -> bool:
        """Return whether the password is right.

        Exactly one hash is computed in every case. Without a stored hash, ``password`` is checked against a
        decoy, and the result is False. Checking an imported hash takes as long as it took in the other system. Raises
        Unavailable if there is too little memory to compute the hash.
        """
        with self._place():
            if hash is not None and is_foreign(hash):
                return verify_foreign(hash, password)
            try:
                with unavailable_on_shortage():
                    return self._hasher.verify(hash or self._decoy, _bytes(password)) and hash is not None
            except (VerificationError, InvalidHashError):
                return False

    def needs_rehash(self, hash: str) -> bool:
        """Return whether the hash was imported, or computed with other parameters than the current ones."""
        return is_foreign(hash) or self._hasher.check_needs_rehash(hash)

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
