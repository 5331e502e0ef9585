"""S3 as moto emulates it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.emulators import free_port, running


@contextmanager
def moto_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    with running(["moto_server", "-H", "127.0.0.1", "-p", str(port)], ready=f"127.0.0.1:{port}") as server:
        yield f"http://127.0.0.1:{port}", server


def use_s3(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Point the AWS_* variables to ``endpoint`` for the length of one test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
