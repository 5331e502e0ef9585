"""Celery between the processes: over Redis (redis://, rediss://) or RabbitMQ (amqp://, amqps://).

A message holds the id of a job and nothing else. It is acknowledged before the job runs and lost with its worker:
the store knows what is due, and a sweep sends it again.
https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

import logging
import queue
import ssl
import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from celery import Celery, signals  # type: ignore[import-untyped]
from celery.app.amqp import AMQP  # type: ignore[import-untyped]
from kombu.connection import Connection
from kombu.exceptions import KombuError, OperationalError

from src.application.ports import Run
from src.domain.errors import Unavailable

_TASK = "portero.run"
_QUEUE = "portero"
_SECONDS = 2
"""How long the broker may take to accept a connection, and for each answer."""
_HEARTBEAT = 10
"""How often worker and broker say that they are there, in seconds: AMQP only. Twice that in silence is an outage."""
_KEPT = 60
"""How long a message counts, in seconds: by then the job has been sent again."""
_HINTS = 1000
"""How many hints may wait."""
_MESSAGES = 1000
"""How many may wait in the broker: without a worker nobody removes even those that no longer count. One that is back
has read so many within a second or few, and what was not sent is sent then."""

_log = logging.getLogger("portero.queues")


class CeleryQueue:
    """See JobQueue: the sending side."""

    def __init__(self, url: str) -> None:
        """``url`` is the broker's. Connects when there is something to send."""
        self._app = _app(url)
        self._hints: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._hinting: threading.Thread | None = None
        self._closed = False
        self._dropping = False

    def send(self, job_id: str, delay: float = 0) -> None:
        """See JobQueue; tries once, for a few seconds at most, and not while too many messages wait."""
        if self._closed:
            raise Unavailable
        self._send(job_id, delay)

    def notify(self, job_id: str) -> None:
        """See JobQueue; a thread sends it. Dropped when too many wait for a broker that is slow."""
        with self._lock:
            if self._closed or self._hints.qsize() >= _HINTS:
                return
            if self._hinting is None:
                self._hinting = threading.Thread(target=self._send_hints, name="hints", daemon=True)
                self._hinting.start()
            self._hints.put(job_id)

    def close(self, timeout: float) -> bool:
        """See JobQueue; hints that have not been sent by then are dropped."""
        with self._lock:
            self._closed = True
            self._hints.put(None)
        if self._hinting is None:
            return True
        self._hinting.join(timeout)
        self._dropping = True
        return not self._hinting.is_alive()

    def _send(self, job_id: str, delay: float = 0) -> None:
        # A connection each time: none goes stale, none is shared by threads, and nobody waits for another's.
        with self._app.connection_for_write() as connection:
            try:
                # Sending declares the queue anyway; on Redis this takes a tenth of the time that sending does.
                declared = self._app.amqp.queues[_QUEUE].queue_declare(channel=connection.default_channel)
                if declared.message_count >= _MESSAGES:
                    raise OperationalError(f"{declared.message_count} messages wait in the broker; is there a worker?")
                self._app.send_task(
                    _TASK,
                    (job_id,),
                    countdown=delay or None,
                    expires=delay + _KEPT,
                    connection=connection,
                    retry=False,
                    ignore_result=True,
                )
            except (KombuError, *connection.connection_errors, *connection.channel_errors) as error:
                raise Unavailable from error

    def _send_hints(self) -> None:
        while (job_id := self._hints.get()) is not None and not self._dropping:
            try:
                self._send(job_id)
            except Exception as error:
                _log.warning("hint at job %s not sent: %r", job_id, error.__cause__ or error)


def work(url: str, run: Run, stopping: Callable[[], None], threads: int) -> None:
    """Run the jobs whose ids come through the broker, in this process, until it gets TERM.

    Starts and goes on whatever the broker does. ``stopping`` is called in the signal handler, at once, and should
    only set a flag. Then the jobs in hand are finished. Returns after TERM; raises SystemExit after INT or QUIT,
    and when the worker breaks. Must be called in the main thread.
    """
    app = _app(url, _WorkerAMQP)
    again = CeleryQueue(url)

    @app.task(name=_TASK)  # type: ignore[untyped-decorator]
    def ring(job_id: str) -> None:
        delay = run(job_id)
        if delay is not None:
            try:
                again.send(job_id, delay)
            except Unavailable as error:
                _log.warning("job %s is left to the sweep: %r", job_id, error.__cause__)

    def keep_logs(**_: Any) -> None:
        """Being there keeps Celery from configuring logs of its own."""

    def shutting_down(**_: Any) -> None:
        stopping()

    def received(request: Any, **_: Any) -> None:
        """Unacknowledged, those that wait for their time would fill the consumer's window, and no other would come."""
        if request.eta is not None and url.startswith("amqp"):
            request.acknowledge()

    signals.setup_logging.connect(keep_logs)
    signals.task_received.connect(received)
    signals.worker_shutting_down.connect(shutting_down)
    worker = app.Worker(
        pool="threads",
        concurrency=threads,
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    if worker.exitcode:
        raise SystemExit(worker.exitcode)


class _WorkerConnection(Connection):
    """Tries again every other second, however long the broker has been away, and outlives what is no message."""

    # A window of each consumer's, which stays as it is: RabbitMQ 4 has no other.
    qos_semantics_matches_spec = True

    def ensure_connection(self, *arguments: Any, **options: Any) -> Any:
        bounds = {"interval_start": 1, "interval_step": 1, "interval_max": 2}
        return super().ensure_connection(*arguments, **bounds, **options)  # type: ignore[no-untyped-call]

    @cached_property
    def connection_errors(self) -> Any:
        # Celery connects anew after these and gives up after others. What kombu could not read is off the queue.
        return (*super().connection_errors, OperationalError, ValueError, TypeError, AttributeError)


class _WorkerAMQP(AMQP):  # type: ignore[misc]
    Connection = _WorkerConnection


def _app(url: str, amqp: Any = AMQP) -> Any:
    app = Celery("portero", broker=url, amqp=amqp, set_as_current=False)
    app.conf.update(
        task_default_queue=_QUEUE,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_disable_rate_limits=True,
        # Only of those that are acknowledged late, which ours are not; unset, Celery warns at each outage.
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=_SECONDS,
        broker_heartbeat=_HEARTBEAT,
        **_transport(url.partition(":")[0]),
    )
    return app


def _transport(scheme: str) -> dict[str, Any]:
    if scheme.startswith("redis"):
        # Without ack_emulation Redis keeps no copy of what a worker holds, to give it out again an hour later.
        options = {
            "socket_connect_timeout": _SECONDS,
            "socket_timeout": _SECONDS,
            "health_check_interval": 5,
            "ack_emulation": False,
        }
        # kombu verifies nobody unless told to; what the URL says about it counts more.
        tls: dict[str, Any] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    else:
        options = {"read_timeout": _SECONDS, "write_timeout": _SECONDS, "confirm_publish": True}
        # None is the host of the URL; without it any certificate that somebody vouches for would do.
        tls = {"server_hostname": None}
    secure = scheme in ("rediss", "amqps")
    # Sending tries once: max_retries is for the connection that kombu makes to publish, not for the worker's.
    return {
        "broker_transport_options": options | {"max_retries": 0},
        "broker_use_ssl": tls if secure else None,
    }
