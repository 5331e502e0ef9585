"""Fixtures for processes that are killed, and for the stores that remain afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from src.bootstrap import adapters, prepare
from tests.e2e.mortal import Mortal, Place
from tests.e2e.wiring import Client, OnePicture, firebase_settings, wire
from tests.support.browsers import chromium
from tests.support.working import RecordingQueue

expect.set_options(timeout=30_000)  # on a busy machine, a page may take longer than the default of five seconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    process = Mortal.start()
    yield process
    process.stop()


@pytest.fixture(params=["sqlite", "firestore"])
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    firestore_emulator: str,
    auth_emulator: str,
    firestore_project: str,
    auth_project: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Place:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator)
    return Place(
        folder=str(tmp_path),
        store=request.param,
        firestore_project=firestore_project,
        auth_project=auth_project,
    )


@pytest.fixture
def client(place: Place) -> Iterator[Client]:
    """Return a client of another process on the same store, folder and emulator projects."""
    settings = firebase_settings(
        Path(place.folder),
        place.store,
        firestore_project=place.firestore_project,
        auth_project=place.auth_project,
        relay=place.relay,
    )
    prepare.prepare(settings)
    store = adapters.make_store(settings)
    yield Client(wire(settings, store=store, queue=RecordingQueue(), pictures=OnePicture()))
    store.close()
