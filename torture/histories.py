"""Simultaneous operations on one document and on one user, on every store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.support.simultaneous import change_at_once, rename_at_once
from tests.support.world import build
from torture.runs import Rounds, Target
from torture.stores import every_store, in_turn


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds, each with ten histories of a document and of a user on one store."""
    with every_store() as stores:

        def play(number: int, random: Random) -> Counter[str]:
            with in_turn(stores, number) as (name, store):
                counts, app = Counter({f"histories on {name}": 20}), build(store)
                for each in range(10):
                    counts += change_at_once(store, f"h{number}x{each}x{random.randrange(16**6):06x}", random)
                    counts += rename_at_once(app, random)
            return counts

        yield Rounds(200, play)


HISTORIES = Target(
    "histories",
    "Simultaneous operations on one document, and on one user with `If-Match`, are linearizable",
    opened,
)
