"""The web server gunicorn, started in the current process."""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from src.bootstrap.servers.cpus import cpus_for
from src.bootstrap.servers.event_worker import STOP_SIGNALS
from src.bootstrap.servers.listeners import refuse_new_connections
from src.bootstrap.servers.open_files import connections_for, raise_limit
from src.bootstrap.servers.worker import BODY_SECONDS, Worker
from src.settings import ConfigurationError

THREADS = 256
"""The threads of a worker. A client that sends its request slowly holds one; they start when they are needed."""
RETRY_SECONDS = 1.0
"""The pause after a worker that could not take the place of another one."""
CONNECTIONS = 1000
"""The connections of a worker. Of more, the one that has been silent for longest is closed."""


class _Arbiter(Arbiter):  # type: ignore[misc] # gunicorn has no types
    """The first process of the server, which starts and stops the workers."""

    def stop(self, graceful: bool = True) -> None:
        """Stop the workers. They accept the connections that are complete when the stop begins."""
        if not self.reexec_pid and not self.master_pid:  # else another server goes on with these listeners
            for listener in self.LISTENERS:
                refuse_new_connections(listener.sock)
        super().stop(graceful)


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """A web server in this process. Its workers are forks, so they share the memory of the modules it has loaded."""

    def __init__(
        self,
        create_app: Callable[[], Flask],
        *,
        host: str,
        port: int,
        workers: int,
        any_origin: bool = False,
        body_seconds: float = BODY_SECONDS,
        log_level: str = "info",
    ) -> None:
        """Serve the application that ``create_app`` returns in each worker.

        Connections and threads do not survive a fork, so only the workers call ``create_app``. ``any_origin`` lets
        pages of every origin read the responses. ``log_level`` is the level of gunicorn's own messages. Raises
        ConfigurationError.
        """
        self.any_origin = any_origin
        self.body_seconds = body_seconds
        self._log_level = log_level
        self._create_app = create_app
        self._bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._workers = workers
        self._is_replacement = False
        self._cpus = cpus_for(workers)
        self._connections = min(CONNECTIONS, connections_for(raise_limit()))
        super().__init__()

    def load_config(self) -> None:
        """Configure gunicorn."""
        shared_memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes safe names
        settings = {
            "bind": self._bind,
            "workers": self._workers,
            "worker_class": Worker,
            "pre_fork": self._before_fork,
            "worker_connections": self._connections,
            "threads": min(THREADS, self._connections // 2),  # the others are kept between their requests
            "graceful_timeout": 25,
            "loglevel": self._log_level,
            "keepalive": 75,  # longer than the load balancers in front keep their connections open
            "forwarded_allow_ips": "",  # proxies may not set SCRIPT_NAME or PATH_INFO
            # With a read-only root file system a control socket has no place, and heartbeat files have only /dev/shm.
            "control_socket_disable": True,
            "worker_tmp_dir": str(shared_memory) if shared_memory.is_dir() else None,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until the process is told to stop.

        Until a new worker handles signals itself, it has the handlers of this process, which would note that this
        process has to stop and forget it. So the signals wait.
        """
        block = partial(signal.pthread_sigmask, signal.SIG_BLOCK, STOP_SIGNALS)
        unblock = partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.register_at_fork(before=block, after_in_parent=unblock)
        try:
            _Arbiter(self).run()
        except RuntimeError as error:
            sys.exit(f"Error: {error}")

    def load(self) -> Flask:
        """Return the application in a worker. Raises ConfigurationError if the settings are wrong.

        A worker that replaces another one exits instead, and gunicorn starts the next: a missing file may soon be back.
        """
        try:
            return self._create_app()
        except ConfigurationError as error:
            if not self._is_replacement:
                raise
            # With another status gunicorn would end the service, though a file may only be away for a moment.
            time.sleep(RETRY_SECONDS)
            sys.exit(f"A worker cannot start: {error}")

    def _before_fork(self, arbiter: Any, worker: Worker) -> None:
        """Assign the new worker the CPU that the fewest workers use.

        During a reload, new workers start before the old ones end.
        """
        self._is_replacement = worker.age > self._workers
        if arbiter.num_workers == len(self._cpus):  # the signals TTIN and TTOU change the number
            taken = Counter(each.cpu for each in arbiter.WORKERS.values())
            worker.cpu = min(self._cpus, key=taken.__getitem__)
