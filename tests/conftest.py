"""What every test may ask for: the Firebase emulators, started once, by the first test that wants one."""

import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from uuid import uuid4

import pytest

from tests import emulators


def pytest_configure() -> None:
    # The tools that the tests start are dev requirements, and need not be installed otherwise.
    os.environ["PATH"] = emulators.tools_path()
    # Stopped from outside, pytest still takes its servers along, as it does after Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


@pytest.fixture(scope="session")
def firestore_emulator() -> Iterator[str]:
    """The "host:port" of a Firestore emulator. FIRESTORE_EMULATOR_HOST is for the test to set."""
    yield from _started(emulators.firestore())


@pytest.fixture(scope="session")
def auth_emulator() -> Iterator[str]:
    """The "host:port" of a Firebase Auth emulator. FIREBASE_AUTH_EMULATOR_HOST is for the test to set."""
    yield from _started(emulators.firebase_auth())


@pytest.fixture
def firestore_project() -> str:
    """The id of a project of the Firestore emulator that nobody has written to."""
    return f"demo-{uuid4().hex}"


@pytest.fixture(scope="session")
def auth_project() -> str:
    """The id of the project that the Auth emulator signs users in to.

    All tests share it. The emulator keeps the users of any other project apart as well, but only for the Admin
    SDK: it takes every web API key for one of this project, so that a user of another one can never sign in.
    Tests therefore use addresses and uids of their own.
    """
    return os.environ.get("GCLOUD_PROJECT", emulators.PROJECT)  # `firebase emulators:exec` names its project there


def _started(emulator: AbstractContextManager[str]) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            address = stack.enter_context(emulator)
        except emulators.NotReady as error:
            advice = str(error)
        else:
            yield address
            return
    pytest.fail(advice, pytrace=False)
