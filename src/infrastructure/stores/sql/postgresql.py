"""The part of the store that only PostgreSQL has: its driver, connections that wait for a bounded time, and COPY."""

from collections.abc import Sequence
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine

from src.application.ports import EncodedRow
from src.infrastructure.outages import unavailable_on

T = TypeVar("T")

STATEMENT_SECONDS = 10
"""The time that the server may take for a statement before it cancels it."""
SILENCE_SECONDS = STATEMENT_SECONDS + 2.0
"""The time that a statement may take before the connection is given up."""

PARAMETERS = {
    "connect_timeout": "5",  # seconds
    "tcp_user_timeout": "10000",  # milliseconds within which the server's system must receive what was sent
    "options": f"-c statement_timeout={STATEMENT_SECONDS}s",
}
"""Parameters of connections, unless the URL has them.

See https://www.postgresql.org/docs/current/libpq-connect.html.
"""


def make_engine(url: URL, *, bounded: bool, **pool: Any) -> Engine:
    """Return an engine for a PostgreSQL database, with the arguments of ``engine.make_engine``.

    The system of a paused server still acknowledges the bytes it receives, although the server executes nothing.
    Neither PostgreSQL's timeouts nor TCP's then end the wait, so a bounded connection closes itself.
    """
    parameters = {name: value for name, value in PARAMETERS.items() if bounded or name != "options"}
    url = url.set(drivername="postgresql+psycopg", query={**parameters, **url.query})
    engine = sa.create_engine(url, **pool)
    if bounded:
        event.listen(engine, "do_connect", lambda _, __, arguments, named: _Connection.connect(*arguments, **named))
    return engine


class _Connection(psycopg.Connection[Any]):
    """A connection that closes itself when a statement gets no answer."""

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, SILENCE_SECONDS if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # the answer may still come, and the next statement must not take it for its own
            raise


def insert_rows(connection: Connection, set_id: str, rows: Sequence[EncodedRow]) -> None:
    """Insert rows of a dataset with COPY, which takes a tenth of the time of INSERT."""
    connection.exec_driver_sql("SET LOCAL statement_timeout TO 0")  # a batch of large rows may take long
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    errors = unavailable_on(psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)
    with errors, driver.cursor() as cursor, cursor.copy("COPY rows FROM STDIN") as copy:
        for line, valid, values in rows:
            copy.write_row((set_id, line, int(valid), values))
