"""The image by itself, as Cloud Run and a careful operator run it."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from tests.docker.conftest import outside
from tests.docker.stack import BASE, PASSWORD, docker, sh, until
from tests.support.emulators import cloud_storage, free_port

BODY = b'{"username": "inflight", "email": "inflight@example.com", "password": "a long enough passphrase"}'
HEAD = (
    b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY)
)
MEGABYTES = {"yes": 260, "no": 90}
IMPORT_EVERYTHING = """
import importlib, pkgutil, src
names = [each.name for each in pkgutil.walk_packages(src.__path__, "src.")]
not_here = ("__main__", ".migrations.", ".granian")
print(*(importlib.import_module(name) for name in names if not any(part in name for part in not_here)))
"""

FILL = """
with open("/data/filler", "ab", buffering=0) as filler:
    for size in (65536, 4096, 1):
        try:
            while True:
                filler.write(bytes(size))
        except OSError:
            pass
"""


DEVELOPMENT = ["--env", "APP_ENV=development"]
ADMIN = [*DEVELOPMENT, "--env", "ADMIN_EMAIL=admin@example.com", "--env", f"ADMIN_PASSWORD={PASSWORD}"]


@pytest.fixture(scope="module", params=MEGABYTES)
def image(request: pytest.FixtureRequest, checkout: Path) -> str:
    """The image with and without extras."""
    sh(f"docker build --tag portero:{request.param} --build-arg EXTRAS={request.param} .", checkout)
    return f"portero:{request.param}"


@pytest.fixture(scope="module")
def whole(checkout: Path) -> str:
    """The image with everything."""
    sh("docker build --tag portero:yes .", checkout)
    return "portero:yes"


@contextmanager
def container(image: str, port: int, *options: str) -> Iterator[str]:
    """Run an image on read-only files, with /tmp in memory and without privileges. Wait until it answers."""
    hardened = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    publish = ["--env", "PORT=8080", "--publish", f"127.0.0.1:{port}:8080"]
    name = docker("run", "--detach", *hardened, *publish, *options, image)
    try:
        yield name
    except BaseException as error:
        error.add_note(sh(f"docker logs --tail 40 {name}", check=False))
        raise
    finally:
        docker("rm", "--force", "--volumes", name)


def answers(port: int) -> bool:
    """Return whether the service is ready."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/ready", timeout=2).ok
    except requests.RequestException:
        return False


def environment(settings: Mapping[str, str]) -> list[str]:
    """Return the options of ``docker run`` for environment variables."""
    return [option for name, value in settings.items() for option in ("--env", f"{name}={value}")]


def send_csv(port: int) -> requests.Response:
    """Log in as the admin and send a CSV file."""
    url = f"http://127.0.0.1:{port}"
    token = requests.post(f"{url}/login", json={"email": "admin@example.com", "password": PASSWORD}, timeout=10)
    headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    file = ("people.csv", b"name,age\nAda,36\n")
    return requests.post(f"{url}/datasets", headers=headers, data={"name": "People"}, files={"file": file}, timeout=30)


def test_adds_no_more_than_its_share_to_the_base(image: str) -> None:
    size, base = (int(docker("image", "inspect", "--format", "{{.Size}}", name)) for name in (image, BASE))
    assert (size - base) / 1e6 <= MEGABYTES[image.partition(":")[2]]


def test_has_no_pip_no_compiler_and_no_tests(image: str) -> None:
    found = docker(
        "run", "--rm", "--entrypoint", "find", image, "/venv", "/portero", "-name", "tests", "-o", "-name", "pip"
    )
    assert found == ""


def test_without_settings_it_says_what_to_do_and_serves_in_production_after_prepare(whole: str) -> None:
    port, volume = free_port(), f"portero-{uuid4().hex[:8]}"
    try:
        refused = sh(f"docker run --rm --volume {volume}:/data {whole}", check=False)
        assert "run `./portero prepare`, or set APP_ENV=development" in refused
        assert "ready to serve" in docker("run", "--rm", "--volume", f"{volume}:/data", whole, "prepare")
        with container(whole, port, "--volume", f"{volume}:/data"):
            until(partial(answers, port))
            assert requests.get(f"http://127.0.0.1:{port}/dev/mail", timeout=5).status_code == 404
    finally:
        docker("volume", "rm", "--force", volume)


def test_in_development_the_mails_are_shown_through_a_published_port_with_the_switch_only(whole: str) -> None:
    for switch, status in (("off", 403), ("on", 200)):
        port = free_port()
        with container(whole, port, *DEVELOPMENT, "--env", f"DEV_MAIL_PUBLISHED={switch}"):
            until(partial(answers, port))
            assert requests.get(f"http://127.0.0.1:{port}/dev/mail", timeout=5).status_code == status


def test_serves_and_checks_csv_files_if_it_has_polars(image: str) -> None:
    port = free_port()
    with container(image, port, *ADMIN):
        until(partial(answers, port))
        answer = send_csv(port)
    if image == "portero:yes":
        assert answer.status_code == 201, answer.text
    else:
        assert answer.status_code == 503, answer.text
        assert answer.json()["detail"] == "No CSV files are checked here until the operator installs polars."


