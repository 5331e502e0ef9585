"""Serve Portero on memory, with a clock that follows the standard input.

``python -m clients.testing SETTINGS`` takes settings as a JSON object, prints the port, and then ends with its standard
input. Each line of it is a JSON object that sets the clock: ``{"ahead": SECONDS}``, or ``{"at": TIMESTAMP}`` to freeze
it. The entry points of the service pass no clock, so that only the parent of this process can move one.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from argon2 import PasswordHasher
from werkzeug.serving import make_server

from src.bootstrap.prepare import ensure_admin
from src.bootstrap.wiring import wire
from src.infrastructure.factors.data_keys import DataKeys, as_text, new_data_key
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.app import create_app
from src.settings import Settings


class MovableClock:
    """The clock of the service: ahead of that of the machine, or frozen."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._frozen: float | None = None

    def __call__(self) -> datetime:
        """Return the time of the service."""
        return datetime.fromtimestamp(time.time() + self._ahead if self._frozen is None else self._frozen, UTC)

    def set(self, ahead: float = 0.0, at: float | None = None) -> None:
        """Go on ``ahead`` of the machine, or stand still at a time."""
        self._ahead, self._frozen = ahead, at


def serve(settings: Settings) -> None:
    """Serve until the standard input ends."""
    clock = MovableClock()
    services = wire(
        settings,
        clock=clock,
        hasher=Argon2Hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), at_once=4),
        keys=KeyRing(as_jwk_set([SigningKey.generate()])),
        data_keys=DataKeys(as_text([new_data_key()])),
        limiter=NoLimits(),
    )
    ensure_admin(settings, services)
    app = create_app(services, "testing", issuer=settings.issuer, development=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    _say(server.port)
    for line in sys.stdin:
        clock.set(**json.loads(line))
        _say("set")


def _say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        serve(Settings(store_url="memory://", data_dir=Path(folder), **json.loads(sys.argv[1])))
