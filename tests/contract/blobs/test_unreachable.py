"""Blob stores that do not answer are unavailable soon."""

from collections.abc import Callable, Iterator

import pytest
import requests

from src.domain.errors import Unavailable
from src.infrastructure.blobs import make_blobs
from tests.support.aws import moto_server, use_aws
from tests.support.blobs import KEY, MIB, Place, Torn
from tests.support.clock import outcome_within


@pytest.fixture(params=["closed_port", "silent_port"])
def address(request: pytest.FixtureRequest) -> str:
    return f"http://{request.getfixturevalue(request.param)}"


@pytest.mark.parametrize("scheme", ["s3", "gs"])
@pytest.mark.parametrize("call", ["put", "read", "delete", "check"])
def test_every_call_of_an_unreachable_store_is_unavailable_soon(
    monkeypatch: pytest.MonkeyPatch, bucket: str, address: str, scheme: str, call: str
) -> None:
    use_aws(monkeypatch, address)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
    blobs = make_blobs(f"{scheme}://{bucket}", timeout=0.3)
    calls: dict[str, Callable[[], object]] = {
        "put": lambda: blobs.put(KEY, [bytes(MIB)]),
        "read": lambda: blobs.read(KEY),
        "delete": lambda: blobs.delete(KEY),
        "check": blobs.check,
    }
    outcome = outcome_within(15, calls[call])
    assert isinstance(outcome, Unavailable)
    assert outcome.__cause__


def test_an_error_of_the_chunks_is_raised_even_if_the_upload_cannot_be_aborted(
    monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    with moto_server() as (url, server):
        use_aws(monkeypatch, url)
        requests.put(f"{url}/{bucket}", timeout=60).raise_for_status()

        def chunks() -> Iterator[bytes]:
            yield bytes(9 * MIB)
            server.kill()
            server.wait()
            raise Torn

        with pytest.raises(Torn):
            make_blobs(f"s3://{bucket}").put(KEY, chunks())


@pytest.mark.parametrize("place", ["s3", "gs"], indirect=True)
@pytest.mark.parametrize("size", [1, 9 * MIB])
def test_putting_into_a_missing_bucket_names_the_bucket(place: Place, size: int) -> None:
    missing = place.url.replace("files-", "files-x")
    with pytest.raises(Unavailable) as raised:
        make_blobs(missing).put(KEY, [bytes(size)])
    assert str(raised.value.__cause__) == f"there is no bucket {missing.removesuffix('/a/b')}"


@pytest.mark.parametrize("place", ["s3", "gs"], indirect=True)
def test_a_check_names_a_missing_bucket(place: Place) -> None:
    missing = place.url.replace("files-", "files-x")
    with pytest.raises(Unavailable) as raised:
        make_blobs(missing).check()
    assert str(raised.value.__cause__) == f"there is no bucket {missing.removesuffix('/a/b')}"
