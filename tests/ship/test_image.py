"""The files, environment, user and command of the Dockerfile, run without Docker. tests/docker builds the image."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ship.dockerfile import ROOT, image, shipped_files
from tests.support.emulators import free_port, running

PERSON = b'{"username": "inflight", "email": "inflight@example.com", "password": "a long enough passphrase"}'


class Container:
    """The files of the image in a directory that its user can read but not write."""

    def __init__(self, place: Path) -> None:
        stage = image()
        self.port = free_port()
        self.home = place / stage.last("WORKDIR").strip("/")
        self.home.mkdir()
        for sources, target in shipped_files():
            for source in sources:
                self._copy(ROOT / source, place / target.strip("/"))
        for shipped in self.files():
            shipped.chmod(shipped.stat().st_mode & 0o555)
        data = place / "data"
        data.mkdir(mode=0o700)
        self.become: list[str] = []
        if os.geteuid() == 0:
            # Run as the user of the image, who may read every file, because Python may be in the home of root.
            uid, gid = stage.user
            os.chown(data, uid, gid)
            self.become = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"]
            self.become += [f"--{kind}-caps=-all,+dac_read_search" for kind in ("inh", "ambient")]
        path = stage.env["PATH"].replace("/venv", sys.prefix).replace("$PATH", os.defpath)
        self.env: dict[str, str] = stage.env | {"PATH": path, "PORT": str(self.port), "DATA_DIR": str(data)}

    def _copy(self, source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / source.name)

    def files(self) -> list[Path]:
        """Return the directory of the image and everything in it."""
        return sorted([self.home, *self.home.rglob("*")])

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command as the user of the image, to its end."""
        whole = [*self.become, *command]
        return subprocess.run(whole, cwd=self.home, env=self.env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def container() -> Iterator[Container]:
    # Not tmp_path, which only the user who runs the tests can read.
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        container = Container(place)
        yield container
        for shipped in container.files():
            shipped.chmod(0o700)


def test_the_image_serves_from_read_only_files_and_finishes_requests_on_sigterm(container: Container) -> None:
    assert container.run(image().command[0], "prepare").returncode == 0
    shipped = container.files()
    command = [*container.become, *image().command]
    ready = f"http://127.0.0.1:{container.port}/health"
    with running(command, env=container.env, cwd=container.home, ready=ready) as server:
        healthy = container.run(*image().health)
        assert healthy.returncode == 0, healthy.stderr

        with socket.create_connection(("127.0.0.1", container.port), timeout=20) as client:
            head = (
                "POST /register HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(PERSON)}\r\nExpect: 100-continue\r\n\r\n"
            )
            client.sendall(head.encode())
            assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"  # the service has begun to read the request
            client.sendall(PERSON[:20])
            server.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            client.sendall(PERSON[20:])
            answer = b"".join(iter(lambda: client.recv(65536), b""))

        assert answer.startswith(b"HTTP/1.1 201 "), answer
        assert server.wait(20) == 0

    assert container.run(*image().health).returncode != 0
    assert container.files() == shipped


def test_the_image_is_for_production_and_says_what_its_first_start_lacks(container: Container) -> None:
    refused = container.run(*image().command)
    assert refused.returncode == 2
    assert refused.stderr == (
        "STORE_URL: its tables are missing or old; run `./portero prepare`, "
        "or set APP_ENV=development, which does so at each start\n"
    )


def test_the_image_runs_other_commands(container: Container) -> None:
    """The argument replaces the command and not the entry point, as in `docker run portero prepare`."""
    program = image().command[0]
    for command, status in [("check", 1), ("prepare", 0), ("check", 0)]:
        done = container.run(program, command)
        assert done.returncode == status, done.stdout + done.stderr
