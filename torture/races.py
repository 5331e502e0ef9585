"""Simultaneous sign-ups with one name or one address, on every store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from flask import Flask

from src.infrastructure.stores.portable import Store
from tests.support.remote import FakeProvider
from tests.support.sign_ups import sign_up_at_once
from tests.support.world import build
from torture.runs import Rounds, Target
from torture.stores import every_store, in_turn

_FIELDS = ("username", "email")
_IDENTITIES = ("passwords here", "passwords at a provider")


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds: each store in turn, with both fields and both identities."""
    with every_store() as stores:

        def play(number: int, random: Random) -> Counter[str]:
            taken, identity = _FIELDS[number // 5 % 2], _IDENTITIES[number // 10 % 2]
            suffix = f"{number}x{random.randrange(16**6):06x}"
            with in_turn(stores, number) as (name, store):
                return sign_up_at_once(_app(store, identity), suffix, taken) + Counter({f"races on {name}": 1})

        yield Rounds(200 * 5 * 4, play)


def _app(store: Store, identity: str) -> Flask:
    return build(store, remote=FakeProvider() if identity == _IDENTITIES[1] else None)


RACES = Target("races", "Of 50 simultaneous sign-ups with one name or address one wins", opened)
