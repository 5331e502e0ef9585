"""Run tasks simultaneously in threads or processes, and generate spellings of one username."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import product
from threading import Barrier
from typing import TypeVar

from src.infrastructure import conflicts

Argument = TypeVar("Argument")
Result = TypeVar("Result")

_PATIENCE = 300.0

_start: Barrier


def spellings(count: int) -> list[str]:
    """Return ``count`` spellings of one username: cases, composed, decomposed and full-width letters, a ligature."""
    ways = (
        ("å", "Å", "a\u030a", "A\u030a", "\u212b"),
        ("s", "S", "\u017f", "\uff53", "\uff33"),
        ("ffi", "FFI", "\ufb03", "\ufb00i", "f\ufb01"),
        ("ß", "ss", "SS", "\u1e9e", "sS"),
    )
    # The step has no factor in common with their number, so that the first few spellings already differ everywhere.
    every = ["".join(way) for way in product(*ways)]
    return [every[place * 157 % len(every)] for place in range(count)]


def at_once(task: Callable[[Argument], Result], arguments: Sequence[Argument]) -> list[Result | Exception]:
    """Run ``task`` on each argument in a separate thread, all started together; return results and exceptions."""
    start = Barrier(len(arguments))

    def attempt(argument: Argument) -> Result | Exception:
        start.wait(_PATIENCE)
        try:
            return task(argument)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(arguments)) as threads:
        return list(threads.map(attempt, arguments))


def in_processes(task: Callable[[Argument], Result], arguments: Sequence[Argument]) -> list[Result]:
    """Run ``task`` on each argument in a separate process. ``task`` calls ``meet`` when it is ready to start.

    In these processes, writers may conflict for as long as in the tests.
    """
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(len(arguments))
    with ProcessPoolExecutor(len(arguments), spawn, _invite, (start,)) as processes:
        return list(processes.map(task, arguments, timeout=_PATIENCE))


def meet() -> None:
    """Wait until every process of ``in_processes`` has called this function."""
    _start.wait(_PATIENCE)


def _invite(start: Barrier) -> None:
    global _start
    _start = start
    conflicts.GIVE_UP_SECONDS = 60.0  # on a busy machine, too; the process ends with the test
