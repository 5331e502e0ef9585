"""The workers of the web server. Slow clients cannot block them, and they stop without losing connections."""

import math
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from threading import Thread
from typing import Any

from gunicorn.http import errors

from src.bootstrap.servers.event_worker import HEAD_SECONDS, EventWorker
from src.bootstrap.servers.listeners import refuses_new_connections
from src.bootstrap.servers.problems import problem_response, status_of
from src.bootstrap.servers.sockets import ClientSocket, is_readable, set_silence
from src.interfaces.framework.requests import LATE

BODY_SECONDS = 30.0
"""The time that the body of a request other than a file upload may take to arrive."""
SILENCE_SECONDS = 5
"""The time for which a client may send nothing in the middle of a body."""
DRAIN_SECONDS = 0.5
"""The time that a response waits for the rest of a body that the application did not read."""

STOP_SECONDS = 1.0
"""The time for which a worker that ends goes on to accept, unless the whole service stops."""
STOP_PAUSE_SECONDS = 0.002
"""The pause between two accepts in that time."""

CROWD = 256
"""The requests of a worker that may wait without any of them being refused."""
LATE_SECONDS = 1.5
"""The time that a request may wait for its turn in a larger crowd."""

_OUR_FAULTS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)


@dataclass(slots=True)
class _Arrival:
    """A request that is still arriving, with the deadline for its arrival.

    ``request`` is None until its head has arrived.
    """

    connection: Any
    deadline: float
    request: Any = None

    def end_arrival(self) -> None:
        """Mark the connection to be closed after the response, if much of the request is missing.

        gunicorn would announce that the connection is kept, and then close it because the rest is too long to be
        discarded. It would also take what arrives after a body that was cut off for the next request. From now on, the
        request is not cut off any more, however long its response takes.
        """
        self.deadline = math.inf
        try:
            drained = self.connection.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS)
        except (errors.ParseException, OSError):
            drained = False
        if not drained or self.connection.sock.is_cut_off:
            self.request.force_close()


