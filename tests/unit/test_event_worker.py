"""Which connection a worker closes when it has too many."""

import math
from collections import deque
from concurrent.futures import Future
from contextlib import nullcontext
from io import BytesIO
from selectors import DefaultSelector
from socket import socket, socketpair
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from gunicorn.workers.gthread import TConn

from src.bootstrap.servers.event_worker import MAX_SENDING_BYTES, EventWorker
from src.bootstrap.servers.sockets import ClientSocket, Receivers


class Full(EventWorker):
    """A worker that may have no more connections than its silent ones, and that runs no requests."""

    def __init__(self, poller: DefaultSelector) -> None:
        self.poller, self.receivers, self.exhausted = poller, Receivers(1), None
        self.tpool = SimpleNamespace(paused=nullcontext)
        self.pending_conns, self.keepalived_conns, self.sending = deque[Any](), deque[Any](), dict[Any, float]()
        self.nr_conns = self.worker_connections = 0
        self.alive, self.cfg = True, SimpleNamespace(keepalive=75)

    def connect(self, *, is_kept: bool) -> socket:
        """Return the client's end of a connection that is new, or that was kept after a response."""
        client, accepted = socketpair()
        client.settimeout(0)
        conn = TConn(self.cfg, accepted, "client", "server")
        if is_kept:
            conn.initialized, conn.sock = True, ClientSocket(accepted, self.receivers)
            conn.parser = SimpleNamespace(unreader=SimpleNamespace(buf=BytesIO()))
            kept = Future[bool]()
            kept.set_result(True)
            self.finish_request(conn, kept)
        else:
            self.enqueue_req(conn)
        self.nr_conns += 1
        self.worker_connections = self.nr_conns
        return client


@pytest.mark.parametrize(("sending", "closed"), [([], 0), ([0], 1), ([0, 1], 2), ([0, 1, 2], None)])
@pytest.mark.parametrize("kept", [[], [0], [1], [2], [0, 1, 2]])
def test_the_connection_is_closed_that_has_been_silent_for_longest(
    sending: list[int], closed: int | None, kept: list[int]
) -> None:
    with DefaultSelector() as poller:
        worker = Full(poller)
        clients = [worker.connect(is_kept=number in kept) for number in range(3)]
        for each in sending:
            clients[each].send(b"G")
        worker.murder_pending()
        for number, client in enumerate(clients):
            with client:
                if number == closed:
                    assert client.recv(1) == b""
                else:
                    with pytest.raises(BlockingIOError):
                        client.recv(1)
        for conn in (*worker.pending_conns, *worker.keepalived_conns):
            conn.close()


def test_the_only_client_that_reads_slowly_gets_the_largest_response() -> None:
    with DefaultSelector() as poller:
        worker = Full(poller)
        sock = SimpleNamespace(unsent=[memoryview(bytes(MAX_SENDING_BYTES + 1))], resumed=0)
        conn = Mock(sock=sock)
        worker.sending, worker.worker_connections = {conn: math.inf}, 1
        worker.murder_pending()
        assert len(worker.sending) == 1
