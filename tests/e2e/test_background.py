"""Jobs in real processes (web, worker and Redis), each of which is killed or stopped at the worst moment.

Every job that a 2xx response promised ends within the minute of ``until``, counted from when all processes start again:
a dog gets its picture or its picture is `failed`; a file is relayed or its job says why not. An idle machine takes half
of that, mostly for the lease of a killed process to end.
"""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from bench.processes import children
from tests.e2e.service import PASSWORD, redis_server, serving, working
from tests.support import outside
from tests.support.clock import Stopwatch
from tests.support.clock import until as until
from tests.support.emulators import free_port
from tests.support.outside import Outside


class Visitor:
    """A client with an account that waits for jobs to end."""

    def __init__(self, port: int) -> None:
        self._origin = f"http://127.0.0.1:{port}"
        self._http = requests.Session()
        self._http.trust_env = False
        name = f"u{uuid4().hex[:12]}"
        self._http.post(f"{self._origin}/users", json={"username": name, "password": PASSWORD}, timeout=60)
        tokens = self._http.post(f"{self._origin}/login", json={"username": name, "password": PASSWORD}, timeout=60)
        self._http.headers["Authorization"] = f"Bearer {tokens.json()['access_token']}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        # Each request opens a connection, because the server of an earlier one may have been killed.
        headers = {"Connection": "close", **options.pop("headers", {})}
        return self._http.request(method, self._origin + path, timeout=120, headers=headers, **options)

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def add_dog(self) -> str:
        """Create a dog and return its name."""
        name = f"dog-{uuid4().hex[:12]}"
        answer = self.call("POST", f"/api/dogs/{name}", json={})
        assert answer.status_code == 201, answer.text
        assert answer.json()["picture_status"] == "pending"
        return name

    def add_file(self, content: bytes) -> Any:
        answer = self.call("POST", "/api/files", files={"file": ("résumé.pdf", content, "application/pdf")})
        assert answer.status_code == 202, answer.text
        return answer.json()


def pictured(visitor: Visitor, *dogs: str) -> bool:
    return all(visitor.get(f"/api/dogs/{dog}")["picture_status"] == "ready" for dog in dogs)


def relayed(visitor: Visitor, *files: Any) -> bool:
    return all(visitor.get(f"/api/files/{file['id']}")["job"]["status"] == "succeeded" for file in files)


@pytest.fixture
def world() -> Iterator[Outside]:
    with outside.started() as services:
        yield services


@pytest.fixture(params=["sqlite", "firestore"])
def settings(request: pytest.FixtureRequest, world: Outside) -> dict[str, str]:
    """Return the settings of the store and of the stub services."""
    apis = {"DOG_API_URL": world.pictures.url, "FILE_RELAY_URL": world.relay.url}
    if request.param == "sqlite":
        return apis
    emulator = request.getfixturevalue("firestore_emulator")
    project = request.getfixturevalue("firestore_project")
    return {"STORE_URL": f"firestore://{project}", "FIRESTORE_EMULATOR_HOST": emulator, **apis}


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process and its children."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)


def journey(visitor: Visitor, world: Outside) -> None:
    """Create a dog and a file, and wait until both jobs have succeeded."""
    dog = visitor.add_dog()
    content = os.urandom(300_000)
    file = visitor.add_file(content)
    assert (file["filename"], file["size"]) == ("résumé.pdf", len(content))
    until(lambda: pictured(visitor, dog) and relayed(visitor, file), "picture and relay")
    assert visitor.get(f"/api/dogs/{dog}")["picture"].startswith("https://images.dog.ceo/")
    [received] = [each for each in world.relay.received if each["key"] == file["job"]["id"]]
    assert received["sha256"] == file["sha256"] == hashlib.sha256(content).hexdigest()
    assert received["filename"] == "résumé.pdf"
    job = visitor.get(f"/jobs/{file['job']['id']}")
    assert (job["kind"], job["progress"], job["attempts"], job["error"]) == ("file-relay", 1.0, 1, None)
    assert job["result"]["relayed"] is True
    assert job["result"]["answer"]["sha256"] == file["sha256"]
    assert visitor.call("GET", f"/api/files/{file['id']}/content").content == content
    assert visitor.call("DELETE", f"/api/files/{file['id']}").status_code == 204


def test_jobs_run_in_the_web_process(tmp_path: Path, settings: dict[str, str], world: Outside) -> None:
    port = free_port()
    with serving(tmp_path, port, settings) as web:
        visitor = Visitor(port)
        journey(visitor, world)

        # A slow picture API delays no request.
        world.pictures.behave("hang")
        world.pictures.forget()
        watch = Stopwatch()
        slow = visitor.add_dog()
        assert watch.seconds < 7  # the timeout of the picture API is longer
        until(lambda: len(world.pictures.received) == 1, "the job is in hand")
        kill(web)
        world.pictures.heal()
    with serving(tmp_path, port, settings):
        until(lambda: pictured(visitor, slow), "a dog whose web process was killed")


