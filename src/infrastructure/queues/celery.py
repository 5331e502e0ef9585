"""A job queue of Celery, over Redis (redis://, rediss://) or RabbitMQ (amqp://, amqps://).

A message contains only the id of a job. It is acknowledged before the job runs, so a worker that dies loses it. The
store records which jobs are due, and a sweep sends their ids again.
Settings: https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from queue import SimpleQueue
from typing import Any

from celery import Celery, signals  # type: ignore[import-untyped]
from kombu.connection import Connection
from kombu.exceptions import KombuError, OperationalError

from src.application.ports import Run
from src.domain.errors import Unavailable

_TASK = "portero.run"
_QUEUE = "portero"
TIMEOUT_SECONDS = 2
"""The timeout of connecting to the broker and of each of its answers."""
_HEARTBEAT_SECONDS = 10
"""The seconds between two heartbeats of AMQP. After two missing heartbeats a connection counts as lost."""
EXPIRES_SECONDS = 60
"""The seconds after which a message is discarded. By then the job has been sent again."""
MAX_NOTIFICATIONS = 1000
"""The maximum number of notifications that wait in this process while the broker is slow. It limits the memory."""
MAX_MESSAGES = 1000
"""The maximum number of messages that wait in the broker. Without a worker, nothing removes expired messages there. A
worker that comes back reads them within a few seconds, and the sweep then sends the other jobs."""

_log = logging.getLogger("portero.queues")


class CeleryQueue:
    """Sends job ids to Celery workers. Implements JobQueue."""

    def __init__(self, url: str) -> None:
        """Use the broker at ``url``. A connection is made for each message."""
        self.app = make_app(url)
        self._notifications: SimpleQueue[str | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._sender: threading.Thread | None = None
        self._closed = False
        self._dropping = False

    def send(self, job_id: str, delay: float = 0) -> None:
        """Send the id to the broker. If that takes more than a few seconds, raise Unavailable.

        Also raises Unavailable if too many messages wait in the broker, or if the queue is closed.
        """
        if self._closed:
            raise Unavailable
        self._send(job_id, delay)

    def notify(self, job_id: str) -> None:
        """Send the id from a thread of this process. Drop it if too many notifications wait for a slow broker."""
        with self._lock:
            if self._closed or self._notifications.qsize() >= MAX_NOTIFICATIONS:
                return
            if self._sender is None:
                self._sender = threading.Thread(target=self._send_notifications, name="notifications", daemon=True)
                self._sender.start()
            self._notifications.put(job_id)

    def check(self) -> None:
        with self._connected() as connection:
            _ = connection.default_channel  # connects and logs in

    def close(self, timeout: float) -> bool:
        """Send the waiting notifications for up to ``timeout`` seconds, and then drop the others. Refuse new ids.

        Return whether the thread that sends them has ended.
        """
        with self._lock:
            self._closed = True
            self._notifications.put(None)
        if self._sender is None:
            return True
        self._sender.join(timeout)
        self._dropping = True
        return not self._sender.is_alive()

    def _send(self, job_id: str, delay: float = 0) -> None:
        with self._connected() as connection:
            # Declaring the queue returns the number of waiting messages. It takes a tenth of the time of sending.
            declared = self.app.amqp.queues[_QUEUE].queue_declare(channel=connection.default_channel)
            if declared.message_count >= MAX_MESSAGES:
                raise OperationalError(f"{declared.message_count} messages wait in the broker; is there a worker?")
            self.app.send_task(
                _TASK,
                (job_id,),
                countdown=delay or None,
                expires=delay + EXPIRES_SECONDS,
                connection=connection,
                retry=False,
                ignore_result=True,
            )

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """Yield a lazy connection, which connects at its first use. Raise Unavailable for errors in the block."""
        # A new connection cannot be stale, and threads neither share it nor wait for it.
        with self.app.connection_for_write() as connection:
            try:
                yield connection
            except (KombuError, ValueError, *connection.connection_errors, *connection.channel_errors) as error:
                raise Unavailable from error  # from a ValueError for a URL such as redis://HOST/not-a-number

    def _send_notifications(self) -> None:
        while (job_id := self._notifications.get()) is not None and not self._dropping:
            try:
                self._send(job_id)
            except Exception as error:
                _log.warning("the notification of job %s was not sent: %r", job_id, error.__cause__ or error)


def work(url: str, run: Run, stopping: Callable[[], None], threads: int) -> None:
    """Run the jobs whose ids the broker delivers, ``threads`` at a time, until the process receives TERM.

    An outage of the broker neither prevents the start nor ends the worker. ``stopping`` is called by the signal
    handler, and must only set a flag. After TERM, the function returns when the running jobs have finished. It raises
    SystemExit after INT or QUIT, or when the worker fails. It must be called in the main thread.
    """
    app = make_app(url, WorkerConnection)
    queue = CeleryQueue(url)

    @app.task(name=_TASK)  # type: ignore[untyped-decorator]
    def run_job(job_id: str) -> None:
        delay = run(job_id)
        if delay is not None:
            try:
                queue.send(job_id, delay)
            except Unavailable as error:
                _log.warning("job %s is left to the sweep: %r", job_id, error.__cause__ or error)

    def received(request: Any, **_: Any) -> None:
        """Acknowledge a delayed message at once, because unacknowledged messages count towards the prefetch limit."""
        if request.eta is not None and url.startswith("amqp"):
            request.acknowledge()

    # Celery configures the logs unless this signal has a receiver.
    signals.setup_logging.connect(lambda **_: None, weak=False)
    signals.task_received.connect(received)
    signals.worker_shutting_down.connect(lambda **_: stopping(), weak=False)
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


class WorkerConnection(Connection):
    """A connection that tries to reconnect every two seconds, and treats an unreadable message like an outage."""

    # True limits prefetching per consumer. RabbitMQ 4 does not support a limit for the whole channel.
    qos_semantics_matches_spec = True

    def ensure_connection(self, *arguments: Any, **options: Any) -> Any:
        bounds = {"interval_start": 1, "interval_step": 1, "interval_max": 2}
        return super().ensure_connection(*arguments, **bounds, **options)  # type: ignore[no-untyped-call]

    @cached_property
    def connection_errors(self) -> Any:
        # Celery reconnects after these errors and ends after others. The last four are raised for an unreadable
        # message, which has left the queue by then.
        return (*super().connection_errors, OperationalError, ValueError, TypeError, AttributeError)


def make_app(url: str, connection: type[Connection] = Connection) -> Any:
    """Return a Celery application for the broker at ``url``. It makes connections of the class ``connection``."""
    app = Celery("portero", broker=url, set_as_current=False)
    app.conf.update(
        task_default_queue=_QUEUE,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_disable_rate_limits=True,
        # This applies to late acknowledgement only, which is not used. Without it Celery logs a warning at each outage.
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=TIMEOUT_SECONDS,
        broker_heartbeat=_HEARTBEAT_SECONDS,
        **_transport(url.partition(":")[0]),
    )
    app.amqp.Connection = connection
    return app


def _transport(scheme: str) -> dict[str, Any]:
    """Return the settings of Celery that depend on the scheme of the broker's URL."""
    if scheme.startswith("redis"):
        # With ack_emulation Redis would keep a copy of each delivered message and deliver it again an hour later.
        options = {
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "socket_timeout": TIMEOUT_SECONDS,
            "health_check_interval": 5,
            "ack_emulation": False,
        }
        # By default kombu verifies no certificate. A parameter of the URL overrides this.
        tls: dict[str, Any] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    else:
        options = {"read_timeout": TIMEOUT_SECONDS, "write_timeout": TIMEOUT_SECONDS, "confirm_publish": True}
        # None stands for the host of the URL. Without this member, a valid certificate of any host is accepted.
        tls = {"server_hostname": None}
    secure = scheme in ("rediss", "amqps")
    # max_retries applies to connections that kombu opens to publish, not to that of the worker.
    return {"broker_transport_options": options | {"max_retries": 0}, "broker_use_ssl": tls if secure else None}
