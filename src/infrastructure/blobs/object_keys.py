"""Checks the keys of stored objects."""

import re

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]*(?:/[a-z0-9][a-z0-9_.-]*)*")


def checked(key: str) -> str:
    """Return ``key``. Raise ValueError unless it consists of lower-case ASCII names with single slashes between them.

    The service chooses all keys, so a key that could lead outside the store is a defect of the service.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} cannot be the key of an object")
    return key