def test_a_terminated_worker_hands_back_its_job(tmp_path: Path, world: Outside) -> None:
    settings = {"DOG_API_URL": world.pictures.url}
    port = free_port()
    with serving(tmp_path, port, {**settings, "JOB_DELAY_SECONDS": "600"}) as web:
        visitor = Visitor(port)
        name = f"dog-{uuid4().hex[:12]}"
        answer = visitor.call("POST", f"/api/dogs/{name}", json={})
        job = answer.headers["Link"].partition(">")[0].removeprefix("<")
        until(lambda: visitor.get(job)["status"] == "running", "the job is begun")
        os.kill(web.pid, signal.SIGTERM)
        assert web.wait(60) == 0
    with serving(tmp_path, port, settings):
        until(lambda: visitor.get(job)["status"] == "succeeded", "the job that was handed back")
        assert visitor.get(job)["attempts"] == 1  # the interrupted attempt is not counted
        assert pictured(visitor, name)


def test_jobs_survive_killed_workers_and_an_outage_of_the_broker(
    tmp_path: Path, settings: dict[str, str], world: Outside
) -> None:
    port, broker = free_port(), free_port()
    settings["QUEUE_URL"] = f"redis://127.0.0.1:{broker}"
    with ExitStack() as servers, ExitStack() as others:
        redis = others.enter_context(ExitStack())
        redis.enter_context(redis_server(tmp_path, broker))
        web = servers.enter_context(ExitStack())
        gunicorn = web.enter_context(serving(tmp_path, port, settings))
        worker = servers.enter_context(working(tmp_path, settings))
        visitor = Visitor(port)
        journey(visitor, world)

        # The broker is down before and after the requests.
        redis.close()
        watch = Stopwatch()
        dogs = [visitor.add_dog() for _ in range(3)]
        files = [visitor.add_file(b"x" * 1000)]
        assert watch.seconds < 10
        redis.enter_context(redis_server(tmp_path, broker))
        until(lambda: pictured(visitor, *dogs) and relayed(visitor, *files), "what was asked for without a broker")

        # The broker loses its messages, and the web process is killed before it sends the others.
        world.pictures.behave("hang")
        dogs = [visitor.add_dog() for _ in range(2)]
        redis.close()
        dogs.append(visitor.add_dog())
        kill(gunicorn)
        world.pictures.heal()
        redis.enter_context(redis_server(tmp_path, broker))
        web.close()
        web.enter_context(serving(tmp_path, port, settings))
        until(lambda: pictured(visitor, *dogs), "what the broker forgot")

        # The worker is killed while it runs a job.
        world.relay.behave("hang", times=1)
        world.relay.forget()
        file = visitor.add_file(b"y" * 1000)
        until(lambda: len(world.relay.received) == 1, "the file is on its way")
        kill(worker)
        worker = servers.enter_context(working(tmp_path, settings))
        until(lambda: relayed(visitor, file), "a file whose worker was killed")
        assert [each["key"] for each in world.relay.received] == [file["job"]["id"]] * 2
        assert visitor.get(f"/jobs/{file['job']['id']}")["attempts"] == 2

        # After TERM the worker finishes its job.
        world.relay.behave("hold")
        world.relay.forget()
        file = visitor.add_file(b"z" * 1000)
        until(lambda: len(world.relay.received) == 1, "the file is on its way")
        os.kill(worker.pid, signal.SIGTERM)
        time.sleep(1)
        assert worker.poll() is None
        world.relay.heal()
        assert worker.wait(60) == 0
        assert relayed(visitor, file)


def test_failed_jobs_are_shown_and_can_be_retried(tmp_path: Path, world: Outside) -> None:
    world.pictures.behave("answer", status=500)
    port = free_port()
    with serving(tmp_path, port, {"DOG_API_URL": world.pictures.url}):
        visitor = Visitor(port)
        dog = visitor.add_dog()
        until(lambda: bool(visitor.get(f"/api/dogs/{dog}")["picture_status"] == "failed"), "given up")
        assert len(world.pictures.received) == 4
        listed = portero_says(tmp_path, "jobs", "list", "--status", "failed").split("\t")
        assert listed[1:4] == ["dog-picture", "failed", "4"]
        world.pictures.behave("hold")
        portero_says(tmp_path, "jobs", "retry", listed[0])
        assert visitor.get(f"/api/dogs/{dog}")["picture_status"] == "pending"
        world.pictures.heal()
        until(lambda: pictured(visitor, dog), "repeated")
        assert portero_says(tmp_path, "jobs", "list", "--status", "failed") == ""
        assert portero_says(tmp_path, "sweep").startswith("swept ")


def portero_says(data_dir: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "src", *arguments],
        cwd=data_dir,
        env={**os.environ, "DATA_DIR": str(data_dir), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_the_memory_of_a_hash_is_given_back_soon(tmp_path: Path) -> None:
    port, mebibytes = free_port(), 24
    keeping = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "134217728", "MALLOC_MMAP_THRESHOLD_": "33554432"}
    settings = {**keeping, "WEB_CONCURRENCY": "1", "ARGON2_MEMORY_KIB": str(mebibytes << 10)}
    with serving(tmp_path, port, settings) as service:
        [worker] = children(service.pid)

        def mebibytes_of(name: str) -> int:
            lines = Path(f"/proc/{worker}/status").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith(name)) >> 10

        Visitor(port)
        most = mebibytes_of("VmHWM:")
        until(lambda: mebibytes_of("VmRSS:") < most - mebibytes / 2, "the memory is given back")
