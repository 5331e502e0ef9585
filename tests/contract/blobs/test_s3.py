"""S3: credentials and error messages."""

import pytest

from src.domain.errors import Unavailable
from src.infrastructure.blobs import make_blobs
from tests.support.aws import use_aws
from tests.support.blobs import KEY
from tests.support.emulators import free_port


@pytest.fixture
def no_credentials(moto: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    use_aws(monkeypatch, moto)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{free_port()}")  # no instance of AWS
    return f"s3://{bucket}"


def test_the_cause_of_a_failure_is_one_sentence(no_credentials: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def cause() -> str:
        with pytest.raises(Unavailable) as raised:
            make_blobs(no_credentials, timeout=1).put(KEY, [b"x"])
        said = str(raised.value.__cause__)
        assert 10 < len(said) <= 300
        assert said.isprintable()
        return said

    assert "AWS_ACCESS_KEY_ID" in cause()
    use_aws(monkeypatch, f"http://127.0.0.1:{free_port()}")
    assert "error sending request" in cause()


def test_an_access_key_without_its_secret_is_refused(no_credentials: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    with pytest.raises(ValueError, match=r"AWS_\*.*SecretAccessKey$"):
        make_blobs(no_credentials)
