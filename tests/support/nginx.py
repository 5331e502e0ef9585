"""nginx in front of services."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.emulators import free_port, running

_CONFIGURATION = """
{user}
pid nginx.pid;
error_log stderr crit;
worker_processes 1;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    client_max_body_size 300m;
    client_body_timeout 10s;
    client_header_timeout 10s;
    upstream services {{
        {servers}
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://services;
            proxy_set_header Host $http_host;
            proxy_next_upstream error timeout non_idempotent;
        }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, services: Sequence[int]) -> Iterator[int]:
    """Yield the port of an nginx that shares requests out among services on these ports.

    A request that a service does not answer is sent to another one, as ``Idempotency-Key`` permits.
    """
    port = free_port()
    folder.mkdir(exist_ok=True)
    servers = " ".join(f"server 127.0.0.1:{service} max_fails=0;" for service in services)
    user = "user root;" if os.getuid() == 0 else ""  # whose folder this is
    (folder / "nginx.conf").write_text(_CONFIGURATION.format(port=port, servers=servers, user=user))
    command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf", "-g", "daemon off;"]
    with running(command, cwd=folder, ready=f"127.0.0.1:{port}"):
        yield port
