"""Requests that Schemathesis generates from the OpenAPI document, sent to the running service."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import get_args

import requests

from interop.fuzzing import Sender, fuzz
from tests.e2e.service import PASSWORD, serving
from tests.support.emulators import free_port
from torture.runs import Rounds, Target

_ADMIN = "root@example.com"
_EXAMPLES = 40
_PHASES = "examples,coverage,fuzzing,stateful"


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds, each with requests of nobody, a user or an admin to one service on SQLite."""
    port = free_port()
    url = f"http://localhost:{port}"
    settings = {"ISSUER": url, "SERVICE_CREDENTIALS": f"billing:{'x' * 16}", "ACCESS_TOKEN_SECONDS": "86400"}
    settings |= {"ADMIN_EMAIL": _ADMIN, "ADMIN_PASSWORD": PASSWORD, "DOG_API_URL": "http://localhost:9/"}

    def play(number: int, random: Random) -> Counter[str]:
        sender = get_args(Sender)[number % 3]
        with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data", port, settings):
            login = requests.post(f"{url}/login", json={"email": _ADMIN, "password": PASSWORD}, timeout=10)
            token = login.json()["access_token"]
            seed = random.randrange(2**32)
            cases = fuzz(url, admin=token, sender=sender, examples=_EXAMPLES, phases=_PHASES, seed=seed)
        return Counter({f"cases of {sender}": cases})

    yield Rounds(9, play)


FUZZ = Target(
    "fuzz",
    "Generated requests, alone and in sequences, get documented answers and no 5xx from the running service",
    opened,
)
