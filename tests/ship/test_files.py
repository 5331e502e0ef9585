"""The files that build and deploy the service are valid for their tools, and safe."""

import os
import re
import shlex
import shutil
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
COMPOSE_FILES = ["docker-compose.yml", "docker-compose.firebase.yml"]
SECRETS = {"SIGNING_KEYS", "DATA_KEYS", "FIREBASE_WEB_API_KEY", "ADMIN_PASSWORD"}
NAMES = {
    "PROJECT": "my-project",
    "REGION": "europe-west1",
    "TAG": "1a2b3c4",
    "URL": "https://portero-1.europe-west1.run.app",
    "ADMIN_EMAIL": "me@example.com",
}


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def check(path: Path, *schema: str | Path) -> None:
    """Validate a JSON or YAML file; ``schema`` are the options of check-jsonschema that name a schema."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--default-filetype", "json", *schema, path],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def check_firebase(path: Path, schema: str) -> None:
    """Validate a file against a schema of firebase-tools."""
    check(path, "--schemafile", FIREBASE_SCHEMAS / schema)


def compose(name: str) -> dict[str, Any]:
    """Return the services of a compose file, with what they extend merged in as Compose does."""
    services: dict[str, Any] = load(ROOT / name)["services"]
    for service in services.values():
        if origin := service.pop("extends", None):
            base = load(ROOT / origin["file"])["services"][origin["service"]]
            both = base.get("environment", {}) | service.get("environment", {})
            service |= base | service | ({"environment": both} if both else {})
    return services


@pytest.fixture(scope="module", params=COMPOSE_FILES)
def services(request: pytest.FixtureRequest) -> dict[str, Any]:
    return compose(request.param)


@pytest.fixture(params=DEPLOYED)
def deployed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file of deploy/ after envsubst. Raises KeyError for a name that docs/how-to/cloud-run.md lacks."""
    return filled_in(request.param, tmp_path)


def filled_in(name: str, folder: Path) -> Path:
    path = folder / Path(name).name
    path.write_text(Template((ROOT / name).read_text()).substitute(NAMES))
    return path


def container(path: Path) -> Any:
    """Return the container of a Cloud Run service or job."""
    spec = load(path)["spec"]["template"]["spec"]
    return spec.get("template", {}).get("spec", spec)["containers"][0]


def environment(path: Path) -> dict[str, str]:
    """Return the environment of the container, with a placeholder for each secret."""
    return {entry["name"]: entry.get("value", "a secret") for entry in container(path)["env"]}


