"""The address that gunicorn logs when it starts."""

import os
import subprocess
import sys

from tests.e2e.service import ROOT
from tests.support.emulators import free_port


def test_the_log_names_the_address_that_gunicorn_listens_at() -> None:
    port = free_port()
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "WEB_CONCURRENCY": "1", "THREADS": "1"}
    app = "tests.support.uploading:create_app()"
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), app],
        cwd=ROOT,
        env=os.environ | settings,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr
        try:
            line = next(line for line in server.stderr if "Listening at" in line)
        finally:
            server.terminate()
            server.stderr.read()
    assert f"Listening at: http://127.0.0.1:{port} ({server.pid})" in line
