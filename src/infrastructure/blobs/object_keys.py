"""The keys of stored objects."""

import re

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]*(?:/[a-z0-9][a-z0-9_.-]*)*")


def checked(key: str) -> str:
    """Return ``key``. Raise ValueError unless it consists of plain lower-case names with single slashes between.

    The service makes the keys. A key that could name something outside the store is a defect.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} cannot be the key of an object")
    return key
