"""The image by itself, as Cloud Run and a careful operator run it."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from tests.docker.conftest import outside
from tests.docker.stack import PASSWORD, docker, sh, until
from tests.support.emulators import free_port, running
from tests.support.markdown import ROOT

BODY = b'{"username": "inflight", "email": "inflight@example.com", "password": "a long enough passphrase"}'
HEAD = (
    b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY)
)
BASE = "python:3.13-slim-trixie"
MEGABYTES = {"yes": 290, "no": 120}


@pytest.fixture(scope="module", params=MEGABYTES)
def image(request: pytest.FixtureRequest, checkout: Path) -> str:
    """The image with and without extras."""
    sh(f"docker build --tag portero:{request.param} --build-arg EXTRAS={request.param} .", checkout)
    return f"portero:{request.param}"


@pytest.fixture(scope="module")
def whole(checkout: Path) -> str:
    """The image with everything."""
    sh("docker build --tag portero:yes .", checkout)
    return "portero:yes"


@contextmanager
def container(image: str, port: int, *options: str) -> Iterator[str]:
    """Run an image on read-only files, with /tmp in memory and without privileges. Wait until it answers."""
    hardened = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    publish = ["--env", "PORT=8080", "--publish", f"127.0.0.1:{port}:8080"]
    name = docker("run", "--detach", *hardened, *publish, *options, image)
    try:
        yield name
    except BaseException as error:
        error.add_note(sh(f"docker logs --tail 40 {name}", check=False))
        raise
    finally:
        docker("rm", "--force", "--volumes", name)


def answers(port: int) -> bool:
    """Return whether the service is ready."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/ready", timeout=2).ok
    except requests.RequestException:
        return False


def test_adds_no_more_than_its_share_to_the_base(image: str) -> None:
    size, base = (int(docker("image", "inspect", "--format", "{{.Size}}", name)) for name in (image, BASE))
    assert (size - base) / 1e6 <= MEGABYTES[image.partition(":")[2]]


def test_has_no_pip_no_compiler_and_no_tests(image: str) -> None:
    found = docker(
        "run", "--rm", "--entrypoint", "find", image, "/venv", "/portero", "-name", "tests", "-o", "-name", "pip"
    )
    assert found == ""


def test_serves_without_extras(image: str) -> None:
    port = free_port()
    with container(image, port):
        until(partial(answers, port), 30)


def test_starts_in_less_than_twice_the_time_of_portero_serve(whole: str, tmp_path: Path) -> None:
    inside, plain = [], []
    for attempt in range(3):
        port, started = free_port(), time.monotonic()
        with container(whole, port):
            until(partial(answers, port), 30)
            inside.append(time.monotonic() - started)
        port, started = free_port(), time.monotonic()
        env = {"PATH": "/usr/bin:/bin", "PORT": str(port), "DATA_DIR": str(tmp_path / f"data{attempt}")}
        with running([str(ROOT / "portero"), "serve"], env=env, cwd=tmp_path, ready=partial(answers, port)):
            plain.append(time.monotonic() - started)
    assert min(inside) < 2 * min(plain), (inside, plain)


def test_finishes_requests_and_hands_jobs_back_within_the_ten_seconds_of_cloud_run(whole: str) -> None:
    run = uuid4().hex[:8]
    network, volume, port = f"portero-{run}", f"portero-{run}", free_port()
    admin = ["--env", "ADMIN_EMAIL=admin@example.com", "--env", f"ADMIN_PASSWORD={PASSWORD}"]
    options = [*admin, "--network", network, "--volume", f"{volume}:/data"]
    url = f"http://127.0.0.1:{port}"
    docker("network", "create", network)
    try:
        with outside(network):
            with container(whole, port, *options, "--env", "DOG_API_URL=http://outside:9000/dogs?seconds=60") as first:
                until(lambda: answers(port), 30)
                token = requests.post(f"{url}/login", json={"email": "admin@example.com", "password": PASSWORD})
                headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
                created = requests.post(f"{url}/api/dogs/Rex", headers=headers)
                job = created.headers["Link"].partition("<")[2].partition(">")[0]
                until(lambda: requests.get(url + job, headers=headers).json()["status"] == "running", 10)

                with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
                    client.sendall(HEAD + BODY[:20])
                    time.sleep(0.3)  # for the service to begin with the request
                    started = time.monotonic()
                    stopping = subprocess.Popen(["docker", "stop", "--time", "10", first], stdout=subprocess.DEVNULL)
                    time.sleep(0.5)
                    client.sendall(BODY[20:])
                    answer = b"".join(iter(lambda: client.recv(65536), b""))
                stopping.wait()
                assert time.monotonic() - started < 10
                assert answer.startswith(b"HTTP/1.1 201 "), answer
                assert docker("inspect", "--format", "{{.State.ExitCode}}", first) == "0"

            with container(whole, port, *options, "--env", "DOG_API_URL=http://outside:9000/dogs"):
                until(lambda: answers(port), 30)
                until(lambda: requests.get(f"{url}/api/dogs/Rex").json()["picture_status"] == "ready", 30)
                done = requests.get(url + job, headers=headers).json()
                assert (done["status"], done["attempts"]) == ("succeeded", 1)
    finally:
        docker("network", "rm", network)
        docker("volume", "rm", "--force", volume)
