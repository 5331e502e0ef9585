"""Random histories of accounts, sessions, dogs and jobs, compared with a plain model, on every store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.support import machine
from torture.runs import Rounds, Target
from torture.stores import every_store, in_turn

_HISTORIES, _STEPS = 10, 60


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds, each with 10 histories of 60 steps on one store."""
    with every_store() as stores:

        def play(number: int, random: Random) -> Counter[str]:
            seed = random.randrange(2**32)
            with in_turn(stores, number) as (name, store):
                counts = machine.play(store, f"r{number}x", seed, histories=_HISTORIES, steps=_STEPS)
            return Counter({"histories": counts["histories"], f"steps on {name}": counts["steps"]})

        yield Rounds(200, play)


MACHINES = Target(
    "machines",
    "Accounts, sessions, dogs and jobs behave like a plain model, whatever the order of the requests",
    opened,
)
