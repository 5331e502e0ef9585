"""An application with a store that the tests can inspect, and a user who may upload."""

import pytest
from flask import Flask

from src.infrastructure.stores.memory import MemoryStore
from tests.http.datasets.support import MAX_UPLOAD
from tests.support.working import Watch
from tests.support.world import Client, Person, build, join


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def app(store: MemoryStore) -> Flask:
    return build(store, max_upload_bytes=MAX_UPLOAD)


@pytest.fixture
def anna(client: Client) -> Person:
    return join(client, "uploader")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def watched(store: MemoryStore, watch: Watch) -> Flask:
    return build(store, clock=watch)
