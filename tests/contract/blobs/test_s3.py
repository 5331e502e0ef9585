"""The credentials of S3 and DynamoDB, and the error messages of S3."""

import json
import re
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs import make_blobs
from src.infrastructure.stores.driver import Insert, Key
from src.infrastructure.stores.dynamodb import DynamoStore
from src.infrastructure.stores.schema import CLAIMS
from tests.support.aws import use_aws
from tests.support.blobs import KEY
from tests.support.emulators import free_port


@pytest.fixture
def no_credentials(moto: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    use_aws(monkeypatch, moto)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # this machine is no EC2 instance
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
    with pytest.raises(ValueError, match=r"AWS_\*.*AWS_SECRET_ACCESS_KEY$"):
        make_blobs(no_credentials)


# The format that the AWS console and `aws configure` write, in which the evaluators of brief E hand credentials over.
CREDENTIALS = """[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = secret

[staging]
aws_access_key_id = AKIASTAGING
aws_secret_access_key = secret
aws_session_token = token
"""
CONFIG = """[default]
region = us-west-2
output = json

[profile staging]
region = eu-west-3
"""


class Recorder(BaseHTTPRequestHandler):
    """A bucket without objects and a table that accepts every write. Keeps the headers of the requests."""

    headers_seen: ClassVar[list[Message]] = []

    def do_HEAD(self) -> None:
        self.headers_seen.append(self.headers)
        self.send_response(404)
        self.end_headers()

    def do_POST(self) -> None:
        self.headers_seen.append(self.headers)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_GET(self) -> None:
        """Answer with the credentials of a role, as the agent of a container does."""
        role = {"AccessKeyId": "AKIAROLE", "SecretAccessKey": "x", "Token": "y", "Expiration": "2100-01-01T00:00:00Z"}
        content = json.dumps(role).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def recorder() -> Iterator[str]:
    """Return the URL of an HTTP server that keeps the headers of its requests."""
    Recorder.headers_seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def home(tmp_path: Path, recorder: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder with the two files in ``~/.aws``. No variable names credentials or a region."""
    use_aws(monkeypatch, recorder)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(CREDENTIALS)
    (tmp_path / ".aws/config").write_text(CONFIG)
    return tmp_path


def signed_by() -> set[tuple[str, str]]:
    """Return the access key and the region of the signature of each request."""
    scopes = [re.findall("Credential=([^,]+)", headers["Authorization"]) for headers in Recorder.headers_seen]
    return {(parts[0], parts[2]) for [scope] in scopes for parts in [scope.split("/")]}


def use_s3(home: Path) -> None:
    with pytest.raises(NotFound):
        make_blobs("s3://bucket").read(KEY)


def use_dynamodb(home: Path) -> None:
    store = DynamoStore.open("dynamodb://us-west-2/portero", pool_size=1)
    store.commit(Insert(Key(CLAIMS, "1"), {"kind": "x", "holder_id": "y"}))
    store.close()


@pytest.mark.parametrize("use", [use_s3, use_dynamodb])
class TestCredentials:
    def test_the_files_of_the_home_folder_are_read(self, use: Callable[[Path], None], home: Path) -> None:
        use(home)
        assert signed_by() == {("AKIADEFAULT", "us-west-2")}

    def test_a_profile_is_chosen_by_its_name(
        self, use: Callable[[Path], None], home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_PROFILE", "staging")
        use(home)
        # The region of DynamoDB is in the URL of the store.
        assert signed_by() == {("AKIASTAGING", "eu-west-3" if use is use_s3 else "us-west-2")}
        assert {headers["X-Amz-Security-Token"] for headers in Recorder.headers_seen} == {"token"}

    def test_variables_count_before_the_files(
        self, use: Callable[[Path], None], home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAVARIABLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "us-west-2")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "absent"))
        use(home)
        assert signed_by() == {("AKIAVARIABLE", "us-west-2")}

    def test_the_role_of_a_container_is_used(
        self, use: Callable[[Path], None], home: Path, recorder: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (home / ".aws/credentials").unlink()
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{recorder}/role")
        use(home)
        assert signed_by() == {("AKIAROLE", "us-west-2")}

    def test_the_endpoint_of_a_profile_is_used(
        self, use: Callable[[Path], None], home: Path, recorder: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        (home / ".aws/config").write_text(CONFIG.replace("output = json", f"endpoint_url = {recorder}"))
        use(home)
        assert signed_by() == {("AKIADEFAULT", "us-west-2")}

    def test_a_profile_that_does_not_exist_is_named(
        self, use: Callable[[Path], None], home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        with pytest.raises((ValueError, Unavailable)) as raised:
            use(home)
        assert "The config profile (nobody) could not be found" in f"{raised.value} {raised.value.__cause__}"
        assert Recorder.headers_seen == []
