"""What the web server logs."""

import subprocess
import sys

from tests.e2e.service import ROOT
from tests.support.emulators import free_port


def test_the_log_names_the_address_that_the_server_listens_at() -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.uploading", str(port), "30"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr
        try:
            line = next(line for line in server.stderr if "Listening at" in line)
        finally:
            server.terminate()
            server.stderr.read()
    assert f"Listening at: http://127.0.0.1:{port} ({server.pid})" in line
