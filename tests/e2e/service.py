"""The real service: what `make run` starts, in processes of its own."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.emulators import free_port, running

ROOT = Path(__file__).parents[2]
CHEAP_HASHES = {"ARGON2_TIME_COST": "1", "ARGON2_MEMORY_KIB": "64"}
_OURS = ("ADMIN_", "APP_ENV", "ARGON2_", "DATA_DIR", "FIREBASE_", "FIRESTORE_", "IDENTITY", "SIGNING_KEYS", "STORE_URL")


@contextmanager
def portero(data_dir: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run `portero serve` with two workers; gives its "localhost:port". Settings of the caller's shell do not count."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    environment = {**inherited, "DATA_DIR": str(data_dir), "PORT": str(port), "PYTHONPATH": str(ROOT)}
    environment |= {**CHEAP_HASHES, **(settings or {})}
    # In the data directory: an .env of the developer's is not read.
    command = [sys.executable, "-m", "src.main", "serve"]
    with running(command, env=environment, cwd=data_dir, ready=f"http://127.0.0.1:{port}/ready", timeout=60):
        yield f"localhost:{port}"
