"""One fixture per blob store; ``place`` and ``blobs`` run a test on each of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
import requests

from src.application.ports import BlobStore
from src.infrastructure.blobs import make_blobs
from tests.support import emulators
from tests.support.aws import moto_server, use_aws
from tests.support.blobs import KEY, Place


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    with moto_server() as (url, _):
        yield url


@pytest.fixture(scope="session")
def gcp() -> Iterator[str]:
    with emulators.cloud_storage() as url:
        yield url


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a new bucket. Requests to this machine go through no proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return f"files-{uuid4().hex}"


@pytest.fixture
def s3(moto: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    use_aws(monkeypatch, moto)
    requests.put(f"{moto}/{bucket}", timeout=60).raise_for_status()

    def uploads() -> list[str]:
        return re.findall("<UploadId>", requests.get(f"{moto}/{bucket}?uploads", timeout=60).text)

    return Place(f"s3://{bucket}/a/b", f"s3://{bucket}/a/b/{KEY}", uploads)


@pytest.fixture
def gs(gcp: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcp)
    requests.post(f"{gcp}/storage/v1/b", json={"name": bucket}, timeout=60).raise_for_status()
    # Nothing lists resumable uploads, neither here nor at Google; test_google.py checks that none is left open.
    return Place(f"gs://{bucket}/a/b", f"gs://{bucket}/a/b/{KEY}")


@pytest.fixture
def disk(tmp_path: Path) -> Place:
    folder = tmp_path / "deep" / "down"
    return Place(f"file://{folder}", f"file:{KEY}", lambda: [str(file) for file in folder.glob(".unfinished/*")])


@pytest.fixture
def memory() -> Place:
    return Place("memory://", f"memory:{KEY}")


@pytest.fixture(params=["memory", "disk", "s3", "gs"])
def place(request: pytest.FixtureRequest) -> Place:
    return cast(Place, request.getfixturevalue(request.param))


@pytest.fixture
def blobs(place: Place) -> BlobStore:
    return make_blobs(place.url)
