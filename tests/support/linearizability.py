"""A checker of histories: could the operations have been done one after the other?

The search is that of Wing and Gong with the improvement of Lowe: it remembers the states that led nowhere.
"""

import itertools
import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

UNKNOWN = object()
"""The result of an operation that may or may not have had its effect."""


@dataclass(frozen=True)
class Operation:
    """An operation of a history: the call, its result, and when it began and ended."""

    call: Any
    result: Any
    began: float
    ended: float


@dataclass
class History:
    """The operations of several threads, in the order of their ends."""

    operations: list[Operation] = field(default_factory=list)
    _clock: Iterable[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, call: Any, ask: Callable[[], Any]) -> Any:
        """Return the result of an operation, and record it."""
        began = self._now()
        result = ask()
        self.operations.append(Operation(call, result, began, inf if result is UNKNOWN else self._now()))
        return result

    def _now(self) -> int:
        with self._lock:
            return next(iter(self._clock))


Step = Callable[[Any, Operation], Iterable[Hashable]]
"""A function of a state and an operation. It returns the possible next states: none if the result is impossible."""


def is_linearizable(operations: Sequence[Operation], state: Hashable, step: Step) -> bool:
    """Return whether some order of the operations explains every result, and contradicts no observed order.

    An operation that ended before another one began comes first.
    """
    everything = (1 << len(operations)) - 1
    failed: set[tuple[int, Hashable]] = set()

    def search(done: int, state: Hashable) -> bool:
        if done == everything or (done, state) in failed:
            return done == everything
        left = [(place, each) for place, each in enumerate(operations) if not done >> place & 1]
        first_end = min(each.ended for _, each in left)
        for place, each in left:
            if each.began <= first_end and any(search(done | 1 << place, after) for after in step(state, each)):
                return True
        failed.add((done, state))
        return False

    return search(0, state)
