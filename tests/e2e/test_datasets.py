"""Datasets on a real service: a run from end to end, and a web process that is killed at the worst moment.

Afterwards the tests inspect the store and the folder of objects: nothing is left half stored.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from threading import Event
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from bench import defects
from src.bootstrap import adapters, prepare
from src.domain.jobs import Job
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.sqlite import SqliteStore
from src.interfaces.services import Services
from src.settings import Settings
from tests.e2e.service import PASSWORD, serving
from tests.e2e.test_background import Visitor, kill, until
from tests.e2e.wiring import wire
from tests.support.emulators import free_port
from tests.support.firestore import collection_of

ADMIN = "root@example.com"
KEPT = ("datasets", "reports", "rows", "packs", "receipts")
"""The collections that hold parts of a dataset."""


@dataclass
class Place:
    """The store and the folder that successive services use."""

    folder: Path
    settings: dict[str, str]
    services: Services
    """The services of a process with the same settings."""
    store: SqliteStore | FirestoreStore
    rows: int
    """The number of rows that take seconds to store."""

    @contextmanager
    def serve(self) -> Iterator[tuple["Popen[bytes]", int]]:
        """Start a service with one web process; yield the process and its port."""
        port = free_port()
        with serving(self.folder, port, self.settings) as web:
            yield web, port

    def count(self, kind: str) -> int:
        """Return the number of documents of a collection."""
        if isinstance(self.store, FirestoreStore):
            return len(collection_of(self.store, kind).select([]).limit(1000).get())
        with self.store.connections.reading() as connection:
            return int(connection.execute(f"SELECT count(*) FROM {kind}").fetchone()[0])

    def row_sets(self) -> set[str]:
        """Return the ids of the row sets that have rows."""
        if isinstance(self.store, FirestoreStore):
            packs = collection_of(self.store, "packs").select(["set_id"]).limit(1000).get()
            return {document.get("set_id") for document in packs}
        with self.store.connections.reading() as connection:
            return {set_id for (set_id,) in connection.execute("SELECT DISTINCT set_id FROM rows")}

    @property
    def stores_rows(self) -> bool:
        return self.count("rows" if isinstance(self.store, SqliteStore) else "packs") > 0

    def objects(self) -> list[Path]:
        """Return the files of objects, without unfinished ones, which the service sweeps after a day."""
        files = (path for path in (self.folder / "blobs").rglob("*") if path.is_file())
        return [path for path in files if ".unfinished" not in path.parts]

    def assert_empty(self) -> None:
        assert {kind: self.count(kind) for kind in KEPT} == dict.fromkeys(KEPT, 0)
        assert self.objects() == []


@pytest.fixture(params=["sqlite", "firestore"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    folder = tmp_path / "data"
    settings = {"WEB_CONCURRENCY": "1"}
    if request.param == "firestore":
        emulator = request.getfixturevalue("firestore_emulator")
        project = request.getfixturevalue("firestore_project")
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulator)
        settings |= {"STORE_URL": f"firestore://{project}", "FIRESTORE_EMULATOR_HOST": emulator}
    ours = Settings(
        data_dir=folder,
        store_url=settings.get("STORE_URL", ""),
        admin_email=ADMIN,
        admin_password=SecretStr(PASSWORD),
    )
    prepare.prepare(ours)
    store = adapters.make_store(ours)
    assert isinstance(store, SqliteStore | FirestoreStore)
    yield Place(folder, settings, wire(ours, store=store), store, 50_000 if request.param == "sqlite" else 20_000)
    store.close()


class Uploader(Visitor):
    """A client whose user has the role uploader."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        assert self.call("GET", "/datasets").status_code == 403
        with requests.Session() as http:
            http.trust_env = False
            login = {"username": ADMIN, "password": PASSWORD}
            token = http.post(f"{self._origin}/login", json=login, timeout=60).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            url = f"{self._origin}/users/{self.get('/user')['id']}"
            changed = http.put(url, json={"role": "uploader"}, headers=headers, timeout=60)
            assert changed.status_code == 200, changed.text

    def move(self, port: int) -> None:
        """Continue at another service with the same token."""
        self._origin = f"http://127.0.0.1:{port}"


def send(visitor: Visitor, file: Path, **headers: str) -> requests.Response:
    with file.open("rb") as opened:
        return visitor.call(
            "POST",
            "/datasets",
            data={"name": "Καταγραφή", "schema": json.dumps(defects.SCHEMA)},
            files={"file": ("Данные.csv", opened, "text/csv")},
            headers=headers,
        )


def all_rows(visitor: Visitor, id: str, query: str = "") -> Iterator[Any]:
    path = f"/datasets/{id}/rows?limit=500{query}"
    while path:
        answer = visitor.call("GET", path)
        assert answer.status_code == 200, answer.text
        yield from answer.json()
        path = answer.links.get("next", {}).get("url", "")


def assert_correct(visitor: Visitor, dataset: Any, expected: defects.Expected) -> None:
    """Assert that the report has every planted violation, and that the rows have every finding, and no others."""
    assert (dataset["status"], dataset["rows"], dataset["filename"]) == ("findings", expected.rows, "Данные.csv")
    assert defects.counts(dataset) == expected.counts
    bad = sorted({line for lines in expected.lines.values() for line in lines})
    assert [row["line"] for row in all_rows(visitor, dataset["id"], "&valid=false")] == bad


