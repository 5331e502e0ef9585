"""nginx in front of services."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.emulators import free_port, running

_PAGE = Path(__file__).parents[2] / "docs/how-to/proxy.md"
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
    client_body_timeout 10s;
    client_header_timeout 10s;
    {documented}
}}
"""


@contextmanager
def nginx(folder: Path, services: Sequence[int]) -> Iterator[int]:
    """Yield the port of an nginx with the documented configuration, in front of services on these ports."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    documented = _PAGE.read_text("utf-8").partition("```nginx\n")[2].partition("```")[0]
    documented = documented.replace("listen 80;", f"listen 127.0.0.1:{port} backlog=4096;")
    for documented_port, service in zip((8001, 8002), [*services, *services], strict=False):
        documented = documented.replace(f"127.0.0.1:{documented_port}", f"127.0.0.1:{service}")
    user = "user root;" if os.getuid() == 0 else ""  # the folder belongs to root
    (folder / "nginx.conf").write_text(_CONFIGURATION.format(user=user, documented=documented))
    command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf", "-g", "daemon off;"]
    with running(command, cwd=folder, ready=f"127.0.0.1:{port}"):
        yield port
