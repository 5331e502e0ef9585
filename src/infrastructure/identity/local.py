"""Passwords kept by ourselves, as Argon2id hashes (RFC 9106) on the user record."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from src.application.ports import ExternalIdentity
from src.domain.errors import InvalidToken, Unavailable
from src.domain.users import User

_QUEUE_SECONDS = 10.0


class LocalIdentity:
    """See IdentityProvider. There are no accounts outside the store, so most of it has nothing to do."""

    remote = False

    def __init__(self, hasher: PasswordHasher, *, at_once: int) -> None:
        """At most ``at_once`` hashes run in this process: memory times logins is what a small one dies of."""
        self._hasher = hasher
        self._places = threading.BoundedSemaphore(at_once)
        self._nobody = hasher.hash("nobody")

    def keep(self, password: str) -> str:
        """The hash, with its parameters and salt."""
        with self._place():
            return self._hasher.hash(_bytes(password))

    def verify(self, user: User | None, password: str) -> bool:
        """Always one hash: without a user, or without a password to compare with, of nobody's."""
        kept = user.password_hash if user else None
        with self._place():
            try:
                return self._hasher.verify(kept or self._nobody, _bytes(password)) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def outdated(self, user: User) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return user.password_hash is not None and self._hasher.check_needs_rehash(user.password_hash)

    def create(self, user: User, password: str | None) -> None:
        """Nothing: the hash is on the user record."""

    def set_email(self, user: User) -> None:
        """Nothing: the address is on the user record."""

    def set_password(self, user: User, password: str) -> None:
        """Nothing: the hash is on the user record."""

    def sessions_ended(self) -> None:
        """Nothing: there are no tokens but ours."""

    def delete(self, id: str) -> None:
        """Nothing: there is no other account."""

    def exists(self, id: str) -> bool:
        """There is no account that could be missing."""
        return True

    def identify(self, token: str) -> ExternalIdentity:
        """Nobody but us issues tokens."""
        raise InvalidToken

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=_QUEUE_SECONDS):
            raise Unavailable("Too many logins at once; try again in a moment.", 2)
        try:
            yield
        finally:
            self._places.release()


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
