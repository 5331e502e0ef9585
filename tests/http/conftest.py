"""One application for most tests, which use unique usernames."""

import pytest
from flask import Flask

from tests.support.world import Client, Person, build, client_of, join


@pytest.fixture(scope="session")
def app() -> Flask:
    return build()


@pytest.fixture
def client(app: Flask) -> Client:
    return client_of(app)


@pytest.fixture
def anna(client: Client) -> Person:
    return join(client)
