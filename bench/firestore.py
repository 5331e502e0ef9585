"""Measures Portero on the official Firestore emulator against a bare loop of the client library.

``python -m bench.firestore SECONDS`` runs the loop: threads that read two documents at once with ``get_all``. It prints
its rate and its CPU time as JSON.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from google.cloud.firestore import Client

from bench.contestants import HELLO, PORTERO, ROOT, serving
from bench.footprint import compare_starts, start_rounds
from bench.load import CONNECTIONS, Sample, load
from bench.results import Options, Result
from bench.rounds import compare, take_rounds
from tests.support.emulators import PROJECT, firestore

_LOOP = "a loop of get_all"
_LIMIT = "Flask and the checks cost CPU beside the one call, on the cores that the emulator needs too"


def get_user(options: Options) -> Result:
    """Compare `GET /user` with a bare loop that reads as many documents with as many threads."""
    with firestore() as emulator, TemporaryDirectory(prefix="portero-bench-") as name:
        contestant = replace(PORTERO, environment=_settings(emulator))
        with serving(contestant, Path(name, "portero")) as live:
            loads = {PORTERO.title: partial(load, live, live.get_user), _LOOP: partial(_run_loop, emulator)}
            series = take_rounds(options, loads)
    return Result(
        "GET /user on the Firestore emulator, 16 connections",
        series,
        [compare(series, f"`GET /user` on Firestore ÷ {_LOOP}", PORTERO.title, _LOOP, 0.7, _LIMIT)],
    )


def start(options: Options) -> Result:
    """Compare the start with that of a Flask application that imports the client library."""
    with firestore() as emulator, TemporaryDirectory(prefix="portero-bench-") as name:
        ours = replace(PORTERO, environment=_settings(emulator))
        theirs = replace(
            HELLO,
            title="Flask with google.cloud.firestore",
            command=tuple(str(part).replace("app:app", "with_firestore:app") for part in HELLO.command),
        )
        series = start_rounds(options, (ours, theirs), Path(name))
    return Result(
        "From the command to the first 200, on Firestore",
        series,
        [compare_starts(series, "start on Firestore", ours.title, theirs.title, 1.15)],
    )


def _settings(emulator: str) -> dict[str, str]:
    return {**PORTERO.environment, "STORE_URL": f"firestore://{PROJECT}", "FIRESTORE_EMULATOR_HOST": emulator}


def _run_loop(emulator: str, seconds: float) -> Sample:
    command = [sys.executable, "-m", "bench.firestore", f"{seconds}"]
    environment = os.environ | {"FIRESTORE_EMULATOR_HOST": emulator}
    done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=environment)
    return Sample(**json.loads(done.stdout))


def _loop(seconds: float) -> dict[str, float]:
    """Read two documents again and again in each thread."""
    client = Client(project=PROJECT)
    documents = [client.collection("bench").document(f"{number}") for number in range(2)]
    for document in documents:
        document.set({f"field{number}": "some text" for number in range(15)})

    def read(end: float) -> int:
        count = 0
        while time.perf_counter() < end:
            assert all(each.exists for each in client.get_all(documents))
            count += 1
        return count

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        cpu, started = time.process_time(), time.perf_counter()
        count = sum(threads.map(read, [started + seconds] * CONNECTIONS))
        took = time.perf_counter() - started
    return {"rate": count / took, "cpu": 1000 * (time.process_time() - cpu) / count}


if __name__ == "__main__":
    print(json.dumps(_loop(float(sys.argv[1]))))
