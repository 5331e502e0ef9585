"""A process that serves single requests and is killed at a step of its choosing; see test_crashes.

It reads an order a line, and has a child of its own (already loaded, so that it takes no second) carry it out.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, cast

from src.application.ports import BlobStore, PictureSource, RemoteAccounts

# Imported once before the fork; no connection is opened before it.
from src.bootstrap import adapters
from src.infrastructure.identity import firebase as _firebase  # noqa: F401
from src.infrastructure.stores import firestore as _firestore  # noqa: F401
from src.infrastructure.stores import sql as _sql  # noqa: F401
from src.infrastructure.stores.portable import Store
from tests.e2e.wiring import Client, OnePicture, firebase_settings, wire
from tests.support.remote import Observed
from tests.support.working import RecordingQueue

IDENTITY_STEPS = {"create", "set_email", "set_password", "delete"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The store, the folder and the emulator projects of the process."""

    folder: str
    store: str
    firestore_project: str
    auth_project: str
    relay: str | None = None
    """The URL of the relay service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to serve. Without a method, the process reconciles everything instead.

    RUN runs the job whose id is the path, UPLOAD sends a file whose content is in the body, with fields.
    """

    method: str = ""
    path: str = ""
    token: str | None = None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The steps that were reached, and the status of the response: None when the process was killed first."""

    steps: list[str]
    status: int | None


class Mortal:
    """A process that serves requests until it is killed at a given step."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    def start(cls) -> "Mortal":
        command = [sys.executable, "-m", "tests.e2e.mortal"]
        root = Path(__file__).parents[2]
        return cls(
            subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        )

    def stop(self) -> None:
        self._process.communicate(timeout=10)

    def carry_out(self, place: Place, request: Request, die_at: int = 0) -> Outcome:
        """Be killed at the step number ``die_at``, counted from 1: the moments before and after each call."""
        assert self._process.stdin
        assert self._process.stdout
        order = {
            "place": asdict(place),
            "request": asdict(request),
            "die_at": die_at,
            "emulators": {name: value for name, value in os.environ.items() if name.endswith("_EMULATOR_HOST")},
        }
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return Outcome(**json.loads(self._process.stdout.readline()))


@contextmanager
def told(steps: list[str]) -> Iterator[None]:
    try:
        yield
    except AssertionError as error:
        error.add_note(f"killed at the end of: {', '.join(steps)}")
        raise


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                with os.fdopen(writing, "w", buffering=1) as report:
                    _carry_out(order, report)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as report:
            lines = report.read().splitlines()
        _, status = os.waitpid(child, 0)
        outcome = Outcome(lines, None) if os.WIFSIGNALED(status) else Outcome(lines[:-1], int(lines[-1]))
        sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
        sys.stdout.flush()


def _carry_out(order: dict[str, Any], report: IO[str]) -> None:
    os.environ.update(order["emulators"])
    place, request = Place(**order["place"]), Request(**order["request"])
    steps = 0

    def observe(step: str) -> None:
        nonlocal steps
        steps += 1
        print(step, file=report, flush=True)
        if steps == order["die_at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = firebase_settings(
        Path(place.folder),
        place.store,
        firestore_project=place.firestore_project,
        auth_project=place.auth_project,
        relay=place.relay,
    )
    services = wire(
        settings,
        store=cast(Store, Observed(adapters.make_store(settings), {"commit"}, observe)),
        remote=cast(RemoteAccounts, Observed(adapters.make_remote_accounts(settings), IDENTITY_STEPS, observe)),
        blobs=cast(BlobStore, Observed(adapters.make_blobs(settings), {"put", "read", "delete"}, observe)),
        pictures=cast(PictureSource, Observed(OnePicture(), {"fetch"}, observe)),
        queue=RecordingQueue(),
    )
    if request.method == "RUN":
        services.jobs.runner.run(request.path)
        status = 0
    elif request.method == "UPLOAD":
        assert request.token
        content = request.body.pop("content").encode()
        status = Client(services).upload(request.token, content, request.path, **request.body).status_code
    elif request.method:
        status = Client(services).call(request.method, request.path, request.token, **request.body).status_code
    else:
        services.accounts.accounts.reconcile(timedelta(0))
        status = 0
    print(status, file=report, flush=True)


if __name__ == "__main__":
    _serve()
