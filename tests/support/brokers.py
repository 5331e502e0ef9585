"""Message brokers that can be stopped and started again on their port."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Self

import amqp  # type: ignore[import-untyped]
import redis
from amqp.exceptions import AMQPError, NotFound  # type: ignore[import-untyped]
from kombu.connection import Connection

from tests.support.emulators import free_port, running

_QUEUE = "portero"


class Broker:
    """A message broker on 127.0.0.1 that a test starts and stops."""

    scheme: str

    def __init__(self, folder: Path) -> None:
        """Keep the data of the broker in ``folder``."""
        self.port = free_port()
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker unless it runs."""
        if self._process is None:
            self._process = self._serve(self._running)

    def kill(self) -> None:
        """End the broker with SIGKILL."""
        self._signal(signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        """Stop the broker if it runs."""
        self._running.close()
        self._process = None

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Let the broker accept connections and answer nothing during the block."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def waiting(self) -> int:
        """Return the number of messages that no worker has received."""
        raise NotImplementedError

    def put(self, *messages: bytes) -> None:
        """Append raw messages to the queue."""
        raise NotImplementedError

    def _serve(self, running: ExitStack) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)


class Redis(Broker):
    """A Redis server that loses its data when it ends."""

    scheme = "redis"

    def waiting(self) -> int:
        with redis.Redis(port=self.port) as client:
            return int(client.llen(_QUEUE))

    def messages(self) -> list[bytes]:
        """Return the raw messages that ``waiting`` counts."""
        with redis.Redis(port=self.port) as client:
            return [*client.lrange(_QUEUE, 0, -1)]

    def put(self, *messages: bytes) -> None:
        with redis.Redis(port=self.port) as client:
            client.lpush(_QUEUE, *messages)

    def _serve(self, stack: ExitStack) -> subprocess.Popen[bytes]:
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        return stack.enter_context(running(command, cwd=self._folder, ready=f"127.0.0.1:{self.port}"))


class RabbitMQ(Broker):
    """A RabbitMQ server, separate from that of the system. It keeps the queue and its messages when it stops."""

    scheme = "amqp"

    def waiting(self) -> int:
        with self._connection() as connection:
            try:
                return int(connection.default_channel.queue_declare(_QUEUE, passive=True).message_count)
            except NotFound:
                return 0

    def put(self, *messages: bytes) -> None:
        with self._connection() as connection, closing(connection.SimpleQueue(_QUEUE)) as queue:
            for message in messages:
                queue.put(message, content_type="application/json", content_encoding="utf-8")

    def forget(self) -> None:
        """Delete the queue."""
        with self._connection() as connection:
            connection.default_channel.queue_delete(_QUEUE)

    def _connection(self) -> Connection:
        return Connection(self.url)  # type: ignore[no-untyped-call]

    def _serve(self, stack: ExitStack) -> subprocess.Popen[bytes]:
        names = free_port()
        ours = {
            "HOME": str(self._folder),  # holds the secret that the nodes share
            "ERL_EPMD_PORT": str(names),
            "RABBITMQ_NODENAME": f"portero-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_LOGS": "-",
        }
        files = ("CONF_ENV_FILE", "CONFIG_FILE", "ADVANCED_CONFIG_FILE", "ENABLED_PLUGINS_FILE")
        ours |= {f"RABBITMQ_{name}": str(self._folder / name.lower()) for name in (*files, "MNESIA_BASE", "LOG_BASE")}
        env = os.environ | ours
        # Erlang's port mapper is started first, because otherwise the node starts a daemon that outlives it.
        epmd = ["epmd", "-address", "127.0.0.1", "-port", str(names)]
        stack.enter_context(running(epmd, env=env, cwd=self._folder, ready=f"127.0.0.1:{names}"))
        return stack.enter_context(running([_rabbitmq()], env=env, cwd=self._folder, ready=self._is_ready))

    def _is_ready(self) -> bool:
        """Return whether clients can log in; until then the server accepts connections and resets them."""
        try:
            with amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=5):
                return True
        except (OSError, AMQPError):
            return False


def _rabbitmq() -> str:
    # The command that Debian puts on the PATH switches to another user, who cannot write here.
    debian = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return str(debian) if debian.exists() else "rabbitmq-server"
