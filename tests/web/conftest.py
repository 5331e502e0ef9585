"""One application for the tests of the pages, which use unique usernames."""

import pytest
from flask import Flask

from tests.support.world import Person, build, client_of, join
from tests.web.surfer import Surfer


@pytest.fixture(scope="session")
def app() -> Flask:
    return build()


@pytest.fixture
def surfer(app: Flask) -> Surfer:
    return Surfer(app)


@pytest.fixture
def anna(app: Flask) -> Person:
    return join(client_of(app), name="Anna", last_name="Ruiz")


@pytest.fixture
def signed_in(surfer: Surfer, anna: Person) -> Surfer:
    assert surfer.sign_in(anna.user["username"]).status_code == 303
    return surfer
