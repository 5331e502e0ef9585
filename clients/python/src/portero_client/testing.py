"""A pytest plugin whose fixture ``portero`` is a real service on memory, with users and a clock to move.

The service runs in a process of its own, from the checkout of Portero that PORTERO_HOME names, with the packages of
that checkout. The clock is moved through a pipe that only this process has.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from portero_client.client import Portero
from portero_client.session import MemoryTokens

if TYPE_CHECKING:
    from portero_client.verify import Verifier

ADMIN, PASSWORD = "admin@example.com", "correct zebra battery"

Role = Literal["guest", "user", "uploader", "auditor", "admin"]


@dataclass(frozen=True)
class SignedIn:
    """A user with tokens. ``client`` calls Portero as this user, and refreshes them."""

    id: str
    username: str | None
    email: str | None
    client: Portero
    tokens: MemoryTokens

    @property
    def access_token(self) -> str:
        """Return the access token of the user's session."""
        found = self.tokens.load()
        assert found
        return found.access_token

    @property
    def headers(self) -> dict[str, str]:
        """Return the header with which the user calls a service that verifies tokens."""
        return {"Authorization": f"Bearer {self.access_token}"}


class LocalPortero:
    """A service in a process of its own, until ``stop``. Settings have the names of the reference, in lower case."""

    def __init__(self, **settings: Any) -> None:
        home = Path(os.environ.get("PORTERO_HOME") or Path(__file__).parents[4])
        python = home / ".venv/bin/python"
        if not python.exists():
            raise RuntimeError(f"No Portero in {home}: set PORTERO_HOME to a checkout in which `make run` has run.")
        chosen = json.dumps({"admin_email": ADMIN, "admin_password": PASSWORD, **settings})
        self._process = subprocess.Popen(
            [python, "-m", "clients.testing", chosen],
            cwd=home,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._names, self._ahead = count(1), 0.0
        self._frozen_at: float | None = None
        self.url = f"http://127.0.0.1:{self._answer()}"

    def user(self, role: Role = "user", claims: dict[str, Any] | None = None) -> SignedIn:
        """Return a new user with tokens, whose password is ``PASSWORD``."""
        tokens = MemoryTokens()
        client = Portero(self.url, tokens=tokens)
        if role == "guest":
            client.become_guest()
        else:
            name = f"user-{next(self._names)}"
            made = client.register(username=name, email=f"{name}@example.com", password=PASSWORD)
            if role != "user" or claims:
                with Portero(self.url) as admin:
                    admin.log_in(email=ADMIN, password=PASSWORD)
                    admin.update_user_by_id(made.id, role=role, claims=claims or {})
            client.log_in(username=name, password=PASSWORD)
        user = client.get_user()
        return SignedIn(user.id, user.username, user.email, client, tokens)

    def verifier(self, **options: Any) -> "Verifier":
        """Return a verifier of this service's tokens that has its clock."""
        from portero_client.verify import Verifier

        return Verifier(self.url, clock=self.now, **options)

    def now(self) -> float:
        """Return the time of the service, in seconds since 1970."""
        return time.time() + self._ahead if self._frozen_at is None else self._frozen_at

    def forward(self, seconds: float) -> None:
        """Move the clock of the service forward. A frozen clock stays frozen."""
        if self._frozen_at is None:
            self._set(self._ahead + seconds, None)
        else:
            self._set(self._ahead, self._frozen_at + seconds)

    def freeze(self) -> None:
        """Let the clock of the service stand still. ``reset`` lets it go on."""
        self._set(self._ahead, self.now())

    def reset(self) -> None:
        """Give the service the time of this machine again."""
        self._set(0.0, None)

    def stop(self) -> None:
        """End the service, and all that it stored."""
        self._process.communicate()

    def _set(self, ahead: float, at: float | None) -> None:
        self._ahead, self._frozen_at = ahead, at
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"ahead": ahead, "at": at}) + "\n")
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        if not line:
            self.stop()
            raise RuntimeError("The Portero for the tests has ended; its reason is on the standard error.")
        return line


@pytest.fixture(scope="session")
def portero_settings() -> dict[str, Any]:
    """The settings of the service. Override the fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def portero_service(portero_settings: dict[str, Any]) -> Iterator[LocalPortero]:
    """The service that all tests of a run share."""
    service = LocalPortero(**portero_settings)
    yield service
    service.stop()


@pytest.fixture
def portero(portero_service: LocalPortero) -> Iterator[LocalPortero]:
    """A real service for a test: make users with ``user``, and move its clock with ``forward`` and ``freeze``."""
    yield portero_service
    portero_service.reset()
