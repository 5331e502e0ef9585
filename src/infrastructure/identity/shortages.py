"""Turns a shortage of memory or threads during a password check into Unavailable, instead of a wrong password."""

from collections.abc import Iterator
from contextlib import contextmanager

from argon2.exceptions import VerificationError

from src.domain.errors import Unavailable

_MESSAGES = "Memory allocation error", "Threading failure", "malloc failure"
"""The ends of the messages of Argon2 and OpenSSL. Their exceptions are the same as for a hash that is malformed."""


@contextmanager
def unavailable_on_shortage() -> Iterator[None]:
    """Raise Unavailable if the block has not enough memory or threads to check a password."""
    try:
        yield
    except (VerificationError, ValueError) as error:
        if str(error).endswith(_MESSAGES):
            raise Unavailable from error
        raise
