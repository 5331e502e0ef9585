"""The real service: what `make run` starts, in processes of its own."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from src.settings import Settings
from tests.emulators import free_port, running

ROOT = Path(__file__).parents[2]
CHEAP_HASHES = {"ARGON2_TIME_COST": "1", "ARGON2_MEMORY_KIB": "64"}
PASSWORD = "correct zebra battery"
_OURS = {name.upper() for name in Settings.model_fields}


@contextmanager
def portero(data_dir: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run `portero serve` with two workers and no limits, unless ``settings`` say otherwise; gives "localhost:port".

    Settings of the caller's shell do not count.
    """
    port = free_port()
    data_dir.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name.upper() not in _OURS}
    environment = {**inherited, "DATA_DIR": str(data_dir), "PORT": str(port), "PYTHONPATH": str(ROOT)}
    environment |= {**CHEAP_HASHES, "RATE_LIMIT": "off", **(settings or {})}
    # In the data directory: an .env of the developer's is not read.
    command = [sys.executable, "-m", "src.main", "serve"]
    with running(command, env=environment, cwd=data_dir, ready=f"http://127.0.0.1:{port}/ready", timeout=60):
        yield f"localhost:{port}"


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The URL of a Redis server that keeps nothing."""
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with running(command, cwd=folder, ready=f"127.0.0.1:{port}"):
        yield f"redis://127.0.0.1:{port}"