def test_a_dataset_is_uploaded_read_and_deleted(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    expected = defects.write(file, 100_000 if isinstance(place.store, SqliteStore) else 5_000)
    with place.serve() as (_, port):
        visitor = Uploader(port)
        answer = send(visitor, file, **{"Idempotency-Key": "once"})
        assert answer.status_code == 201, answer.text
        dataset = answer.json()
        assert send(visitor, file, **{"Idempotency-Key": "once"}).json() == dataset
        assert visitor.get("/datasets") == [dataset] == [visitor.get(f"/datasets/{dataset['id']}")]
        assert_correct(visitor, dataset, expected)
        names, lines, valid = list(defects.SCHEMA), [], 0
        for row in all_rows(visitor, dataset["id"]):
            assert list(row["values"]) == names
            lines.append(row["line"])
            valid += row["valid"]
        assert len(lines) == expected.rows
        assert lines == sorted(set(lines))
        assert valid == expected.rows - len({line for lines in expected.lines.values() for line in lines})
        assert visitor.call("GET", f"/datasets/{dataset['id']}/file").content == file.read_bytes()
        assert [path.read_bytes() for path in place.objects()] == [file.read_bytes()]
        assert visitor.call("DELETE", f"/datasets/{dataset['id']}").status_code == 204
        assert visitor.get("/datasets") == []
        assert place.count("receipts") == 1  # a repeated request gets the first response
        place.services.receipts.receipts.delete_for_user(visitor.get("/user")["id"])
    place.assert_empty()


def kill_when(web: "Popen[bytes]", check: Callable[[], bool], what: str) -> None:
    """Kill the process as soon as ``check`` is true.

    It runs in short slices and stands still while it is looked at, so that a slow machine does not look too late.
    """
    deadline = time.monotonic() + 100
    while True:
        os.killpg(web.pid, signal.SIGSTOP)
        if check():
            return kill(web)
        os.killpg(web.pid, signal.SIGCONT)
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def killed(web: "Popen[bytes]", request: Callable[[], requests.Response], check: Callable[[], bool], what: str) -> None:
    """Kill the process during a request, and assert that the request gets no response."""
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(request)
        kill_when(web, lambda: answer.done() or check(), what)
        with pytest.raises(requests.RequestException):
            answer.result(60)


def test_a_process_killed_during_the_upload_leaves_nothing(place: Place, tmp_path: Path) -> None:
    gone = Event()

    def half() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nid,name\r\n'
        yield b"1,Ada\r\n" * 100_000
        assert gone.wait(150)

    with place.serve() as (web, port):
        visitor = Uploader(port)
        headers = {"Content-Type": "multipart/form-data; boundary=x", "Idempotency-Key": "once"}

        def begun() -> bool:
            there = place.count("datasets") == 1
            if there:
                gone.set()
            return there

        killed(web, lambda: visitor.call("POST", "/datasets", data=half(), headers=headers), begun, "it has begun")
    assert place.count("datasets") == place.count("receipts") == 1
    assert place.services.datasets.objects.reconcile(timedelta(0)) == 1
    place.assert_empty()


def test_a_process_killed_while_it_stores_rows_leaves_nothing(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    defects.write(file, place.rows)
    with place.serve() as (web, port):
        visitor = Uploader(port)
        key = {"Idempotency-Key": "once"}
        killed(web, lambda: send(visitor, file, **key), lambda: place.stores_rows, "rows are there")
    assert place.stores_rows
    assert place.services.datasets.objects.reconcile(timedelta(0)) == 1
    place.assert_empty()
    with place.serve() as (_, port):
        visitor.move(port)
        assert send(visitor, file, **key).status_code == 201  # the key can be used again


def test_a_check_killed_while_it_stores_rows_is_repeated(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    expected = defects.write(file, place.rows)
    with place.serve() as (web, port):
        visitor = Uploader(port)
        accepted = send(visitor, file, Prefer="respond-async")
        assert accepted.status_code == 202, accepted.text
        id, job_id = accepted.json()["id"], accepted.json()["job"]["id"]
        kill_when(web, lambda: place.stores_rows, "rows are there")
    [first] = place.row_sets()

    def end_lease(at: datetime) -> Job:
        return place.services.jobs.jobs.update(job_id, lambda job: replace(job, run_at=at, due_at=at))

    now = datetime.now(UTC)
    left = end_lease(now + timedelta(hours=1))
    assert (left.status, left.attempts) == ("running", 1)
    with place.serve() as (_, port):
        visitor.move(port)
        assert visitor.get(f"/datasets/{id}")["status"] == "processing"
        assert visitor.get(f"/datasets/{id}/rows") == []
    end_lease(now)
    with place.serve() as (_, port):
        visitor.move(port)
        until(lambda: bool(visitor.get(f"/jobs/{job_id}")["status"] == "succeeded"), "the job is done")
        assert_correct(visitor, visitor.get(f"/datasets/{id}"), expected)
        [second] = place.row_sets()
        assert second != first
        assert len(place.objects()) == 1
        assert visitor.call("DELETE", f"/datasets/{id}").status_code == 204
    place.assert_empty()
