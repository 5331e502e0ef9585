"""The files that ship and deploy the service: valid for the tools that read them, and safe."""

import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import jwt
import pytest
import requests
from ruamel.yaml import YAML

from src.bootstrap.adapters import THREADS
from src.settings import Settings, load_settings
from tests.ship.dockerfile import ROOT, image, stages

FIREBASE_SCHEMAS = ROOT / "tests/js/node_modules/firebase-tools/schema"
DEPLOYED = ["deploy/cloudrun.yaml", "deploy/prepare.yaml"]
SECRETS = {"SIGNING_KEYS", "FIREBASE_WEB_API_KEY", "ADMIN_PASSWORD"}
NAMES = {"PROJECT": "my-project", "REGION": "europe-west1", "TAG": "1a2b3c4", "ADMIN_EMAIL": "me@example.com"}


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def check(path: Path, *schema: str | Path) -> None:
    """``schema`` is check-jsonschema's: it reads JSON and YAML, and ships the schemas of well-known files."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--default-filetype", "json", *schema, path],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def check_firebase(path: Path, schema: str) -> None:
    check(path, "--schemafile", FIREBASE_SCHEMAS / schema)


@pytest.fixture(scope="module")
def compose() -> Any:
    return load(ROOT / "docker-compose.yml")["services"]


@pytest.fixture(params=DEPLOYED)
def deployed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of deploy/ as envsubst fills it in; a name that docs/how-to/cloud-run.md does not set is a KeyError."""
    path = tmp_path / Path(request.param).name
    path.write_text(Template((ROOT / request.param).read_text()).substitute(NAMES))
    return path


def container(path: Path) -> Any:
    spec = load(path)["spec"]["template"]["spec"]
    return spec.get("template", {}).get("spec", spec)["containers"][0]


def environment(path: Path) -> dict[str, str]:
    """What the container is told, with something in place of each secret."""
    return {entry["name"]: entry.get("value", "a secret") for entry in container(path)["env"]}


