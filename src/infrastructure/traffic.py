"""Counts the requests of the last hour by minute, in memory that a process shares with its forks."""

import math
import mmap
import os
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from threading import Lock
from typing import Any

from src.application.ports import Answers

MINUTES = 60
_ROWS = 64
"""The rows of counts. The id of a process chooses its row; two processes with the same row may lose some counts."""
_OUTCOMES = 3
_TIMES = 72
"""The ranges of times that are counted. The first one ends at 0.12 ms, and the last one at 100 s."""
_STEPS = 12
"""The ranges from one time to ten times that time. Each range ends a fifth later than the one before."""
_SHORTEST = 1e-4
_CELLS = 1 + _OUTCOMES + _TIMES
"""The numbers of a minute: the minute since 1970, the requests by outcome, and the requests by time."""
_NONE = array("I", bytes(4 * (_CELLS - 1)))


class SharedTraffic:
    """Counts requests in a ring of 60 minutes for each process. Implements Traffic.

    The memory is made once, before the workers are forked. The counts of a worker stay when another worker replaces it.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._began = clock()
        self._cells = memoryview(mmap.mmap(-1, 4 * _CELLS * MINUTES * _ROWS)).cast("I")
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the counts: a process that is spawned and not forked starts with counts of its own."""
        return type(self), (self._clock,)

    def observe(self, status: int, seconds: float) -> None:
        minute = int(self._clock()) // 60
        place = (os.getpid() % _ROWS * MINUTES + minute % MINUTES) * _CELLS
        bucket = int(_STEPS * math.log10(max(seconds, _SHORTEST) / _SHORTEST))
        with self._lock:
            cells = self._cells
            if cells[place] != minute:  # these are the counts of an hour ago, or none
                cells[place + 1 : place + _CELLS] = _NONE
                cells[place] = minute
            cells[place + 1 + (status >= 400) + (status >= 500)] += 1
            cells[place + 1 + _OUTCOMES + min(bucket, _TIMES - 1)] += 1

    def last_hour(self) -> tuple[datetime, Answers, Sequence[Answers]]:
        now = int(self._clock()) // 60
        sums = {minute: [0] * (_CELLS - 1) for minute in range(now - MINUTES + 1, now + 1)}
        for minute, counts in self._stored():
            if minute in sums:
                sums[minute] = [*map(sum, zip(sums[minute], counts, strict=True))]
        total = [*map(sum, zip(*sums.values(), strict=True))]
        begin = max(self._began, (now - MINUTES + 1) * 60)
        return _time(begin), _answers(now - MINUTES + 1, total), [_answers(*each) for each in sums.items()]

    def _stored(self) -> Iterator[tuple[int, Sequence[int]]]:
        """Yield the minutes that were counted, with their counts."""
        for place in range(0, len(self._cells), _CELLS):
            if minute := self._cells[place]:
                yield minute, self._cells[place + 1 : place + _CELLS].tolist()


def _answers(minute: int, counts: Sequence[int]) -> Answers:
    outcomes, times = counts[:_OUTCOMES], [*accumulate(counts[_OUTCOMES:])]
    return Answers(_time(minute * 60), *outcomes, *(_quantile(times, share) for share in (0.5, 0.95)))


def _quantile(times: Sequence[int], share: float) -> float:
    """Return the middle of the range in which the quantile lies, or 0 without requests.

    ``times`` has for each range the number of requests whose times are in this range or in a shorter one.
    """
    if not times[-1]:
        return 0.0
    found = next(at for at, count in enumerate(times) if count >= share * times[-1])
    middle: float = _SHORTEST * 10 ** ((found + 0.5) / _STEPS)
    return middle


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
