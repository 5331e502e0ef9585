"""AWS services, emulated by moto."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from boto3.session import Session

from src.infrastructure.stores.dynamodb import DynamoStore
from tests.support.emulators import free_port, running

REGION = "us-east-1"


@contextmanager
def moto_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    with running(["moto_server", "-H", "127.0.0.1", "-p", str(port)], ready=f"127.0.0.1:{port}") as server:
        yield f"http://127.0.0.1:{port}", server


def use_aws(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Point the AWS_* variables to ``endpoint`` for the length of one test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", REGION)


@cache
def session() -> Session:
    """Return the boto3 session of this process, which its stores share: creating one takes longer than most tests."""
    return Session("test", "test")


def open_dynamodb(table: str) -> DynamoStore:
    """Return a store in a table of the DynamoDB at AWS_ENDPOINT_URL."""
    # A busy machine makes moto slower than the service would tolerate.
    return DynamoStore(REGION, table, pool_size=8, timeout=60.0, session=session())
