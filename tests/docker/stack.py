"""Commands typed in a folder with the files of the project, and the containers that they start."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.markdown import ROOT, steps

BASE = "python:3.13-slim-trixie"
"""The image with Python that ours is built on."""
PASSWORD = "local-portero-lantern"
COMMANDS = [script.splitlines() for script, _ in steps(ROOT / "docs/how-to/docker.md", "sh")]
"""The blocks of commands on the page, each a list of lines: the tasks brief, the dogs brief, Firebase, the image."""
COMPOSES = {"compose": ""} | ({"compose-2": os.environ["COMPOSE_2"]} if os.environ.get("COMPOSE_2") else {})
"""The folders with the versions of docker-compose to test. An empty string stands for the one in the PATH."""


def sh(command: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, *, check: bool = True) -> str:
    """Run a command in a pseudo-terminal, which `docker-compose exec` needs. Return its output."""
    if not shutil.which("docker-compose", path=(env or os.environ)["PATH"]):
        command = command.replace("docker-compose ", "docker compose ")
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", command, "/dev/null"],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0 or not check, f"$ {command}\n{done.stdout[-8000:]}"
    return done.stdout


def docker(*arguments: str) -> str:
    """Run a command of docker and return its output."""
    done = subprocess.run(["docker", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"$ docker {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def layers(image: str) -> list[str]:
    """Return the digests of the layers with content, without those of the base image."""
    everything, base = (
        json.loads(docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", name)) for name in (image, BASE)
    )
    own: list[str] = everything[len(base) :]
    return own[:3]  # BuildKit adds an empty one for WORKDIR


def until(condition: Callable[[], Any]) -> Any:
    """Return the first true value of ``condition``. Fail after three minutes, which is enough on a busy machine."""
    end = time.monotonic() + 180
    while True:
        if value := condition():
            return value
        assert time.monotonic() < end, f"not so within three minutes, but {value!r}"
        time.sleep(0.1)


@dataclass(frozen=True)
class Stack:
    """The folder and the containers of a compose file."""

    folder: Path
    project: str
    port: int = 8000
    compose: str = "compose"

    @property
    def env(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, [COMPOSES[self.compose], os.environ["PATH"]]))
        return os.environ | {"COMPOSE_PROJECT_NAME": self.project, "PATH": path}

    def sh(self, command: str) -> str:
        """Run a command in the folder."""
        return sh(command, self.folder, self.env)

    def container(self, service: str) -> str:
        """Return the id of the container of a service, which may be stopped."""
        return self.sh(f"docker-compose ps --all -q {service}").split()[-1]

    def state(self, service: str, what: str) -> str:
        """Return a value of the state of a container, such as ExitCode."""
        return docker("inspect", "--format", f"{{{{.State.{what}}}}}", self.container(service))

    def call(self, method: str, path: str, timeout: float = 30, **options: Any) -> requests.Response:
        """Send a request to the API."""
        return requests.request(method, f"http://127.0.0.1:{self.port}{path}", timeout=timeout, **options)

    def status(self, path: str, timeout: float = 30) -> int:
        """Return the status of a GET, or 0 without an answer."""
        try:
            return self.call("GET", path, timeout).status_code
        except requests.RequestException:
            return 0

    def login(self, name: str, password: str) -> dict[str, str]:
        """Return the header with a token."""
        answer = self.call("POST", "/login", json={"username": name, "password": password})
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@contextmanager
def stack(folder: Path, project: str, port: int = 8000, compose: str = "compose") -> Iterator[Stack]:
    """Yield a stack without containers. Remove its containers, networks and volumes at the end."""
    it = Stack(folder, project, port, compose)
    try:
        yield it
    except BaseException as error:
        error.add_note(sh("docker-compose logs --no-color --tail 60", folder, it.env, check=False))
        raise
    finally:
        sh("docker-compose down --volumes --remove-orphans --timeout 1", folder, it.env, check=False)
