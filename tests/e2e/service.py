"""The real service in its own processes, as `make run` starts it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from src.settings import Settings
from tests.support.emulators import free_port, running

ROOT = Path(__file__).parents[2]
CHEAP_HASHES = {"ARGON2_TIME_COST": "1", "ARGON2_MEMORY_KIB": "64"}
PASSWORD = "correct zebra battery"
_OURS = {name.upper() for name in Settings.model_fields}


@contextmanager
def portero(data_dir: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run `portero serve` with two workers and without limits, unless ``settings`` say otherwise. Yield "host:port".

    The settings of the caller's shell are ignored.
    """
    port = free_port()
    with serving(data_dir, port, settings):
        yield f"localhost:{port}"


def serving(
    data_dir: Path, port: int, settings: Mapping[str, str] | None = None
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run `portero serve` on a port, as ``portero`` does. Yield the process."""
    ready = f"http://127.0.0.1:{port}/ready"
    return _run("serve", data_dir, {"PORT": str(port), **(settings or {})}, ready)


def working(data_dir: Path, settings: Mapping[str, str]) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Start `portero worker`; do not wait until it is ready."""
    return _run("worker", data_dir, settings, lambda: True)


def _run(
    command: str, data_dir: Path, settings: Mapping[str, str], ready: str | Callable[[], bool]
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    data_dir.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name.upper() not in _OURS}
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests/e2e/deployed")])
    environment = {**inherited, "DATA_DIR": str(data_dir), "PYTHONPATH": path, "ABSENT_MODULES": absent_modules()}
    environment |= {**CHEAP_HASHES, "RATE_LIMIT": "off", **settings}
    # The working directory is the data directory, so that the developer's .env is not read.
    return running([sys.executable, "-m", "src", command], env=environment, cwd=data_dir, ready=ready)


@cache
def absent_modules() -> str:
    """Return the packages that only the tests need; the service is started without them."""
    dev, *shipped = (
        {_canonical(name) for name in re.findall(r"^([\w.-]+)(?:\[\S+\])?==", (ROOT / file).read_text(), re.MULTILINE)}
        for file in ("requirements/dev.txt", "requirements.txt", "requirements/extras.txt", "requirements/granian.txt")
    )
    absent = dev.difference(*shipped)
    modules = packages_distributions().items()
    return " ".join(name for name, owners in modules if absent.issuperset(map(_canonical, owners)))


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Yield the URL of a Redis server that stores nothing on the disk."""
    port = port or free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with running(command, cwd=folder, ready=f"127.0.0.1:{port}"):
        yield f"redis://127.0.0.1:{port}"
