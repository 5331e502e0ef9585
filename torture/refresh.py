"""Simultaneous refreshes with one token, on every store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from tests.support.refreshing import refresh_at_once
from torture.runs import Rounds, Target
from torture.stores import every_store, in_turn


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds, each store in turn."""
    with every_store() as stores:

        def play(number: int, _: Random) -> Counter[str]:
            with in_turn(stores, number) as (name, store):
                return refresh_at_once(Users(store), Sessions(store)) + Counter({f"races on {name}": 1})

        yield Rounds(200 * 5, play)


REFRESH = Target(
    "refresh",
    "20 simultaneous refreshes with one token advance the session once, and replays after a restart are refused",
    opened,
)
