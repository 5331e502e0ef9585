"""Simultaneous sign-ups with one name or one address, on every store."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from flask import Flask

from src.infrastructure.identity.firebase import FirebaseAccounts
from src.infrastructure.stores.portable import Store
from tests.support import emulators
from tests.support.remote import FakeProvider
from tests.support.sign_ups import sign_up_at_once
from tests.support.world import build
from torture.runs import Rounds, Target
from torture.stores import every_store, in_turn

_FIELDS = ("username", "email")
_IDENTITIES = _HERE, _PROVIDER, _FIREBASE = ("passwords here", "passwords at a provider", "passwords at Firebase Auth")


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds: each store in turn, with both fields and all identities."""
    with every_store() as stores, emulators.firebase_auth() as firebase, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIREBASE_AUTH_EMULATOR_HOST", firebase)

        def play(number: int, random: Random) -> Counter[str]:
            taken, identity = _FIELDS[number // 5 % 2], _IDENTITIES[number // 10 % 3]
            suffix = f"{number}x{random.randrange(16**6):06x}"
            with in_turn(stores, number) as (name, store):
                counts = sign_up_at_once(_app(store, identity), suffix, taken)
            return counts + Counter({f"races on {name}": 1, f"races with {identity}": 1})

        yield Rounds(200 * 5 * 6, play)


def _app(store: Store, identity: str) -> Flask:
    if identity == _FIREBASE:
        return build(store, remote=FirebaseAccounts(emulators.PROJECT, "any"))
    return build(store, remote=FakeProvider() if identity == _PROVIDER else None)


RACES = Target("races", "Of 50 simultaneous sign-ups with one name or address one wins", opened)
