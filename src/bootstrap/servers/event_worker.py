"""A worker of the web server in which waiting for a client's bytes does not occupy a thread."""

import errno
import os
import selectors
import signal
import socket
import sys
import time
from concurrent.futures import Future
from contextlib import nullcontext
from functools import partial
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from src.bootstrap.servers.cpus import move_to
from src.bootstrap.servers.listeners import bound_sending
from src.bootstrap.servers.sockets import SEND_SECONDS, ClientSocket, Receivers, is_readable
from src.bootstrap.servers.turns import STALL_SECONDS, Turns

STOP_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
"""The signals that end a worker."""
RUNNING = 16
"""The requests of a worker that run at the same time. More are slower together, and keep the main thread waiting."""
ACCEPTED_AT_ONCE = 4
"""The connections that a worker accepts at once when more requests wait than run."""
BATCH = 4
"""The events above which no waiting request begins while the main thread passes them on."""
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
        self.cpu: int | None = None
        """The CPU on which requests are served. With None the system chooses."""
        self.receivers = Receivers(self.cfg.threads * 3 // 4)
        self.sending: dict[Any, float] = {}
        """The connections whose client reads slowly, with the time at which each is cut, the first one first."""
        self.exhausted: OSError | None = None
        """The reason for which the last connection could not be accepted."""
        self.is_quitting = False

    def get_thread_pool(self) -> Turns:
        """Return the pool of threads that serve requests. Only these threads are bound to ``cpu``."""
        return Turns(self.cfg.threads, RUNNING, partial(move_to, self.cpu))

    def run(self) -> None:
        """Serve until the worker is told to stop."""
        for listener in self.sockets:
            bound_sending(listener)
        super().run()

    def init_signals(self) -> None:
        """Handle signals, also those that have arrived since the fork and are blocked until now."""
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Stop without waiting for connections, once the main thread has handled its events.

        gunicorn's method takes the lock of the thread pool, and raises SystemExit wherever the main thread is. A second
        signal within the first one would wait for itself, and a thread that is just being started would never end.
        """
        if not self.booted:
            os._exit(0)  # loading may take long, and nothing is served yet
        self.is_quitting = True
        self.handle_exit(sig, frame)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, or several if many requests wait, unless the system has no room for another.

        Of two workers that compete for a connection, the one with fewer connections usually gets it.
        """
        time.sleep(accept_delay(self.nr_conns))
        for _ in range(ACCEPTED_AT_ONCE if self.tpool.waiting > RUNNING else 1):
            before = self.nr_conns
            try:
                super().accept(listener)
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                self.exhausted = error
            if self.nr_conns in (before, self.worker_connections):  # nobody waits, or there is no more room
                break

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for events of connections, and pass them on. Many are passed on before the next request begins.

        The threads of the requests would keep this thread waiting for the lock of the interpreter after each event.
        Raises SystemExit if the worker has to stop without waiting for connections.
        """
        if self.tpool.waiting:
            events = self.poller.select(min(timeout, STALL_SECONDS))
            with self.tpool.held() if len(events) > BATCH else nullcontext():
                super().wait_for_and_dispatch_events(0)
            self.tpool.admit()
        else:
            super().wait_for_and_dispatch_events(timeout)
        if self.is_quitting:
            sys.exit()

    def enqueue_req(self, conn: Any) -> None:
        """Pass a connection to a thread once a request has begun to arrive.

        Until then, the main thread watches the connection.
        """
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock = ClientSocket(conn.sock, self.receivers, self.tpool.paused)
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Keep or close a connection after a response, or wait until a slow client reads more of the response."""
        if conn.sock.fileno() < 0:  # it is closed; gunicorn would fail to close it, and count it twice
            self.nr_conns -= 1
            return
        if not conn.sock.is_sending:
            super().finish_request(conn, fs)
            return
        self.sending[conn] = time.monotonic() + SEND_SECONDS
        self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._resume, conn, fs))

    def murder_pending(self) -> None:
        """Close connections whose clients sent or read nothing for too long, and connections above the limits.

        gunicorn calls this method after it has handled the events of other connections. An event of a connection that
        was closed before would be fatal.
        """
        super().murder_pending()
        while self.sending and next(iter(self.sending.values())) < time.monotonic():
            self._cut(next(iter(self.sending)))
        while len(self.sending) > MAX_SENDING or (len(self.sending) > 1 and self._sending_bytes() > MAX_SENDING_BYTES):
            self._cut_slowest()
        if self.exhausted and not self._shed():
            self.log.warning("A connection cannot be accepted: %s", self.exhausted.strerror)
            time.sleep(EXHAUSTED_SECONDS)
        self.exhausted = None
        while self.nr_conns >= self.worker_connections and self._shed():
            pass

    def limit_pending(self) -> None:
        """Close silent connections soon, because the worker stops.

        They are not closed at once, because a request may be on its way to a new connection.
        """
        end = time.monotonic() + STOP_KEEPALIVE_LINGER
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, end)

    def send_rest(self, conn: Any) -> bool:
        """Send as much of a response as the client reads now. Return whether the connection is still open."""
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
        """Let a thread send more of a response to a client that has read a part of it."""
        self.poller.unregister(client)
        del self.sending[conn]
        client.resumed += 1
        more = self.tpool.submit_first(partial(self._send_more, conn, fs))  # until then, MAX_SENDING does not count it
        more.add_done_callback(lambda sent: self.method_queue.defer(self.finish_request, conn, sent))

    def _send_more(self, conn: Any, fs: Future[Any]) -> Any:
        kept = self.send_rest(conn) and fs.result()
        if not kept and not conn.sock.is_sending:
            self.tpool.leave()
            conn.sock.linger()
        return kept

    def _sending_bytes(self) -> int:
        """Return the memory of the unsent responses. A static file that several responses share counts once."""
        return sum({id(part.obj): len(part.obj) for conn in self.sending for part in conn.sock.unsent}.values())

    def _cut_slowest(self) -> None:
        """Cut off the client that has resumed reading least often, so that new clients do not end a steady download."""
        self._cut(min(self.sending, key=lambda conn: conn.sock.resumed))

    def _cut(self, conn: Any) -> None:
        self.log.warning("A response to %s was not read in time", conn.client[0])
        self.poller.unregister(conn.sock)
        del self.sending[conn]
        self.nr_conns -= 1
        conn.sock.abort()

    def _silent_since(self, conn: Any) -> float:
        return float(conn.timeout - (self.cfg.keepalive if conn.initialized else HEAD_SECONDS))

    def _shed(self) -> bool:
        """Close one connection to make room, and return whether there was one.

        Close the connection that has been silent for longest, or else the one whose client reads most slowly. A request
        may have arrived since the last events were handled.
        """
        watched = (self.pending_conns, self.keepalived_conns)
        oldest = [next((conn for conn in conns if not is_readable(conn.sock, 0)), None) for conns in watched]
        if silent := [conn for conn in oldest if conn]:
            conn = min(silent, key=self._silent_since)
            (self.keepalived_conns if conn.initialized else self.pending_conns).remove(conn)
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()
        elif self.sending:
            self._cut_slowest()
        else:
            return False
        return True


def accept_delay(connections: int) -> float:
    """Return the seconds to wait before accepting, so that workers with fewer connections accept first."""
    return min(connections, 10) * 2e-5
