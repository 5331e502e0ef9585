"""The servers that are compared: Portero, bare Flask, and the peers of bench/peers. All store accounts in SQLite."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.processes import running
from src.settings import Settings
from tests.support.emulators import free_port

ROOT = Path(__file__).parents[1]
PEERS = ROOT / "bench/peers"
PASSWORD = "correct zebra battery"
JSON = "application/json"
_LEFT_OUT = {name.upper() for name in Settings.model_fields} | {"PYTHONDONTWRITEBYTECODE"}
"""Variables that the servers do not inherit: they start with their own settings, and with compiled modules."""
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request.

    A {n} in its body stands for a text that differs between requests. ``tokens`` are sent in turn.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    tokens: Sequence[str] = ()

    def send(self, url: str) -> Any:
        """Send the request once, and return the decoded answer."""
        return self.exchange(url)[0]

    def exchange(self, url: str) -> tuple[Any, Mapping[str, str]]:
        """Send the request once, and return the decoded answer with its headers."""
        headers = dict(self.headers)
        request = urllib.request.Request(url + self.path, self.body.encode() or None, headers, method=self.method)
        with _opener.open(request, timeout=30) as answer:
            return json.loads(answer.read() or "null"), answer.headers


@dataclass(frozen=True, slots=True)
class Contestant:
    """The command that starts a server, and the requests with which clients register, log in and see themselves."""

    title: str
    command: tuple[str | Path, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: tuple[str | Path, ...] = ()
    has_accounts: bool = True
    login_path: str = "/login"
    account: str = '{"username": "NAME", "email": "NAME@example.com", "password": "PASSWORD"}'
    credentials: str = '{"username": "NAME", "password": "PASSWORD"}'
    credentials_type: str = JSON
    token: Callable[[Any], str] = lambda answer: answer["access_token"]
    authorization: tuple[str, str] = ("Authorization", "Bearer TOKEN")

    def register(self, name: str) -> Request:
        """Return the request that creates an account."""
        return Request("POST", "/register", {"Accept": JSON, "Content-Type": JSON}, _fill(self.account, name))

    def login(self, name: str) -> Request:
        """Return the request that logs in to an account."""
        headers = {"Accept": JSON, "Content-Type": self.credentials_type}
        return Request("POST", self.login_path, headers, _fill(self.credentials, name))


@dataclass(frozen=True, slots=True)
class Live:
    """A server that runs, with one account."""

    contestant: Contestant
    url: str
    pid: int
    start_seconds: float
    headers: Mapping[str, str]

    @property
    def title(self) -> str:
        """The name in tables and plots."""
        return self.contestant.title

    @property
    def get_user(self) -> Request:
        """The request with which the logged-in user reads their own account."""
        return Request("GET", "/user", self.headers)

    @property
    def login(self) -> Request:
        """The request that logs in again."""
        return self.contestant.login("ada")

    @property
    def register(self) -> Request:
        """A request that creates a new account each time it is sent."""
        return self.contestant.register("user-{n}")

    def request(self, method: str, path: str, body: object = None) -> Request:
        """Return a JSON request with the user's token."""
        headers = {**self.headers, "Content-Type": JSON} if body else self.headers
        return Request(method, path, headers, json.dumps(body) if body else "")


def _fill(template: str, name: str) -> str:
    return template.replace("NAME", name).replace("PASSWORD", PASSWORD)


def _gunicorn(python: str | Path, folder: str, module: str = "app") -> tuple[str | Path, ...]:
    """Return the command for a server with two workers of eight threads, the defaults of Portero."""
    flags = ["--workers=2", "--worker-class=gthread", "--threads=8", "--reuse-port", "--no-control-socket"]
    return (python, "-m", "gunicorn", *flags, "--bind=127.0.0.1:PORT", "--chdir", PEERS / folder, f"{module}:app")


def _python(name: str) -> Path:
    return ROOT / "bench/.venvs" / name / "bin/python"


def _peer(title: str, name: str, **differences: Any) -> Contestant:
    prepare = (_python(name), PEERS / name / "app.py")
    return replace(Contestant(title, _gunicorn(_python(name), name), prepare=prepare), **differences)


PORTERO = Contestant("Portero", (ROOT / "portero", "serve"), {"RATE_LIMIT": "off", "ACCESS_TOKEN_SECONDS": "3600"})
PORTERO_ON_GRANIAN = replace(
    PORTERO, title="Portero on granian", environment={**PORTERO.environment, "SERVER": "granian"}
)
HELLO = Contestant("bare Flask", _gunicorn(sys.executable, "hello"), has_accounts=False)
FLASK_JWT_EXTENDED = _peer("Flask-JWT-Extended", "flask_jwt_extended")
FLASK_SECURITY = _peer(
    "Flask-Security",
    "flask_security",
    login_path="/login?include_auth_token",
    account='{"email": "NAME@example.com", "password": "PASSWORD"}',
    credentials='{"email": "NAME@example.com", "password": "PASSWORD"}',
    token=lambda answer: answer["response"]["user"]["authentication_token"],
    authorization=("Authentication-Token", "TOKEN"),
)
FASTAPI_USERS = _peer(
    "fastapi-users",
    "fastapi_users",
    command=(
        *(_python("fastapi_users"), "-m", "uvicorn", "--workers=2", "--host=127.0.0.1", "--port=PORT"),
        *("--no-access-log", "--app-dir", PEERS / "fastapi_users", "app:app"),
    ),
    account='{"email": "NAME@example.com", "password": "PASSWORD"}',
    credentials="username=NAME@example.com&password=PASSWORD",
    credentials_type="application/x-www-form-urlencoded",
)
DRF = _peer("DRF + simplejwt", "drf", token=lambda answer: answer["access"])
ALL_PEERS = (FLASK_JWT_EXTENDED, FLASK_SECURITY, FASTAPI_USERS, DRF)


@contextmanager
def serving(contestant: Contestant, folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Live]:
    """Run a server for the length of the block, with its data in a folder; a new folder gets the account of "ada".

    The server counts as started when it answers "ada" with her account, or when it answers at all in a new folder.
    """
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name.upper() not in _LEFT_OUT}
    environment |= {"DATABASE": str(folder / "peer.db"), "DATA_DIR": str(folder), "PORT": str(port)}
    environment |= {**contestant.environment, **(settings or {})}
    url, kept_headers = f"http://127.0.0.1:{port}", folder / "headers.json"
    headers = {"Accept": JSON}
    has_token = kept_headers.exists()
    if has_token:
        headers = json.loads(kept_headers.read_text())
    else:
        folder.mkdir(parents=True, exist_ok=True)
        if contestant.prepare:
            subprocess.run(contestant.prepare, check=True, env=environment, cwd=folder)

    def is_ready() -> bool:
        try:
            Request("GET", "/user", headers).send(url)
        except urllib.error.HTTPError as error:
            return not has_token and error.code == 401
        except OSError:
            return False
        return True

    command = [str(part).replace("PORT", str(port)) for part in contestant.command]
    with running(command, environment, folder, is_ready) as (pid, seconds):
        if contestant.has_accounts and not has_token:
            contestant.register("ada").send(url)
            name, value = contestant.authorization
            headers |= {name: value.replace("TOKEN", contestant.token(contestant.login("ada").send(url)))}
            kept_headers.write_text(json.dumps(headers))
        yield Live(contestant, url, pid, seconds, headers)