def test_on_a_disk_filled_to_the_last_byte_it_is_not_ready_and_data_can_be_deleted(whole: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with container(whole, port, *ADMIN, "--tmpfs", "/data:size=32m,uid=10001,gid=10001,mode=700") as name:
        until(partial(answers, port))
        credentials = {"email": "admin@example.com", "password": PASSWORD}
        token = requests.post(f"{url}/login", json=credentials, timeout=10).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        files = [
            requests.post(f"{url}/api/files", headers=headers, files={"file": b"x" * 100_000}, timeout=10).json()["id"]
            for _ in range(3)
        ]
        docker("exec", name, "python", "-c", FILL)
        assert not answers(port)
        assert requests.post(f"{url}/tasks", headers=headers, json={"title": "t"}, timeout=10).status_code == 503
        assert requests.post(f"{url}/login", json=credentials, timeout=10).ok
        for file in files:
            assert requests.delete(f"{url}/api/files/{file}", headers=headers, timeout=10).status_code == 204
        docker("exec", name, "rm", "/data/filler")
        until(partial(answers, port))


def test_every_module_of_the_service_finds_the_packages_that_it_imports(whole: str) -> None:
    imported = docker("run", "--rm", "--entrypoint", "python", whole, "-c", IMPORT_EVERYTHING)
    assert "src.infrastructure.identity.firebase" in imported


def test_compiles_none_of_its_modules_at_a_start(whole: str) -> None:
    verbose = ["--entrypoint", "sh", whole, "-c", 'python -v -c "$0" 2>&1', IMPORT_EVERYTHING]
    sources = re.findall(r"code object from '?(/(?:venv|portero)/\S+\.pyc?)\b", docker("run", "--rm", *verbose))
    assert len(sources) > 500
    assert not [source for source in sources if source.endswith(".py")]


def test_serves_from_dynamodb_and_s3(whole: str, dynamodb_server: str) -> None:
    port = free_port()
    requests.put(f"{dynamodb_server}/pictures", timeout=5).raise_for_status()
    settings = {
        "PORT": str(port),
        "STORE_URL": "dynamodb://eu-west-1/portero",
        "BLOB_URL": "s3://pictures",
        "AWS_ENDPOINT_URL": dynamodb_server,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    with container(whole, port, *ADMIN, "--network", "host", *environment(settings)):
        until(partial(answers, port))
        assert send_csv(port).status_code == 201


def test_asks_firestore_firebase_and_cloud_storage(whole: str) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    settings = {
        "APP_ENV": "development",
        "STORE_URL": "firestore://demo-portero",
        "FIRESTORE_EMULATOR_HOST": nobody,
        "IDENTITY": "firebase",
        "GOOGLE_CLOUD_PROJECT": "demo-portero",
        "FIREBASE_AUTH_EMULATOR_HOST": nobody,
        "FIREBASE_WEB_API_KEY": "any-text-suits-the-emulator",
        "BLOB_URL": "gs://pictures",
    }
    with cloud_storage() as url:
        requests.post(f"{url}/storage/v1/b", json={"name": "pictures"}, timeout=5).raise_for_status()
        options = environment(settings | {"STORAGE_EMULATOR_HOST": url})
        report = sh(f"docker run --rm --network host {' '.join(options)} {whole} check", check=False)
    assert "ok     object storage gs://pictures" in report
    for name in ("store firestore://demo-portero", "identity provider firebase"):
        assert re.search(f"wrong  {name}: It cannot be used: .*refused", report), report


def test_finishes_requests_and_hands_jobs_back_within_the_ten_seconds_of_cloud_run(whole: str) -> None:
    run = uuid4().hex[:8]
    network, volume, port = f"portero-{run}", f"portero-{run}", free_port()
    options = [*ADMIN, "--network", network, "--volume", f"{volume}:/data"]
    url = f"http://127.0.0.1:{port}"
    docker("network", "create", network)
    try:
        with outside(network):
            with container(whole, port, *options, "--env", "DOG_API_URL=http://outside:9000/dogs?seconds=60") as first:
                until(lambda: answers(port))
                token = requests.post(f"{url}/login", json={"email": "admin@example.com", "password": PASSWORD})
                headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
                created = requests.post(f"{url}/api/dogs/Rex", headers=headers)
                job = created.headers["Link"].partition("<")[2].partition(">")[0]
                until(lambda: requests.get(url + job, headers=headers).json()["status"] == "running")

                with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
                    client.sendall(HEAD + BODY[:20])
                    time.sleep(0.3)  # so that the service begins with the request
                    stopping = subprocess.Popen(["docker", "stop", "--time", "10", first], stdout=subprocess.DEVNULL)
                    time.sleep(0.5)
                    client.sendall(BODY[20:])
                    answer = b"".join(iter(lambda: client.recv(65536), b""))
                stopping.wait()
                assert answer.startswith(b"HTTP/1.1 201 "), answer
                # Docker has not killed it after ten seconds.
                assert docker("inspect", "--format", "{{.State.ExitCode}}", first) == "0"

            with container(whole, port, *options, "--env", "DOG_API_URL=http://outside:9000/dogs"):
                until(lambda: answers(port))
                until(lambda: requests.get(f"{url}/api/dogs/Rex").json()["picture_status"] == "ready")
                done = requests.get(url + job, headers=headers).json()
                assert (done["status"], done["attempts"]) == ("succeeded", 1)
    finally:
        docker("network", "rm", network)
        docker("volume", "rm", "--force", volume)
