"""Random histories of accounts, sessions, dogs and jobs, compared with a plain model, on every store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.support import machine
from torture.runs import Rounds, Target
from torture.stores import every_store

_HISTORIES = {"memory": 5, "SQLite": 5, "PostgreSQL": 4, "Firestore": 2, "DynamoDB": 1}
"""How many histories a round plays on each store: fewer on a store whose emulator is slow."""
_STEPS = 60


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds, each with 17 histories of up to 60 steps, distributed over all stores."""
    with every_store() as stores:

        def play(number: int, random: Random) -> Counter[str]:
            counts = Counter[str]()
            for name, opened_store in stores.items():
                seed = random.randrange(2**32)
                with opened_store() as store:
                    played = machine.play(store, f"r{number}x", seed, histories=_HISTORIES[name], steps=_STEPS)
                counts += Counter({"histories": played["histories"], f"steps on {name}": played["steps"]})
            return counts

        yield Rounds(120, play)


MACHINES = Target(
    "machines",
    "Accounts, sessions, dogs and jobs behave like a plain model, whatever the order of the requests",
    opened,
)
