"""Sends requests to a server with wrk, and measures their rate and the CPU time that each one costs the server."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.contestants import Live, Request
from bench.processes import cpu_seconds, wait_until_idle

CONNECTIONS = 16
_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Sample:
    """The result of one run: requests per second, and milliseconds of the server's CPU time per request."""

    rate: float
    cpu: float


def load(server: Live, request: Request, seconds: float, connections: int = CONNECTIONS) -> Sample:
    """Send a request again and again over kept connections. Raise RuntimeError when any answer is not 2xx."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is missing; on Debian: apt-get install wrk")
    headers = [part for name, value in request.headers.items() for part in ("-H", f"{name}: {value}")]
    duration = ["-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s"]
    target = [server.url + request.path, "--", request.method, *([request.body] if request.body else [])]
    before = cpu_seconds(server.pid)
    done = subprocess.run(
        [wrk, *duration, *headers, "-s", _SCRIPT, *target], check=True, capture_output=True, text=True
    )
    cpu = cpu_seconds(server.pid) - before
    wait_until_idle(server.pid)
    result = json.loads(done.stdout.splitlines()[-1])
    if result["failed"] or not result["requests"]:
        raise RuntimeError(f"{request.method} {request.path} of {server.title}: {result}")
    return Sample(result["requests"] / result["seconds"], 1000 * cpu / result["requests"])
