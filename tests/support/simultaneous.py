"""Histories of simultaneous operations on one document, through the store and over HTTP."""

from collections import Counter
from collections.abc import Hashable, Iterable
from itertools import count
from random import Random
from typing import Any, Protocol

from flask import Flask

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import Delete, Insert, PreconditionFailed, Update, Write
from src.infrastructure.stores.portable import Store
from tests.contract.documents import account, user
from tests.support.linearizability import UNKNOWN, History, Operation, is_linearizable
from tests.support.races import at_once
from tests.support.world import client_of, join

_THREADS, _EACH = 4, 4


class _Tried(Protocol):
    """An object that threads read and change at random. ``step`` says what an operation does to its state."""

    history: History

    @property
    def initial(self) -> Hashable:
        """The initial state."""

    def operate(self, seen: str | None, chance: Random) -> str | None:
        """Record a random operation of a thread that has last seen a version. Return the version that it sees now."""

    def read(self) -> Any:
        """Record a read."""

    def step(self, state: Any, operation: Operation) -> Iterable[Hashable]:
        """Return the states after an operation."""


def change_at_once(store: Store, id: str, random: Random) -> Counter[str]:
    """Insert, update, delete and read one document in 4 threads. Assert that the history is linearizable.

    ``id`` must be unused. The document is removed at the end, because it is a user without the claims of its names.
    """
    counts = _run(_Document(store, id), random)
    store.commit(Delete(user(id)))
    return counts


def rename_at_once(app: Flask, random: Random) -> Counter[str]:
    """Read and change one user in 4 threads, some with ``If-Match``. Assert that the history is linearizable."""
    return _run(_User(app), random)


def _run(tried: _Tried, random: Random) -> Counter[str]:
    def work(chance: Random) -> None:
        seen = None
        for _ in range(_EACH):
            seen = tried.operate(seen, chance)

    outcomes = at_once(work, [Random(random.random()) for _ in range(_THREADS)])
    assert outcomes == [None] * _THREADS, outcomes
    tried.read()
    operations = tried.history.operations
    assert is_linearizable(operations, tried.initial, tried.step), operations
    return Counter({"operations": len(operations)})


class _Document:
    """A document, whose state is its revision, or None while it does not exist."""

    initial = None

    def __init__(self, store: Store, id: str) -> None:
        self.history = History()
        self._store, self._key, self._names = store, user(id), count(1)
        self._written: dict[str, str] = {}
        """The name that each revision holds."""

    def operate(self, seen: str | None, chance: Random) -> str | None:
        verb = chance.choice(["get", "insert", "update", "update", "delete", "delete any"])
        name = str(next(self._names))
        if verb == "get" or (seen is None and verb in ("update", "delete")):
            return self.read()
        writes: dict[str, Write] = {
            "insert": Insert(self._key, account(name=name)),
            "update": Update(self._key, account(name=name), seen or ""),
            "delete": Delete(self._key, seen),
            "delete any": Delete(self._key),
        }
        result = self.history.record((verb, seen, name), lambda: self._commit(writes[verb], name))
        return result if isinstance(result, str) else seen

    def read(self) -> str | None:
        revision: str | None = self.history.record(("get", None, None), self._get)
        return revision

    def step(self, state: str | None, operation: Operation) -> Iterable[str | None]:
        (verb, seen, name), result = operation.call, operation.result
        if verb == "get":
            return [state] if result == state else []
        is_met = {"insert": state is None, "delete any": True}.get(verb, state == seen)
        if result is UNKNOWN:
            revisions = {name: revision for revision, name in self._written.items()}
            after = None if "delete" in verb else revisions.get(name, f"of {name}")
            return [state, after] if is_met else [state]
        if result is False:
            return [] if is_met else [state]
        return [None if "delete" in verb else result] if is_met else []

    def _get(self) -> str | None:
        [document] = self._store.get(self._key)
        if document is None:
            return None
        name = document.fields["name"]
        assert self._written.setdefault(document.revision, name) == name
        return document.revision

    def _commit(self, write: Write, name: str) -> Any:
        try:
            revisions = self._store.commit(write)
        except PreconditionFailed:
            return False
        except Unavailable:
            return UNKNOWN
        if isinstance(write, Delete):
            return True
        assert self._written.setdefault(revisions[self._key], name) == name  # no other write has this revision
        return revisions[self._key]


class _User:
    """A user, whose state is the name. An ETag stands for the name that was shown with it."""

    initial = "0"

    def __init__(self, app: Flask) -> None:
        self.history = History()
        self._app, self._names = app, count(1)
        self._person = join(client_of(app), name=self.initial)
        self._shown: dict[str, str] = {}

    def operate(self, seen: str | None, chance: Random) -> str | None:
        if chance.random() < 0.3:
            result = self.read()
        else:
            expected = seen if chance.random() < 0.7 else None
            call = "PUT", str(next(self._names)), expected
            result = self.history.record(call, lambda: self._ask(*call))
        return result[1] if isinstance(result, tuple) else seen

    def read(self) -> Any:
        return self.history.record(("GET", None, None), lambda: self._ask("GET", None, None))

    def step(self, state: str, operation: Operation) -> Iterable[str]:
        (method, name, expected), result = operation.call, operation.result
        is_met = expected is None or self._shown[expected] == state
        if result is UNKNOWN:
            return [state, name] if name and is_met else [state]
        if result is False:
            return [] if is_met else [state]
        after = name if method == "PUT" else state
        return [after] if is_met and result[0] == after else []

    def _ask(self, method: str, name: str | None, expected: str | None) -> Any:
        headers = self._person.headers | ({"If-Match": expected} if expected else {})
        body = {"json": {"name": name}} if name else {}
        answer = client_of(self._app).open("/user", method=method, headers=headers, **body)
        if answer.status_code == 503:
            return UNKNOWN
        if answer.status_code == 412:
            return False
        assert answer.status_code == 200, answer.text
        shown, etag = answer.json["name"], answer.headers["ETag"]
        assert self._shown.setdefault(etag, shown) == shown
        return shown, etag
