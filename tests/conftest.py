"""Fixtures for all tests: the Firebase emulators and a PostgreSQL server, each started once.

The first test that needs a server starts it. When pytest-xdist runs tests in several processes, all servers are
started for them at the beginning.
"""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from importlib import import_module
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings

from src.infrastructure.logs import CloudFormatter, TextFormatter
from tests.support import emulators
from tests.support.databases import databases_to_drop
from tests.support.rules import CompiledOnce
from tests.support.scheduling import FileScheduling, share_of_modules, spread
from torture.evidence import without_proof

# How long an example takes says something about the machine only, which runs other tests at the same time.
settings.register_profile("portero", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portero")

T = TypeVar("T")
_EMULATORS = "emulators"
_addresses = pytest.StashKey[dict[str, str]]()
_unproven = pytest.StashKey[list[str]]()
"""The tests that the page of assurance names and that have not passed."""


def pytest_configure() -> None:
    # The tools that the tests start are dev requirements, and need not be installed otherwise.
    os.environ["PATH"] = emulators.tools_path()
    # Where the environment forbids to keep bytecode, each process would rewrite the assertions of all test files, and
    # each service that a test starts would compile all of src.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # Twice a collection in a thread of a race on DynamoDB ended a test process with a segmentation fault, beside the
    # C extensions of gRPC, protobuf and psycopg. The cause is unknown; few collections make it rare, and save time.
    gc.set_threshold(100_000, 20, 20)
    Flask.url_rule_class = CompiledOnce
    # A signal that stops pytest also stops the servers that it has started, as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Import a share of the test files, when several processes run all of them.

    Each process then finds the rewritten assertions of the other files in the cache. Without this, all processes
    rewrite those of the same file at the same time.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker and session.config.args == session.config.getini("testpaths"):
        for name in share_of_modules(int(worker["workerid"].removeprefix("gw")), worker["workercount"]):
            with suppress(Exception):  # the collection reports it
                import_module(name)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Run no garbage collection while pytest collects the tests, and leave the tests out of later ones.

    The modules and the items of all tests stay until the end, so that a look at them would find nothing.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a process that runs tests the addresses of the shared servers. pytest-xdist calls this hook."""
    node.workerinput[_EMULATORS] = _shared(node.config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Return the scheduler that hands out the tests. pytest-xdist calls this hook."""
    return FileScheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mix the files of all folders when several processes run them."""
    if hasattr(config, "workerinput"):
        place = spread(item.nodeid.partition("::")[0] for item in items)
        items.sort(key=lambda item: place[item.nodeid.partition("::")[0]])


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writers conflict for longer than the service would tolerate: a busy machine makes each attempt slower."""
    monkeypatch.setattr("src.infrastructure.conflicts.GIVE_UP_SECONDS", 60.0)


@pytest.fixture(autouse=True)
def default_logs() -> Iterator[None]:
    """Undo the configuration of logs by an application that a test has created in this process."""
    yield
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler.formatter, (CloudFormatter, TextFormatter)):
            root.removeHandler(handler)
            root.setLevel(logging.WARNING)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of all tests if a test that docs/explanation/assurance.md names has not passed."""
    config, options = session.config, session.config.option
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not (options.keyword or options.collectonly)
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    if is_whole and reporter and not hasattr(config, "workerinput"):
        config.stash[_unproven] = without_proof(each.nodeid for each in reporter.getreports("passed"))
        if config.stash[_unproven] and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the property ``summary`` of the tests that recorded one, including tests in other processes."""
    for test in config.stash.get(_unproven, []):
        terminalreporter.write_line(f"docs/explanation/assurance.md names {test}, which has not passed", red=True)
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for report in reports:
        for name, text in report.user_properties:
            if name == "summary":
                terminalreporter.section(report.nodeid)
                terminalreporter.write_line(str(text))


@pytest.fixture(scope="session")
def firestore_emulator(request: pytest.FixtureRequest) -> Iterator[str]:
    """The "host:port" of a Firestore emulator. A test that uses it sets FIRESTORE_EMULATOR_HOST itself."""
    yield from _started(request.config, "firestore")


@pytest.fixture(scope="session")
def auth_emulator(request: pytest.FixtureRequest) -> Iterator[str]:
    """The "host:port" of a Firebase Auth emulator. A test that uses it sets FIREBASE_AUTH_EMULATOR_HOST itself."""
    yield from _started(request.config, "firebase_auth")


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The "host:port" of a PostgreSQL server, whose user ``postgres`` needs no password."""
    yield from _started(request.config, "postgres")


@pytest.fixture(scope="session")
def spare_databases() -> Iterator[dict[str, list[str]]]:
    """The URLs of empty PostgreSQL databases that earlier tests have used, by the URL of their template."""
    yield from databases_to_drop()


@pytest.fixture(scope="session")
def dynamodb_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a DynamoDB server."""
    yield from _started(request.config, "dynamodb")


@pytest.fixture
def firestore_project() -> str:
    """The id of an unused project of the Firestore emulator."""
    return f"demo-{uuid4().hex}"


@pytest.fixture(scope="session")
def auth_project() -> str:
    """The id of the project that the Auth emulator signs users in to.

    All tests share it. The emulator keeps the users of any other project apart as well, but only for the Admin
    SDK: it takes every web API key for one of this project, so that a user of another one can never sign in.
    Tests therefore use addresses and uids of their own.
    """
    return os.environ.get("GCLOUD_PROJECT", emulators.PROJECT)  # `firebase emulators:exec` names its project there


def _started(config: pytest.Config, name: str) -> Iterator[str]:
    shared: dict[str, str] | None = getattr(config, "workerinput", {}).get(_EMULATORS)
    with ExitStack() as stack:
        try:
            if shared and " " in shared[name]:  # the reason why it did not start, and no address
                raise emulators.NotReady(shared[name])
            address = shared[name] if shared else stack.enter_context(getattr(emulators, name)())
        except emulators.NotReady as error:
            advice = str(error)
        else:
            yield address
            return
    pytest.fail(advice, pytrace=False)


def _shared(config: pytest.Config) -> dict[str, str]:
    """Return the address of each server, or why it did not start. All start at once, and stop after the tests."""
    if _addresses not in config.stash:
        stacks = {name: ExitStack() for name in ("firestore", "firebase_auth", "postgres", "dynamodb")}

        def stop() -> None:
            _at_once(ExitStack.close, stacks.values())

        config.add_cleanup(stop)
        config.stash[_addresses] = dict(zip(stacks, _at_once(_address, stacks, stacks.values()), strict=True))
    return config.stash[_addresses]


def _address(name: str, stack: ExitStack) -> str:
    try:
        address: str = stack.enter_context(getattr(emulators, name)())
    except emulators.NotReady as error:
        return str(error)
    return address


def _at_once(call: Callable[..., T], *arguments: Iterable[Any]) -> list[T]:
    with ThreadPoolExecutor() as threads:
        return list(threads.map(call, *arguments))
