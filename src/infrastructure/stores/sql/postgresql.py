"""Connections to PostgreSQL that do not wait without bound."""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import Engine

T = TypeVar("T")

STATEMENT_SECONDS = 10
"""How long the server may work on a statement before it cancels it."""
SILENCE_SECONDS = STATEMENT_SECONDS + 2.0
"""How long a statement may take until the connection is given up."""

PARAMETERS = {
    "connect_timeout": "5",  # seconds
    "tcp_user_timeout": "10000",  # milliseconds within which the server's system must receive what was sent
    "options": f"-c statement_timeout={STATEMENT_SECONDS}s",
}
"""Parameters of connections, unless the URL has them.

See https://www.postgresql.org/docs/current/libpq-connect.html.
"""


def bound_statements(engine: Engine) -> None:
    """Let the engine give a connection up when the server is silent for too long.

    A server that is paused does not cancel its statements, but its system still acknowledges what it receives. So no
    timeout of PostgreSQL or of TCP ends the wait.
    """
    event.listen(engine, "do_connect", lambda _, __, arguments, named: _Connection.connect(*arguments, **named))


class _Connection(psycopg.Connection[Any]):
    """A connection that closes itself when a statement gets no answer."""

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, SILENCE_SECONDS if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # the answer may still come, and the next statement must not take it for its own
            raise
