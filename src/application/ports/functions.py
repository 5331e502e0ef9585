"""The ports that consist of a single function."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from src.domain.values import Email, Username

Clock = Callable[[], datetime]
"""A function that returns the current time in UTC, with its time zone."""

TakePlace = Callable[[float], AbstractContextManager[bool]]
"""A function that waits some seconds for one of the places for checks of CSV files, and holds it within the block.

The block gets False if no place is free. There are as many places as the memory allows checks at once.
"""

Spool = Callable[[Iterable[bytes]], AbstractContextManager[Path]]
"""A function that writes chunks to a temporary file, which is removed after the block.

It raises Unavailable when the disk is full, and the errors of iterating over the chunks.
"""

Fingerprints = Callable[[bytes], Sequence[str]]
"""A function that returns the digests of some bytes: one for each signing key, the newest key first.

Store the first digest. Compare a stored digest with all of them, because it may have been made with an older key.
"""

EmailParser = Callable[[str], Email]
"""A function that validates and normalises an e-mail address. Raises InvalidValue."""

UsernameParser = Callable[[str], Username]
"""A function that validates the username of a new user by rules stricter than Username.parse. Raises InvalidValue."""