def put_on(env: dict[str, str], directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``env`` the whole environment, out of reach of anyone's .env."""
    for name in {*os.environ} - env.keys():
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(directory)


class TestDockerfile:
    def test_runs_as_a_numeric_user_who_is_not_root(self) -> None:
        assert min(image().user) > 0

    def test_commands_are_in_exec_form_so_that_signals_arrive(self) -> None:
        assert image().command == ["./portero", "serve"]
        assert image().health[0] == "python"
        assert image().last("STOPSIGNAL") == "SIGTERM"

    def test_copies_only_what_exists_and_what_dockerignore_lets_in(self) -> None:
        ignore = (ROOT / ".dockerignore").read_text().split()
        copied = {
            source
            for stage in stages((ROOT / "Dockerfile").read_text())
            for sources, _ in stage.copies
            for source in sources
        }
        assert {line[1:] for line in ignore if line.startswith("!")} == copied
        assert "*" in ignore
        assert [name for name in copied if not (ROOT / name).exists()] == []

    def test_everything_installed_is_pinned(self, compose: Any) -> None:
        text = (ROOT / "Dockerfile").read_text()
        inline = compose["emulators"]["build"]["dockerfile_inline"]
        assert "--require-hashes" in text
        assert re.search(r"firebase-tools@\d+\.\d+\.\d+\s", inline)
        for stage in [*stages(text), *stages(inline)]:
            assert re.search(r":\d", stage.base), f"{stage.base} has no version"

    def test_holds_no_secret(self) -> None:
        assert not SECRETS & image().env.keys()


class TestCompose:
    def test_is_valid(self) -> None:
        check(ROOT / "docker-compose.yml", "--builtin-schema", "vendor.compose-spec")

    def test_services_can_do_no_more_than_they_need(self, compose: Any) -> None:
        for service in compose.values():
            assert service["cap_drop"] == ["ALL"]
            assert service["security_opt"] == ["no-new-privileges:true"]
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
            assert not service.get("user", "").startswith(("root", "0"))
            assert not {"privileged", "network_mode", "cap_add", "pid"} & service.keys()

    @pytest.mark.parametrize("name", ["api", "worker"])
    def test_our_own_write_to_memory_and_to_the_folder_that_they_share(self, compose: Any, name: str) -> None:
        assert compose[name]["read_only"] is True
        assert compose[name]["volumes"] == [f"data:{image().env['DATA_DIR']}"]
        assert compose[name]["tmpfs"] == ["/tmp"]

    def test_the_worker_is_the_same_with_another_command(self, compose: Any) -> None:
        api, worker = compose["api"], compose["worker"]
        assert worker["command"] == ["worker"]
        same = {name: value for name, value in api["environment"].items() if not name.startswith("ADMIN_")}
        assert worker["environment"] == same
        assert worker["image"] == api["image"]

    def test_the_api_waits_for_what_it_talks_to(self, compose: Any) -> None:
        env = compose["api"]["environment"]
        assert env["QUEUE_URL"] == "redis://redis:6379"
        assert {name.lower() for name in env} <= Settings.model_fields.keys() | {"tmpdir"}
        assert env["TMPDIR"] == image().env["DATA_DIR"]
        ports = load(ROOT / "firebase.json")["emulators"]
        healthy = {"condition": "service_healthy"}
        assert compose["api"]["depends_on"] == {"emulators": healthy, "redis": healthy}
        assert env["FIRESTORE_EMULATOR_HOST"] == f"emulators:{ports['firestore']['port']}"
        assert env["FIREBASE_AUTH_EMULATOR_HOST"] == f"emulators:{ports['auth']['port']}"
        # Names beginning with demo- never reach Google, whatever else goes wrong.
        assert env["STORE_URL"] == "firestore://demo-portero"
        assert load(ROOT / ".firebaserc")["projects"] == {"default": "demo-portero"}

    def test_the_development_password_opens_nothing_that_is_deployed(self, compose: Any) -> None:
        password = compose["api"]["environment"]["ADMIN_PASSWORD"]
        assert len(password) >= 8
        assert all(password not in (ROOT / name).read_text() for name in ["Dockerfile", *DEPLOYED])

    def test_the_emulators_listen_to_the_api_in_the_container(self, compose: Any, tmp_path: Path) -> None:
        """The very command, up to the start: firebase.json with its hosts changed and still valid."""
        shell, option, script = compose["emulators"]["command"]
        edit = script.split(" && ")[0].replace("/firebase.json", shlex.quote(str(ROOT / "firebase.json")))
        subprocess.run([shell, option, edit], cwd=tmp_path, check=True)
        emulators = load(tmp_path / "firebase.json")["emulators"]
        assert emulators.pop("singleProjectMode") is False
        assert {emulator["host"] for emulator in emulators.values()} == {"0.0.0.0"}
        numbers = {value for emulator in emulators.values() for key, value in emulator.items() if "port" in key.lower()}
        assert set(compose["emulators"]["ports"]) == {f"127.0.0.1:{n}:{n}" for n in numbers}
        check_firebase(tmp_path / "firebase.json", "firebase-config.json")


class TestFirebase:
    def test_configuration_is_valid(self) -> None:
        check_firebase(ROOT / "firebase.json", "firebase-config.json")
        check_firebase(ROOT / ".firebaserc", "firebaserc.json")

    def test_files_it_names_exist(self) -> None:
        firestore = load(ROOT / "firebase.json")["firestore"]
        assert [name for name in firestore.values() if not (ROOT / name).is_file()] == []

    def test_emulators_listen_to_this_machine_only(self) -> None:
        emulators = load(ROOT / "firebase.json")["emulators"]
        assert {value["host"] for value in emulators.values() if isinstance(value, dict)} == {"127.0.0.1"}


class TestCloudRun:
    def test_is_valid(self, deployed: Path) -> None:
        check(deployed, "--schemafile", ROOT / "tests/ship/cloudrun.schema.json")

    def test_a_typo_is_not(self, deployed: Path) -> None:
        deployed.write_text(deployed.read_text().replace("limits:", "limit:"))
        with pytest.raises(AssertionError, match="limit"):
            check(deployed, "--schemafile", ROOT / "tests/ship/cloudrun.schema.json")

    def test_secrets_come_from_secret_manager(self, deployed: Path) -> None:
        kept = {entry["name"] for entry in container(deployed)["env"] if "valueFrom" in entry}
        assert kept == SECRETS & environment(deployed).keys()

    def test_the_service_does_not_know_the_administrators_password(self) -> None:
        assert "ADMIN_PASSWORD" not in (ROOT / "deploy/cloudrun.yaml").read_text()

    def test_settings_are_known_and_fit_for_production(self, deployed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env = environment(deployed)
        assert {name.lower() for name in env} <= Settings.model_fields.keys()
        put_on(env, deployed.parent, monkeypatch)
        assert load_settings().production

    def test_an_instance_is_sent_as_many_requests_as_it_has_threads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        path = ROOT / "deploy/cloudrun.yaml"
        put_on(image().env | environment(path) | {"THREADS": str(THREADS)}, ROOT, monkeypatch)
        gunicorn = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
        revision = load(path)["spec"]["template"]["spec"]
        assert revision["containerConcurrency"] == gunicorn["workers"] * gunicorn["threads"]

    def test_traffic_waits_for_the_store_and_an_outage_restarts_nothing(self) -> None:
        service = container(ROOT / "deploy/cloudrun.yaml")
        assert service["startupProbe"]["httpGet"]["path"] == "/ready"
        assert service["livenessProbe"]["httpGet"]["path"] == "/health"


Database = Callable[[str], str]
# To the emulator an unsigned token is a signed-in user, and "owner" is the service's own account.
TOKEN = jwt.encode({"sub": "someone", "user_id": "someone"}, "", algorithm="none")
USER = {"Authorization": f"Bearer {TOKEN}"}
OWNER = {"Authorization": "Bearer owner"}
SIGNED_IN_MAY = """
rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents/{document=**} { allow read, write: if request.auth != null; }
}
"""


@pytest.fixture
def database(firestore_emulator: str, firestore_project: str) -> Database:
    """Gives a fresh project these rules; answers the address of its documents."""

    def under(rules: str) -> str:
        answer = requests.put(
            f"http://{firestore_emulator}/emulator/v1/projects/{firestore_project}:securityRules",
            json={"rules": {"files": [{"name": "firestore.rules", "content": rules}]}},
            timeout=10,
        )
        assert answer.ok, answer.text
        return f"http://{firestore_emulator}/v1/projects/{firestore_project}/databases/(default)/documents"

    return under


def statuses(documents: str, headers: dict[str, str]) -> dict[str, int]:
    """What a client is told when it creates, reads, lists, queries, changes and deletes."""
    one = {"fields": {"name": {"stringValue": "x"}}}
    query = {"structuredQuery": {"from": [{"collectionId": "users"}]}}
    calls: list[tuple[str, str, object]] = [
        ("POST", "/users?documentId=u1", one),
        ("GET", "/users/u1", None),
        ("GET", "/users", None),
        ("POST", ":runQuery", query),
        ("PATCH", "/users/u1", one),
        ("DELETE", "/users/u1", None),
    ]
    with requests.Session() as client:
        return {
            f"{method} {path}": client.request(
                method, documents + path, json=body, headers=headers, timeout=10
            ).status_code
            for method, path, body in calls
        }


class TestRules:
    def test_clients_are_refused_and_the_service_is_not(self, database: Database) -> None:
        documents = database((ROOT / "firestore.rules").read_text())
        assert set(statuses(documents, {}).values()) == {403}
        assert set(statuses(documents, USER).values()) == {403}
        assert set(statuses(documents, OWNER).values()) == {200}

    def test_the_test_can_tell_a_signed_in_client(self, database: Database) -> None:
        """The control: under rules that let signed-in clients in, that same client is let in."""
        documents = database(SIGNED_IN_MAY)
        assert set(statuses(documents, {}).values()) == {403}
        assert set(statuses(documents, USER).values()) == {200}
