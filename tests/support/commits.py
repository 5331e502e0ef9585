"""Replaces the commit of a store, so that attempts fail or reach the service twice."""

from collections.abc import Callable, Sequence

import pytest

from src.infrastructure.stores.driver import Key, Write
from src.infrastructure.stores.portable import Store

Commit = Callable[[Sequence[Write], str], dict[Key, str]]
"""One attempt to apply all writes or none, for the operation with an id."""


def replace_commit(patch: pytest.MonkeyPatch, store: Store, replacement: Callable[[Commit], Commit]) -> None:
    """Replace the method for one attempt of a commit. ``replacement`` gets the store's own method."""
    patch.setattr(store, "_commit", replacement(store._commit))


def commit_twice(patch: pytest.MonkeyPatch, store: Store) -> None:
    """Make every commit reach the store twice, as after a lost reply, and return the second reply."""

    def twice(once: Commit) -> Commit:
        def commit(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            once(writes, operation)
            return once(writes, operation)

        return commit

    replace_commit(patch, store, twice)
