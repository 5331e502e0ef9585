"""The examples for Firebase: the web page in a real browser, the import of users, and `make emulators`."""

import functools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.firebase import new_address
from tests.e2e.firebase_world import World, sdk, world
from tests.e2e.service import portero
from tests.support.browsers import chromium
from tests.support.emulators import NODE_MODULES, free_port
from tests.support.firebase_sdk import PASSWORD

__all__ = ["sdk", "world"]  # fixtures
ROOT = Path(__file__).parents[2]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the files of a folder, as `npm start` of the example does."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def page(
    tmp_path: Path, firestore_emulator: str, auth_emulator: str, firestore_project: str, auth_project: str
) -> Iterator[Page]:
    """Yield the page of the example, with its dependency installed, connected to the service and the emulators."""
    folder = tmp_path / "firebase-web"
    shutil.copytree(ROOT / "examples/firebase-web", folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(NODE_MODULES)
    settings = {
        "STORE_URL": f"firestore://{firestore_project}",
        "GOOGLE_CLOUD_PROJECT": auth_project,
        "IDENTITY": "firebase",
        "FIREBASE_WEB_API_KEY": "any",
        "FIRESTORE_EMULATOR_HOST": firestore_emulator,
        "FIREBASE_AUTH_EMULATOR_HOST": auth_emulator,
    }
    with ExitStack() as stack:
        service = stack.enter_context(portero(tmp_path / "data", settings))
        origin = stack.enter_context(served(folder))
        page = stack.enter_context(chromium()).new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{origin}/?api=http://{service}&auth=http://{auth_emulator}")
        yield page
        page.close()
        assert errors == []
        ours = (f"{origin}/", f"http://{service}/", f"http://{auth_emulator}/")
        assert [url for url in asked if not url.startswith(ours)] == []


def fill(page: Page, address: str) -> None:
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Password").fill(PASSWORD)


def slow(route: Route) -> None:
    """Answer late, so that a page that draws twice at once would show the older answer."""
    time.sleep(0.2)
    route.continue_()


def test_the_web_page_signs_in_upgrades_a_guest_and_calls_the_service(page: Page) -> None:
    address, other, status = new_address(), new_address(), page.get_by_role("status")
    page.route("**/tasks", slow)
    page.get_by_role("button", name="Look around").click()
    expect(status).to_contain_text("(guest)")
    page.get_by_label("Task").fill("Walk the dog")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("listitem")).to_have_text("Walk the dog")
    fill(page, address)
    page.get_by_role("button", name="become a user").click()
    expect(status).to_have_text(f"{address} (user)")
    expect(page.get_by_role("listitem")).to_have_text("Walk the dog")
    page.get_by_role("button", name="Sign out").click()
    expect(status).to_have_text("Nobody is signed in.")

    fill(page, address)
    page.get_by_role("button", name="Sign in").click()
    expect(status).to_have_text(f"{address} (user)")
    page.get_by_role("button", name="Sign out").click()

    fill(page, other)
    page.get_by_role("button", name="Sign up").click()
    expect(status).to_have_text(f"{other} (user)")
    page.get_by_role("button", name="Sign out").click()

    page.get_by_label("E-mail").fill(google := new_address())
    page.get_by_role("button", name="Google").click()
    expect(status).to_have_text(f"{google} (user)")


def test_the_web_page_has_the_version_of_the_sdk_that_is_tested() -> None:
    wanted = json.loads((ROOT / "examples/firebase-web/package.json").read_text())["dependencies"]["firebase"]
    assert wanted == json.loads((NODE_MODULES / "firebase/package.json").read_text())["version"]
    assert f"firebasejs/{wanted}/" in (ROOT / "examples/firebase-web/index.html").read_text()


def test_a_thousand_imported_users_can_sign_in(world: World) -> None:
    environment = os.environ | {"GOOGLE_CLOUD_PROJECT": world.firebase.project}
    command = [sys.executable, str(ROOT / "examples/import_users.py")]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "Imported 1000 users.\n"
    device = world.device()
    device.signInWithToken(world.admin.create_custom_token("imported-0042").decode())
    user = world.user(device.id_token)
    assert (user["id"], user["email"], user["email_verified"]) == ("imported-0042", "user0042@example.com", True)
    assert user["name"] == "User 42"


def test_make_emulators_runs_the_service_and_the_tests_of_a_client_with_both_emulators(tmp_path: Path) -> None:
    """A command replaces `./portero serve`. Where the emulators cannot be downloaded, the script says so."""
    client = tmp_path / "examples/firebase-web"
    shutil.copytree(ROOT / "examples/firebase-web", client, ignore=shutil.ignore_patterns("node_modules"))
    (client / "node_modules").symlink_to(NODE_MODULES)
    (tmp_path / "portero").symlink_to(ROOT / "portero")
    (tmp_path / "tests/js").mkdir(parents=True)
    (tmp_path / "tests/js/node_modules").symlink_to(NODE_MODULES)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copy(ROOT / "firestore.rules", tmp_path)
    shutil.copy(ROOT / "firestore.indexes.json", tmp_path)
    config = json.loads((ROOT / "firebase.json").read_text())
    for emulator in ("auth", "firestore", "hub", "logging", "ui"):
        config["emulators"][emulator]["port"] = free_port()
    config["emulators"]["firestore"]["websocketPort"] = free_port()
    (tmp_path / "firebase.json").write_text(json.dumps(config))
    probe = tmp_path / "probe.sh"
    probe.write_text(
        "set -e\n"
        'curl -sf "http://$FIRESTORE_EMULATOR_HOST/"; curl -sf "http://$FIREBASE_AUTH_EMULATOR_HOST/"\n'
        'echo; echo "$IDENTITY $STORE_URL $GOOGLE_CLOUD_PROJECT"\n'
        f"PORT={free_port()} scripts/with-service npm test --prefix examples/firebase-web\n"
    )
    named = {name: value for name, value in os.environ.items() if not name.endswith("_EMULATOR_HOST")}
    ran = subprocess.run(
        ["sh", "scripts/emulators", f"sh {probe}"],
        cwd=tmp_path,
        env=named | {"CI": "true"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "firebase firestore://demo-portero demo-portero" in ran.stdout
    assert "pass 3\n" in ran.stdout, ran.stdout
    assert "http://localhost:8000" in ran.stderr
