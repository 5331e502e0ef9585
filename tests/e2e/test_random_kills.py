"""Killed at random moments, the service breaks nothing. ``make torture-kills`` repeats this often, on every store."""

from contextlib import closing
from random import Random
from uuid import uuid4

import pytest

from src.bootstrap import prepare
from tests.e2e.firebase import Firebase
from tests.e2e.kills import ACTS, fill, kill, open_scene, settings_at
from tests.e2e.mortal import Mortal, Place


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_the_act_of_a_killed_process_is_complete_or_absent(mortal: Mortal, place: Place, auth_emulator: str) -> None:
    prepare.prepare(settings_at(place))
    copied = f"sqlite:///{place.folder}/portero.db"
    firebase = Firebase(auth_emulator, place.auth_project)
    scene = open_scene(
        place, firebase, mortal, copied=copied, new_store=lambda: f"sqlite:///{place.folder}/{uuid4().hex}.db"
    )
    with closing(scene.store):
        fill(scene)
        for name in ACTS:
            kill(scene, "SQLite", name, Random(name))
