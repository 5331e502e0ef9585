"""Finds leaked passwords, by their SHA-1 hashes: at a service on the network, or in a compiled list."""

import hashlib
import logging
from typing import Protocol

from src.application.ports import CountEvent
from src.domain.errors import AttemptFailed

_log = logging.getLogger("portero.passwords")


class BadList(Exception):
    """A list of leaked passwords, or the file that was compiled from it, cannot be used. The message says why."""


class BreachSource(Protocol):
    """A collection of the SHA-1 hashes of leaked passwords. It raises AttemptFailed or BadList if it cannot be used."""

    def contains(self, sha1: str) -> bool:
        """Return whether the collection has a hash, given in capital hexadecimal digits."""

    def check(self) -> None:
        """Raise AttemptFailed or BadList if the collection cannot be used."""


class BreachedPasswords:
    """Looks passwords up in a collection of hashes. Implements IsBreached."""

    def __init__(self, source: BreachSource, count: CountEvent) -> None:
        self._source, self._count = source, count

    def __call__(self, password: str) -> bool:
        """Return whether a password has leaked. If the collection cannot be used, log that and return False."""
        sha1 = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            found = self._source.contains(sha1)
        except (AttemptFailed, BadList) as error:
            _log.warning("a new password is accepted without a look at leaked ones: %s", error)
            self._count("breach_checks", "failed")
            return False
        self._count("breach_checks", "breached" if found else "passed")
        return found
