"""A process that is killed at random moments, on every store that others share, with Firebase Auth beside it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from random import Random
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from src.bootstrap import adapters, prepare
from src.infrastructure.stores.portable import Store
from tests.e2e.firebase import Firebase
from tests.e2e.kills import ACTS, Scene, fill, kill, open_scene, settings_at
from tests.e2e.mortal import Mortal, Outcome, Place, Request
from tests.support import emulators
from tests.support.aws import REGION, open_dynamodb, use_aws
from tests.support.databases import create_database
from torture.runs import Rounds, Target

_ATTEMPTS = 3
"""The attempts of a round. An emulator on a busy machine may be too slow, so two of them may end with a 503."""


class _Watched(Mortal):
    """A process whose last outcome is known. It has no status exactly if the process died by a signal before it."""

    last: Outcome

    def carry_out(self, place: Place, request: Request, die_at: int = 0, die_after: float | None = None) -> Outcome:
        self.last = super().carry_out(place, request, die_at, die_after)
        return self.last

    def end(self) -> str:
        """Return how the last process ended."""
        return {None: "killed", 503: "answered 503"}.get(self.last.status, "ended first")


@contextmanager
def _scenes() -> Iterator[tuple[Mapping[str, Scene], _Watched]]:
    """Yield a scene on each store by the name of the store, and the process that is killed in all of them."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("FIRESTORE_EMULATOR_HOST", stack.enter_context(emulators.firestore()))
        auth = stack.enter_context(emulators.firebase_auth())
        patch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth)
        use_aws(patch, stack.enter_context(emulators.dynamodb()))
        postgres = stack.enter_context(emulators.postgres())
        folder = stack.enter_context(TemporaryDirectory())
        mortal = _Watched.start()
        assert isinstance(mortal, _Watched)
        stack.callback(mortal.stop)
        new_stores: Mapping[str, Callable[[], str]] = {
            "SQLite": lambda: f"sqlite:///{folder}/{uuid4().hex}.db",
            "PostgreSQL": lambda: create_database(postgres),
            "Firestore": lambda: f"firestore://demo-{uuid4().hex}",
            "DynamoDB": lambda: f"dynamodb://{REGION}/portero-{uuid4().hex}",
        }

        def scene(new_store: Callable[[], str], copied: str) -> Scene:
            place = Place(
                folder=stack.enter_context(TemporaryDirectory()),
                store=new_store(),
                firestore_project="",
                auth_project=emulators.PROJECT,
            )
            prepare.prepare(settings_at(place))
            store = _opened(place)
            stack.callback(store.close)
            firebase = Firebase(auth, place.auth_project)
            return open_scene(place, store, firebase, mortal, copied=copied, new_store=new_store)

        copied = scene(new_stores["SQLite"], "")
        fill(copied)
        yield {name: scene(new_store, copied.place.store) for name, new_store in new_stores.items()}, mortal


def _opened(place: Place) -> Store:
    """Return the store of a place. It waits for longer than the service would, because a busy machine is slow."""
    if place.store.startswith("dynamodb://"):
        return open_dynamodb(place.store.rpartition("/")[2])
    return adapters.make_store(settings_at(place))


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds: each act on each store in turn."""
    acts = [*ACTS]
    with _scenes() as (scenes, mortal):

        def play(number: int, random: Random) -> Counter[str]:
            store = [*scenes][number % len(scenes)]
            return _kill(scenes[store], store, acts[number // len(scenes) % len(acts)], random, mortal)

        yield Rounds(1000, play)


def _kill(scene: Scene, store: str, act: str, random: Random, mortal: _Watched) -> Counter[str]:
    """Kill an act, and count how the process ended. Do so again after a 503; fail if all attempts end with it."""
    counts = Counter[str]()
    for _ in range(_ATTEMPTS):
        counted = kill(scene, store, act, random)
        end = mortal.end()
        counts += Counter({end: 1, f"{act} | {store} | {end}": 1})
        counts += Counter({what: count for what, count in counted.items() if what.startswith("repaired")})
        if end != "answered 503":
            return counts
    raise AssertionError(f"{act} on {store} was answered with 503 {_ATTEMPTS} times")


KILLS = Target(
    "kills",
    "A process that is killed at a random moment breaks no invariant and forgets nothing that it has told",
    opened,
)
