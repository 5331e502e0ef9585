"""A process that is killed at random moments, on every store that processes can share, with Firebase Auth."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from random import Random
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from src.bootstrap import prepare
from tests.e2e.firebase import Firebase
from tests.e2e.kills import ACTS, Scene, fill, kill, open_scene, settings_at
from tests.e2e.mortal import Mortal, Place
from tests.support import emulators
from tests.support.aws import REGION, use_aws
from tests.support.databases import create_database
from torture.runs import Rounds, Target

_CYCLES = 30
"""How often each act is played on each store. In a quarter of the rounds the act ends before the kill."""
_ATTEMPTS = 3
"""The attempts of a round. An emulator on a busy machine may be too slow, so two of them may end with a 503."""


@contextmanager
def _openers() -> Iterator[Mapping[str, Callable[[], Scene]]]:
    """Yield by the name of each store a function that opens a scene on a new store of that kind."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("FIRESTORE_EMULATOR_HOST", stack.enter_context(emulators.firestore()))
        auth = stack.enter_context(emulators.firebase_auth())
        patch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth)
        use_aws(patch, stack.enter_context(emulators.dynamodb()))
        postgres = stack.enter_context(emulators.postgres())
        folder = stack.enter_context(TemporaryDirectory())
        mortal = Mortal.start()
        stack.callback(mortal.stop)
        new_stores: Mapping[str, Callable[[], str]] = {
            "SQLite": lambda: f"sqlite:///{folder}/{uuid4().hex}.db",
            "PostgreSQL": lambda: create_database(postgres),
            "Firestore": lambda: f"firestore://demo-{uuid4().hex}",
            "DynamoDB": lambda: f"dynamodb://{REGION}/portero-{uuid4().hex}",
        }

        def at(new_store: Callable[[], str], copied: str) -> Scene:
            place = Place(
                folder=stack.enter_context(TemporaryDirectory()),
                store=new_store(),
                firestore_project="",
                auth_project=emulators.PROJECT,
            )
            prepare.prepare(settings_at(place))
            firebase = Firebase(auth, place.auth_project)
            scene = open_scene(place, firebase, mortal, copied=copied, new_store=new_store)
            stack.callback(scene.store.close)
            return scene

        copied = at(new_stores["SQLite"], "")
        fill(copied)
        yield {name: partial(at, new_store, copied.place.store) for name, new_store in new_stores.items()}


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds: each act on each store in turn.

    The stores are replaced before the first act. Each check of the invariants reads a whole store, and moto sorts a
    whole table for every page that is read.
    """
    acts = [*ACTS]
    scenes: dict[str, Scene] = {}
    with _openers() as openers:

        def play(number: int, random: Random) -> Counter[str]:
            name, act = [*openers][number % len(openers)], acts[number // len(openers) % len(acts)]
            if name not in scenes or act == acts[0]:
                if name in scenes:
                    scenes[name].store.close()  # or its connections would stay open to the end of the run
                scenes[name] = openers[name]()
            counts = Counter[str]()
            for _ in range(_ATTEMPTS):
                counted = kill(scenes[name], name, act, random)
                counts += counted
                if not counted["answered 503"]:
                    return counts
            raise AssertionError(f"{act} on {name} was answered with 503 {_ATTEMPTS} times")

        yield Rounds(_CYCLES * len(openers) * len(acts), play)


KILLS = Target(
    "kills",
    "A process that is killed at a random moment breaks no invariant and forgets nothing that it has told",
    opened,
)
