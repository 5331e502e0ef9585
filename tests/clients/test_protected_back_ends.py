"""The back ends of examples/, each in a process of its own beside the real service."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen

import httpx2
import pytest

from portero_client import MemoryTokens, Portero
from tests.clients.conftest import ADMIN
from tests.e2e.service import PASSWORD
from tests.support.emulators import free_port, running
from tests.support.markdown import ROOT

FLASK = [sys.executable, "-m", "flask", "run", "--port"]
FASTAPI = [sys.executable, "-m", "uvicorn", "--factory", "app:create_app", "--port"]


def _python(url: str, port: int, folder: Path, command: list[str]) -> AbstractContextManager[Popen[bytes]]:
    environment = {**os.environ, "PORTERO": url, "PYTHONPATH": str(ROOT / "clients/python/src")}
    return running([*command, str(port)], env=environment, cwd=folder, ready=f"127.0.0.1:{port}")


@pytest.fixture(scope="module", params=["protect-flask", "protect-fastapi", "protect-express"])
def back_end(request: pytest.FixtureRequest, url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = ROOT / "examples" / request.param, free_port()
    server: AbstractContextManager[Popen[bytes]]
    if request.param == "protect-express":
        package: Path = request.getfixturevalue("typescript")
        copy = tmp_path_factory.mktemp("express")
        shutil.copy(folder / "app.js", copy / "app.mjs")
        (copy / "node_modules").mkdir()
        (copy / "node_modules/portero-client").symlink_to(package)
        (copy / "node_modules/express").symlink_to((ROOT / "tests/js/node_modules/express").resolve())
        environment = {**os.environ, "PORTERO": url, "PORT": str(port)}
        server = running(["node", "app.mjs"], env=environment, cwd=copy, ready=f"127.0.0.1:{port}")
    else:
        server = _python(url, port, folder, FLASK if request.param == "protect-flask" else FASTAPI)
    with server:
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
    with httpx2.Client(base_url=back_end) as http:
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
    if "type" in refused["a guest"].json():  # which has a form of its own for errors
        assert refused["a guest"].headers["Content-Type"] == "application/problem+json"
        assert refused["a guest"].json()["type"] == "/problems/forbidden"
