"""How gunicorn serves; `portero serve` starts it with the settings in the environment."""

import os
from pathlib import Path

bind = f"{os.environ['HOST']}:{os.environ['PORT']}"
workers = int(os.environ["WEB_CONCURRENCY"])
worker_class = "gthread"
threads = 8
# Without it the kernel often hands every kept-alive connection to one worker.
reuse_port = True
graceful_timeout = 25
keepalive = 75  # longer than the front ends that keep connections open
# A container with a read-only root file system has neither a place for a control socket nor for heartbeats.
control_socket_disable = True
worker_tmp_dir = next((place for place in ("/dev/shm",) if Path(place).is_dir()), None)  # noqa: S108 - made by gunicorn
