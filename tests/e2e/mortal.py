"""A process that serves single requests and is killed at a step, or at a moment, of the test's choosing.

It reads one order a line. A forked child carries the order out; the parent has already imported everything, so that
a child starts at once.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from threading import Timer
from typing import IO, Any, cast

from src.application.importing import ImportPlan, UserRecord
from src.application.ports import BlobStore, PictureSource, RemoteAccounts

# Imported once before the fork, as the store is; no connection is opened before it.
from src.bootstrap import adapters
from src.infrastructure.copying import StoreCopy
from src.infrastructure.identity import firebase as _firebase  # noqa: F401
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.registry import store_class
from src.interfaces.services import Services
from tests.e2e.wiring import Client, OnePicture, firebase_settings, store_url, wire
from tests.support.remote import Observed
from tests.support.working import RecordingQueue

_BEGUN = "begun"
"""The line that says that a process is about to serve its request."""
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

    RUN runs the job whose id is the path. UPLOAD sends a file whose content is in the body, with fields. IMPORT imports
    the users whose names are in the body. COPY copies the store at the URL in the path to this one.
    """

    method: str = ""
    path: str = ""
    token: str | None = None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The steps that were reached, and the status of the response, or None if the process was killed before it."""

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
        self._process.communicate(timeout=60)

    def carry_out(self, place: Place, request: Request, die_at: int = 0, die_after: float | None = None) -> Outcome:
        """Serve a request, and kill the process at the step ``die_at``, counted from 1, or not at all if it is 0.

        A step is the moment before or after a call. With ``die_after``, kill the process that many seconds after the
        request begins.
        """
        assert self._process.stdin
        assert self._process.stdout
        order = {
            "place": asdict(place),
            "request": asdict(request),
            "die_at": die_at,
            "die_after": die_after,
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
        store_class(store_url(Path(order["place"]["folder"]), order["place"]["store"], ""))  # imports its library
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
            lines = _lines(report, child, order["die_after"])
        _, status = os.waitpid(child, 0)
        answered = bool(lines) and lines[-1].isdigit()
        assert answered or os.WIFSIGNALED(status), "the request failed; see its traceback"
        outcome = Outcome(lines[:-1], int(lines[-1])) if answered else Outcome(lines, None)
        sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
        sys.stdout.flush()


def _lines(report: IO[str], child: int, die_after: float | None) -> list[str]:
    """Return what a process reports until its end. Kill it ``die_after`` seconds after it has begun."""
    assert report.readline().strip() == _BEGUN
    if die_after is None:
        return report.read().splitlines()
    killer = Timer(die_after, os.kill, (child, signal.SIGKILL))
    killer.start()
    lines = report.read().splitlines()
    killer.cancel()
    killer.join()
    return lines


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
    if request.method == "IMPORT":
        settings = settings.model_copy(update={"identity": "local"})  # local accounts take foreign hashes
    store = cast(Store, Observed(adapters.make_store(settings), {"commit"}, observe))
    remote = adapters.make_remote_accounts(settings)
    services = wire(
        settings,
        store=store,
        remote=remote and cast(RemoteAccounts, Observed(remote, IDENTITY_STEPS, observe)),
        blobs=cast(BlobStore, Observed(adapters.make_blobs(settings), {"put", "read", "delete"}, observe)),
        pictures=cast(PictureSource, Observed(OnePicture(), {"fetch"}, observe)),
        queue=RecordingQueue(),
    )
    print(_BEGUN, file=report, flush=True)
    print(_status(services, store, request), file=report, flush=True)


def _status(services: Services, store: Store, request: Request) -> int:
    """Serve a request, and return the status of the answer, or 0 if there is no answer."""
    client = Client(services)
    match request.method:
        case "":
            services.accounts.accounts.reconcile(timedelta(0))
        case "RUN":
            services.jobs.runner.run(request.path)
        case "IMPORT":
            import_users(services, request.body["names"])
        case "COPY":
            copy_into(store, request.path)
        case "UPLOAD":
            assert request.token
            content = request.body.pop("content").encode()
            return client.upload(request.token, content, request.path, **request.body).status_code
        case method:
            return client.call(method, request.path, request.token, **request.body).status_code
    return 0


def import_users(services: Services, names: Sequence[str]) -> ImportPlan:
    """Import users without a password, unless they exist already. Return the plan of the import."""
    records = [UserRecord(place=f"line {number}", username=name) for number, name in enumerate(names, 1)]
    plan = services.imports.plan(records, names[0], {})
    for _ in services.imports.run(plan):
        """Each batch is stored when it is asked for."""
    return plan


def copy_into(target: Store, source: str) -> StoreCopy:
    """Copy the store at the URL ``source``, and return the copy."""
    with closing(store_class(source).open(source, pool_size=1)) as opened:
        copy = StoreCopy(opened, target, adapters.now())
        copy.check_target()
        for _ in (*copy.copy(), *copy.compare()):
            """Each item is copied, or compared, when it is asked for."""
    return copy


if __name__ == "__main__":
    _serve()
