"""Sends requests to a server with wrk, and measures their rate and the CPU time that each one costs the server."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from bench.contestants import Live, Request
from bench.processes import cpu_seconds, wait_until_idle

CONNECTIONS = 16
_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Sample:
    """The result of one run: requests (or other operations) per second, and milliseconds of CPU time for each.

    ``failed`` counts the requests without a 2xx answer.
    """

    rate: float
    cpu: float
    failed: int = 0


def load(server: Live, request: Request, seconds: float) -> Sample:
    """Send a request again and again over kept connections. Raise RuntimeError when one of a hundred fails."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is missing; on Debian: apt-get install wrk")
    headers = [part for name, value in request.headers.items() for part in ("-H", f"{name}: {value}")]
    # wrk takes whole seconds only.
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", *headers]
    body = request.body.replace("{n}", f"{uuid4().hex[:8]}-{{n}}")
    target = [server.url + request.path, "--", request.method, body, *request.tokens]
    before = cpu_seconds(server.pid)
    done = subprocess.run([wrk, *options, "-s", _SCRIPT, *target], check=True, capture_output=True, text=True)
    cpu = cpu_seconds(server.pid) - before
    wait_until_idle(server.pid)
    result = json.loads(done.stdout.splitlines()[-1])
    failed = sum(result["failed"].values())
    if 100 * failed > result["requests"]:
        raise RuntimeError(f"{request.method} {request.path} of {server.title}: {result}")
    if not result["requests"]:  # the machine is busy with something else
        return load(server, request, 2 * seconds)
    return Sample(result["requests"] / result["seconds"], 1000 * cpu / result["requests"], failed)
