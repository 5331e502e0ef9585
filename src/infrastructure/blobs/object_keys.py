"""The keys that objects are kept under."""

import re

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]*(?:/[a-z0-9][a-z0-9_.-]*)*")


def checked(key: str) -> str:
    """``key``; raises ValueError when it might name something else than an object of the store.

    That is all but plain lower-case names with single slashes between: keys are made by us, never by a client.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} cannot be the key of an object")
    return key
