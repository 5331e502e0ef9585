"""The back ends of examples/, each in a process of its own beside the real service."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from portero_client import MemoryTokens, Portero
from tests.clients.conftest import ADMIN, run
from tests.e2e.service import PASSWORD
from tests.support.emulators import free_port, running
from tests.support.markdown import ROOT

COMMANDS = {
    "protect-flask": ["flask", "run", "--port"],
    "protect-fastapi": ["uvicorn", "--factory", "app:create_app", "--port"],
    "protect-django": ["gunicorn", "app:application", "--no-control-socket", "--bind"],
}
"""The commands that start the back ends in Python. The port comes last."""


@pytest.fixture(scope="session")
def express(typescript: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example of Express in a folder of its own, with its packages installed."""
    folder = tmp_path_factory.mktemp("express")
    shutil.copytree(ROOT / "examples/protect-express", folder, dirs_exist_ok=True)
    (folder / "node_modules").mkdir()
    (folder / "node_modules/portero-client").symlink_to(typescript)
    (folder / "node_modules/express").symlink_to((ROOT / "tests/js/node_modules/express").resolve())
    return folder


@pytest.fixture(scope="module", params=[*COMMANDS, "protect-express"])
def back_end(request: pytest.FixtureRequest, url: str) -> Iterator[str]:
    port = free_port()
    environment = {**os.environ, "PORTERO": url, "PORT": str(port), "PYTHONPATH": str(ROOT / "clients/python/src")}
    if request.param == "protect-express":
        folder, command = request.getfixturevalue("express"), ["node", "server.js"]
    else:
        place = f"127.0.0.1:{port}" if request.param == "protect-django" else str(port)
        command = [sys.executable, "-m", *COMMANDS[request.param], place]
        folder = ROOT / "examples" / request.param
    with running(command, env=environment, cwd=folder, ready=f"127.0.0.1:{port}"):
        yield f"http://127.0.0.1:{port}"


def _bearer(url: str, **credential: str) -> dict[str, str]:
    tokens = MemoryTokens()
    with Portero(url, tokens=tokens) as client:
        if credential:
            client.log_in(**credential)
        else:
            client.become_guest()
    found = tokens.load()
    assert found
    return {"Authorization": f"Bearer {found.access_token}"}


def test_a_back_end_lets_users_in_and_tells_the_others_what_to_do(url: str, back_end: str) -> None:
    admin = _bearer(url, email=ADMIN, password=PASSWORD)
    with httpx2.Client(base_url=back_end, timeout=60) as http:
        orders = http.get("/orders", headers=admin)
        assert orders.status_code == 200
        assert set(orders.json()) == {"user", "orders"}
        assert http.post("/payments", headers=admin).json() == {"paid_by": orders.json()["user"]}
        refused = {
            "no token": http.get("/orders"),
            "no token of ours": http.get("/orders", headers={"Authorization": "Bearer x.y.z"}),
            "one factor": http.get("/reports", headers=admin),
            "a guest": http.get("/orders", headers=_bearer(url)),
        }
    assert {name: (answer.status_code, answer.headers.get("WWW-Authenticate")) for name, answer in refused.items()} == {
        "no token": (401, "Bearer"),
        "no token of ours": (401, 'Bearer error="invalid_token"'),
        "one factor": (401, 'Bearer error="insufficient_user_authentication", acr_values="aal2"'),
        "a guest": (403, None),
    }
    if "type" in refused["a guest"].json():  # The other back end has its own format of errors.
        assert refused["a guest"].headers["Content-Type"] == "application/problem+json"
        assert refused["a guest"].json()["type"] == "/problems/forbidden"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_tests_of_a_back_end_in_python_pass(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "examples" / name, tmp_path / name)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "portero_client.testing", "-p", "no:cacheprovider"]
    printed = run(folder, *command, PORTERO_HOME=str(ROOT), PYTHONPATH=str(ROOT / "clients/python/src"))
    assert "2 passed" in printed


def test_the_tests_of_a_back_end_in_javascript_pass(express: Path) -> None:
    assert "pass 2" in run(express, "node", "--test", PORTERO_HOME=str(ROOT))
