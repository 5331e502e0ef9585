"""A worker of the web server in which a connection that waits for its client holds no thread."""

import errno
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from src.bootstrap.servers.sockets import SEND_SECONDS, ClientSocket, Receivers, bound_sending

HEAD_SECONDS = 10.0
"""The time that the head of a request may take to arrive. That of the first one counts from the connection."""
MAX_SENDING = 256
"""The number of clients of a worker that may read slowly. Of more, the one that took something least often is cut."""
MAX_SENDING_BYTES = 32 << 20
"""The memory that the responses to these clients may take."""
EXHAUSTED_SECONDS = 0.1
"""The pause before the next accept, when the system has no room for another connection."""

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class EventWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """A worker that watches all silent clients and all slow readers in its main thread."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.receivers = Receivers(self.cfg.threads * 3 // 4)
        self.sending: dict[Any, float] = {}
        """The connections whose client reads slowly, with the time at which each is cut, the first one first."""
        self.exhausted: OSError | None = None
        """The reason for which the last connection could not be accepted."""

    def run(self) -> None:
        """Serve until the worker is told to stop."""
        for listener in self.sockets:
            bound_sending(listener)
        super().run()

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, if the system has room for it."""
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            self.exhausted = error

    def enqueue_req(self, conn: Any) -> None:
        """Let a thread serve a request that has begun to arrive. A new connection waits for it without a thread."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock = ClientSocket(conn.sock, self.receivers)
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Keep or close a connection after a response, or wait until a slow reader takes more of it."""
        if conn.sock.fileno() < 0:  # it is closed; gunicorn would fail to close it, and count it twice
            self.nr_conns -= 1
            return
        if not conn.sock.is_sending:
            super().finish_request(conn, fs)
            return
        self.sending[conn] = time.monotonic() + SEND_SECONDS
        self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._resume, conn, fs))

    def murder_pending(self) -> None:
        """Close the connections whose clients sent or took nothing for too long, and those that are too many.

        gunicorn calls it when it has handled the events of the others. An event of a closed connection would be fatal.
        """
        super().murder_pending()
        while self.sending and next(iter(self.sending.values())) < time.monotonic():
            self._cut(next(iter(self.sending)))
        while len(self.sending) > MAX_SENDING or self._sending_bytes() > MAX_SENDING_BYTES:
            self._cut_slowest()
        if self.exhausted and not self._shed():
            self.log.warning("A connection cannot be accepted: %s", self.exhausted.strerror)
            time.sleep(EXHAUSTED_SECONDS)
        self.exhausted = None
        while self.nr_conns >= self.worker_connections and self._shed():
            pass

    def limit_pending(self) -> None:
        """Let silent connections end soon, because the worker stops. A request may be on its way to the newest ones."""
        end = time.monotonic() + STOP_KEEPALIVE_LINGER
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, end)

    def send_rest(self, conn: Any) -> bool:
        """Send what the client takes of a response. Return whether the connection is still open."""
        try:
            conn.sock.send_rest()
        except (ConnectionError, TimeoutError):
            conn.sock.abort()
            return False
        except Exception:
            self.log.exception("A response broke off")
            conn.sock.abort()
            return False
        return True

    def _resume(self, conn: Any, fs: Future[Any], client: ClientSocket) -> None:
        """Let a thread send more to a client that has taken something."""
        self.poller.unregister(client)
        del self.sending[conn]
        client.resumed += 1
        more = self.tpool.submit(self._send_more, conn, fs)
        more.add_done_callback(lambda sent: self.method_queue.defer(self.finish_request, conn, sent))

    def _send_more(self, conn: Any, fs: Future[Any]) -> Any:
        kept = self.send_rest(conn) and fs.result()
        if not kept and not conn.sock.is_sending:
            conn.sock.linger()
        return kept

    def _sending_bytes(self) -> int:
        """Return the memory of the responses that wait. Static files are shared by all responses, and count once."""
        return sum({id(part.obj): len(part.obj) for conn in self.sending for part in conn.sock.unsent}.values())

    def _cut_slowest(self) -> None:
        """Cut the client that took something least often, so that newer clients do not end a steady download."""
        self._cut(min(self.sending, key=lambda conn: conn.sock.resumed))

    def _cut(self, conn: Any) -> None:
        self.log.warning("A response to %s was not read in time", conn.client[0])
        self.poller.unregister(conn.sock)
        del self.sending[conn]
        self.nr_conns -= 1
        conn.sock.abort()

    def _shed(self) -> bool:
        """Close the connection that has waited longest for a request, or else to be read, if there is one."""
        if self.pending_conns:
            self.pending_conns[0].timeout = 0.0
            super().murder_pending()
        elif self.keepalived_conns:
            self.keepalived_conns[0].timeout = 0.0
            self.murder_keepalived()
        elif self.sending:
            self._cut_slowest()
        else:
            return False
        return True