class Worker(EventWorker):
    """A process that serves requests in threads."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.arrivals: dict[ClientSocket, _Arrival] = {}
        self.wsgi: Any = None
        self.stopping: Thread | None = None

    def load_wsgi(self) -> None:
        """Create the application. Its extension ``portero.stop`` is called once, when the worker begins to stop."""
        super().load_wsgi()
        self.stopping = Thread(target=self.wsgi.extensions.get("portero.stop"), name="stop", daemon=True)
        self.wsgi = self._wrapped(self.wsgi)

    def run(self) -> None:
        """Serve until the worker is told to stop."""
        try:
            super().run()
        finally:
            self._begin_stop()
            if self.stopping:
                self.stopping.join()

    def _begin_stop(self) -> None:
        with suppress(RuntimeError):  # it has begun
            if self.stopping:  # else the application is not loaded yet
                self.stopping.start()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Start or stop accepting connections. A worker that stops first accepts the connections that are waiting.

        Its background tasks begin to stop at once, while it still serves the requests that have arrived. gunicorn also
        calls this to enable a worker that was told to stop while it was loading, and may call it twice.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        self._begin_stop()
        for listener in self.sockets:
            self._accept_rest(listener)
            listener.close()
        self.sockets.clear()
        self.limit_pending()

    def _accept_rest(self, listener: socket.socket) -> None:
        """Accept until no more connections complete, or for a second if only this worker ends.

        A signal to the process group, such as Ctrl-C, may reach the workers before gunicorn's first process closes the
        listener to new connections. Those that complete between would be reset.
        """
        end, is_last = time.monotonic() + STOP_SECONDS, False
        while not is_last:
            is_last = refuses_new_connections(listener) or time.monotonic() > end
            before = -1
            while before < self.nr_conns:
                before = self.nr_conns
                self.accept(listener)
            self.wait_for_and_dispatch_events(0 if is_last else STOP_PAUSE_SECONDS)

    def notify(self) -> None:
        """Tell gunicorn that the worker is alive, about once a second, and end requests that arrive too slowly."""
        super().notify()
        now = time.monotonic()
        for client, arrival in self.arrivals.copy().items():
            if now > arrival.deadline:
                client.cut_off()

    def handle(self, conn: Any) -> Any:
        """Serve requests that closely follow each other on a connection. Return whether the connection is kept.

        gunicorn alone would hand a connection back to its main thread after each response, which takes longer than most
        requests. While other connections wait for a thread, they come first.
        """
        kept = self._handle_one(conn)
        while kept is True and self.alive and not conn.sock.is_sending:
            if self.tpool.waiting or not is_readable(conn.sock):
                break
            kept = self._handle_one(conn)
        return kept

    def _handle_one(self, conn: Any) -> Any:
        deadline = time.monotonic() + HEAD_SECONDS if conn.initialized else conn.timeout
        arrival = self.arrivals[conn.sock] = _Arrival(conn, deadline)
        conn.sock.expect_request()
        try:
            kept = super().handle(conn)
        finally:
            del self.arrivals[conn.sock]
        if not kept:
            if arrival.request is None and conn.sock.is_cut_off:
                self.log.warning("A request from %s did not arrive in time", conn.client[0])
                self._send_problem(conn.sock, HTTPStatus.REQUEST_TIMEOUT)
            if not conn.sock.is_sending:
                self.tpool.leave()
                conn.sock.linger()
        return kept

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Serve a request whose head has arrived."""
        arrival = self.arrivals[conn.sock]
        arrival.request = req
        arrival.deadline = math.inf
        conn.sock.awaits_head = False
        kept = self._respond(req, conn, arrival)
        return self.send_rest(conn) and kept

    def _respond(self, req: Any, conn: Any, arrival: "_Arrival") -> Any:
        fields = dict(req.headers)
        if "CONTENT-LENGTH" not in fields and "TRANSFER-ENCODING" not in fields:
            return super().handle_request(req, conn)
        media_type = fields.get("CONTENT-TYPE", "").partition(";")[0]
        if media_type.strip().lower() != "multipart/form-data":
            arrival.deadline = time.monotonic() + self.app.body_seconds
        set_silence(conn.sock, SILENCE_SECONDS)
        try:
            return super().handle_request(req, conn)
        finally:
            set_silence(conn.sock, 0)

    def handle_error(self, req: Any, client: ClientSocket, addr: Any, exc: Exception) -> None:
        """Answer bytes that are not a valid request. The log does not repeat them, since they may hold a password."""
        if isinstance(exc, errors.ParseException) and not isinstance(exc, _OUR_FAULTS):
            match exc:
                case errors.InvalidRequestLine(req=refused) | errors.InvalidRequestMethod(method=refused):
                    size = f" of {len(refused)} characters"
                case _:
                    size = ""
            self.log.warning("Invalid request from %s: %s%s", addr[0], type(exc).__name__, size)
            self._send_problem(client, status_of(exc))
        else:
            self.log.error("A request failed", exc_info=exc)
            self._send_problem(client, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _wrapped(self, application: Any) -> Any:
        """Return an application that waits for no client.

        Its responses tell correctly whether the connection is kept.
        """

        def serve(environ: dict[str, Any], start_response: Any) -> Any:
            client: ClientSocket = environ["gunicorn.socket"]
            if self.tpool.waiting > CROWD and self.tpool.waited > LATE_SECONDS:
                environ[LATE] = True
            has_body = "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ
            started: list[Any] = []

            def start(*head: Any) -> Any:
                started[:] = head
                if has_body:
                    self.arrivals[client].end_arrival()
                return start_response(*head)

            return client.paced(application(environ, start), started)

        return serve

    def _send_problem(self, client: ClientSocket, status: HTTPStatus) -> None:
        """Send a problem document for a request that does not reach the application."""
        with suppress(OSError):  # the client has left
            client.sendall(problem_response(status, any_origin=self.app.any_origin))
            client.flush()
