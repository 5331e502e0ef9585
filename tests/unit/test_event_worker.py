"""Which connection a worker closes when it has too many."""

from collections import deque
from contextlib import nullcontext
from selectors import DefaultSelector
from socket import socket, socketpair
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.workers.gthread import TConn

from src.bootstrap.servers.event_worker import EventWorker
from src.bootstrap.servers.sockets import Receivers


class Full(EventWorker):
    """A worker that may have no more connections than its silent ones, and that runs no requests."""

    def __init__(self, poller: DefaultSelector) -> None:
        self.poller, self.receivers, self.exhausted = poller, Receivers(1), None
        self.tpool = SimpleNamespace(paused=nullcontext)
        self.pending_conns, self.keepalived_conns, self.sending = deque[Any](), deque[Any](), dict[Any, float]()
        self.nr_conns = self.worker_connections = 0

    def connect(self) -> socket:
        """Return the client's end of a new connection."""
        client, accepted = socketpair()
        client.settimeout(0)
        self.enqueue_req(TConn(None, accepted, "client", "server"))
        self.nr_conns = self.worker_connections = len(self.pending_conns)
        return client


@pytest.mark.parametrize(("sending", "closed"), [([], 0), ([0], 1), ([0, 1], 2), ([0, 1, 2], None)])
def test_the_oldest_connection_is_closed_whose_request_has_not_arrived(sending: list[int], closed: int | None) -> None:
    with DefaultSelector() as poller:
        worker = Full(poller)
        clients = [worker.connect() for _ in range(3)]
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
        for conn in worker.pending_conns:
            conn.close()