def put_on(env: dict[str, str], directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the whole environment by ``env``, in a directory without an .env file."""
    for name in {*os.environ} - env.keys():
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(directory)


class TestDockerfile:
    def test_the_user_is_numeric_and_not_root(self) -> None:
        assert min(image().user) > 0

    def test_commands_are_in_exec_form_so_that_signals_arrive(self) -> None:
        assert image().command == ["./portero", "serve"]
        assert image().health[0] == "python"
        assert image().last("STOPSIGNAL") == "SIGTERM"

    def test_only_existing_files_that_dockerignore_allows_are_copied(self) -> None:
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

    def test_everything_installed_is_pinned(self) -> None:
        text, firebase = ((ROOT / name).read_text() for name in ("Dockerfile", "docker/firebase.Dockerfile"))
        assert "--require-hashes" in text
        assert re.search(r"firebase-tools@\d+\.\d+\.\d+\s", firebase)
        for stage in [*stages(text), *stages(firebase)]:
            assert re.search(r":\d", stage.base), f"{stage.base} has no version"

    def test_the_image_holds_no_secret(self) -> None:
        assert not SECRETS & image().env.keys()


class TestCompose:
    @pytest.mark.parametrize("name", [*COMPOSE_FILES, "docker/service.yml"])
    def test_is_valid(self, name: str) -> None:
        check(ROOT / name, "--builtin-schema", "vendor.compose-spec")

    @pytest.mark.parametrize("name", [*COMPOSE_FILES, "docker/service.yml"])
    def test_has_nothing_that_compose_1_does_not_know(self, name: str) -> None:
        assert not {"name", "include"} & load(ROOT / name).keys()
        assert "_inline" not in (ROOT / name).read_text()

    def test_services_have_no_unneeded_privileges(self, services: dict[str, Any]) -> None:
        for service in services.values():
            assert service["cap_drop"] == ["ALL"]
            assert service["security_opt"] == ["no-new-privileges:true"]
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
            assert not service.get("user", "").startswith(("root", "0"))
            assert not {"privileged", "network_mode", "cap_add", "pid"} & service.keys()

    @pytest.mark.parametrize("name", ["api", "worker"])
    def test_api_and_worker_write_only_to_memory_and_to_their_shared_volume(
        self, services: dict[str, Any], name: str
    ) -> None:
        assert services[name]["read_only"] is True
        assert services[name]["volumes"] == [f"data:{image().env['DATA_DIR']}"]
        assert services[name]["tmpfs"] == ["/tmp"]

    def test_the_worker_differs_from_the_api_only_in_its_command(self, services: dict[str, Any]) -> None:
        api, worker = services["api"], services["worker"]
        assert worker["command"] == ["worker"]
        assert worker["environment"] == api["environment"]
        assert worker["image"] == api["image"]

    def test_api_and_worker_are_for_development_by_name_and_start_again_after_an_outage(
        self, services: dict[str, Any]
    ) -> None:
        assert image().env["APP_ENV"] == "production"
        for name, restart in (("api", "unless-stopped"), ("worker", "on-failure")):
            assert services[name]["environment"]["APP_ENV"] == "development"
            assert services[name]["environment"]["DEV_MAIL_PUBLISHED"] == "on"
            assert services[name]["restart"] == restart

    def test_the_settings_exist_and_use_the_containers(self, services: dict[str, Any]) -> None:
        env = services["api"]["environment"]
        assert {name.lower() for name in env} <= Settings.model_fields.keys() | {"tmpdir"}
        assert env["QUEUE_URL"] == "redis://redis:6379"
        assert env["TMPDIR"] == image().env["DATA_DIR"]
        others = services.keys() - {"api", "worker"}
        assert services["api"]["depends_on"] == {name: {"condition": "service_healthy"} for name in others}

    def test_the_development_password_is_not_in_any_deployed_file(self, services: dict[str, Any]) -> None:
        password = services["api"]["environment"]["ADMIN_PASSWORD"]
        assert len(password) >= 8
        assert all(password not in (ROOT / name).read_text() for name in ["Dockerfile", *DEPLOYED])

    def test_the_database_is_the_one_of_the_tasks_brief(self) -> None:
        services = compose("docker-compose.yml")
        password = services["postgres"]["environment"]["POSTGRES_PASSWORD"]
        assert services["postgres"]["environment"]["POSTGRES_DB"] == "technical_test"
        assert (
            services["api"]["environment"]["STORE_URL"] == f"postgresql://postgres:{password}@postgres/technical_test"
        )

    def test_the_firebase_stack_uses_the_emulators(self) -> None:
        env = compose("docker-compose.firebase.yml")["api"]["environment"]
        ports = load(ROOT / "firebase.json")["emulators"]
        assert env["FIRESTORE_EMULATOR_HOST"] == f"emulators:{ports['firestore']['port']}"
        assert env["FIREBASE_AUTH_EMULATOR_HOST"] == f"emulators:{ports['auth']['port']}"
        # A project whose name begins with demo- cannot reach Google, even with real credentials.
        assert env["STORE_URL"] == "firestore://demo-portero"
        assert load(ROOT / ".firebaserc")["projects"] == {"default": "demo-portero"}

    def test_the_emulators_accept_connections_from_other_containers(self, tmp_path: Path) -> None:
        """The test runs the first part of the command of the container, which changes the hosts in firebase.json."""
        service = compose("docker-compose.firebase.yml")["emulators"]
        shell, option, script = service["command"]
        edit = script.split(" && ")[0].replace("/firebase.json", shlex.quote(str(ROOT / "firebase.json")))
        subprocess.run([shell, option, edit], cwd=tmp_path, check=True)
        emulators = load(tmp_path / "firebase.json")["emulators"]
        assert emulators.pop("singleProjectMode") is False
        assert {emulator["host"] for emulator in emulators.values()} == {"0.0.0.0"}
        numbers = {value for emulator in emulators.values() for key, value in emulator.items() if "port" in key.lower()}
        assert set(service["ports"]) == {f"127.0.0.1:{n}:{n}" for n in numbers}
        check_firebase(tmp_path / "firebase.json", "firebase-config.json")


class TestFirebase:
    def test_configuration_is_valid(self) -> None:
        check_firebase(ROOT / "firebase.json", "firebase-config.json")
        check_firebase(ROOT / ".firebaserc", "firebaserc.json")

    def test_the_files_that_it_names_exist(self) -> None:
        firestore = load(ROOT / "firebase.json")["firestore"]
        assert [name for name in firestore.values() if not (ROOT / name).is_file()] == []

    def test_emulators_listen_to_this_machine_only(self) -> None:
        emulators = load(ROOT / "firebase.json")["emulators"]
        assert {value["host"] for value in emulators.values() if isinstance(value, dict)} == {"127.0.0.1"}


class TestCloudRun:
    def test_is_valid(self, deployed: Path) -> None:
        check(deployed, "--schemafile", ROOT / "tests/ship/cloudrun.schema.json")

    def test_a_misspelled_key_is_not_valid(self, deployed: Path) -> None:
        deployed.write_text(deployed.read_text().replace("limits:", "limit:"))
        with pytest.raises(AssertionError, match="limit"):
            check(deployed, "--schemafile", ROOT / "tests/ship/cloudrun.schema.json")

    def test_secrets_come_from_secret_manager(self, deployed: Path) -> None:
        kept = {entry["name"] for entry in container(deployed)["env"] if "valueFrom" in entry}
        assert kept == SECRETS & environment(deployed).keys()

    def test_the_service_is_not_given_the_password_of_the_admin(self) -> None:
        assert "ADMIN_PASSWORD" not in (ROOT / "deploy/cloudrun.yaml").read_text()

    def test_the_settings_are_accepted_in_production(self, deployed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        env = environment(deployed)
        assert {name.lower() for name in env} <= Settings.model_fields.keys()
        put_on(env, deployed.parent, monkeypatch)
        assert load_settings().production

    def test_the_concurrency_equals_the_number_of_connections_to_the_store(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        path = filled_in("deploy/cloudrun.yaml", tmp_path)
        put_on(image().env | environment(path), ROOT, monkeypatch)
        revision = load(path)["spec"]["template"]["spec"]
        assert revision["containerConcurrency"] == load_settings().web_concurrency * THREADS

    def test_the_startup_probe_checks_the_store_and_the_liveness_probe_only_the_process(self) -> None:
        service = container(ROOT / "deploy/cloudrun.yaml")
        assert service["startupProbe"]["httpGet"]["path"] == "/ready"
        assert service["livenessProbe"]["httpGet"]["path"] == "/health"


Database = Callable[[str], str]
# The emulator accepts an unsigned token as that of a signed-in user, and "owner" as that of the service.
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
    """Return a function that gives a new project the rules, and returns the URL of its documents."""

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
    """Return the status of each kind of request: create, read, list, query, change and delete."""
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

    def test_permissive_rules_let_a_signed_in_client_in(self, database: Database) -> None:
        """This is the control of the test above: the same client is accepted under rules that allow it."""
        documents = database(SIGNED_IN_MAY)
        assert set(statuses(documents, {}).values()) == {403}
        assert set(statuses(documents, USER).values()) == {200}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "1 134217728 33554432 glibc.malloc.hugetlb=1"),
        (
            {
                "MALLOC_ARENA_MAX": "2",
                "MALLOC_TRIM_THRESHOLD_": "3",
                "MALLOC_MMAP_THRESHOLD_": "4",
                "GLIBC_TUNABLES": "glibc.malloc.hugetlb=0",
            },
            "2 3 4 glibc.malloc.hugetlb=0",
        ),
    ],
    ids=["by default", "of the operator"],
)
def test_the_script_tells_the_c_library_how_to_keep_the_memory_of_hashes(
    tmp_path: Path, given: dict[str, str], expected: str
) -> None:
    script, python = tmp_path / "portero", tmp_path / ".venv/bin/python"
    shutil.copy(ROOT / "portero", script)
    python.parent.mkdir(parents=True)
    shown = '"$MALLOC_ARENA_MAX $MALLOC_TRIM_THRESHOLD_ $MALLOC_MMAP_THRESHOLD_ $GLIBC_TUNABLES"'
    python.write_text(f"#!/bin/sh\necho {shown}\n")
    python.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], **given}
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected
