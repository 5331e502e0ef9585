"""Replaces the commits of a store, each attempt of which can fail or reach the service twice."""

from collections.abc import Callable, Sequence

import pytest

from src.infrastructure.stores.driver import Key, Write
from src.infrastructure.stores.portable import Store

Commit = Callable[[Sequence[Write], str], dict[Key, str]]
"""One attempt to apply all writes or none, for the operation with an id."""


def replace_commit(patch: pytest.MonkeyPatch, store: Store, replacement: Callable[[Commit], Commit]) -> None:
    """Let the store commit with what ``replacement`` returns for its own method, which each store implements."""
    patch.setattr(store, "_commit", replacement(store._commit))


def commit_twice(patch: pytest.MonkeyPatch, store: Store) -> None:
    """Let every commit reach the store twice, as after a lost reply. The second reply is the one that arrives."""

    def twice(once: Commit) -> Commit:
        def commit(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            once(writes, operation)
            return once(writes, operation)

        return commit

    replace_commit(patch, store, twice)
