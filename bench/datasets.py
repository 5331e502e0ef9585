"""Measures the upload of a dataset as a multiple of a bare loop over csv.reader.

A client sends a file by HTTP to a service with one worker, SQLite and a folder for objects. The service receives the
file, checks it, and stores the file and every row before it answers. The measure also has how much more memory the
worker takes than for a small file, and how long another writer waits for the database during the upload.
"""

import http.client
import json
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench import defects
from bench.csv_loop import MIB, loop_ratios
from bench.processes import children
from bench.results import Figure, Options, Result
from tests.e2e.service import PASSWORD, serving
from tests.support.emulators import free_port

LARGE = 256 * MIB
_BOUNDARY = uuid4().hex


class Client:
    """A client of a service with one worker, logged in as an admin."""

    def __init__(self, port: int, folder: Path, pid: int) -> None:
        self._port = port
        self._folder = folder
        self._pid = children(pid)[0]
        status, answer = self._call("POST", "/login", json.dumps({"username": "ada@example.com", "password": PASSWORD}))
        assert status == 200, answer
        self._token = answer["access_token"]

    def upload(self, file: Path, schema: bool = True) -> Any:
        """Send a file with its schema and return the dataset."""
        fields = {"name": "Bench"} | ({"schema": json.dumps(defects.SCHEMA)} if schema else {})
        head = "".join(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        head += f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="bench.csv"\r\n\r\n'
        tail = f"\r\n--{_BOUNDARY}--\r\n"
        size = len(head) + file.stat().st_size + len(tail)

        def body() -> Iterator[bytes]:
            yield head.encode()
            with file.open("rb") as opened:
                while chunk := opened.read(1 << 16):
                    yield chunk
            yield tail.encode()

        media_type = f"multipart/form-data; boundary={_BOUNDARY}"
        status, answer = self._call(
            "POST", "/datasets", body(), {"Content-Type": media_type, "Content-Length": f"{size}"}
        )
        assert status == 201, answer
        return answer

    def delete(self, id: str) -> None:
        """Delete a dataset."""
        status, answer = self._call("DELETE", f"/datasets/{id}")
        assert status == 204, answer

    def reset_peak(self) -> None:
        """Reset the peak of the worker's memory."""
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")

    def memory(self, what: str = "VmHWM") -> float:
        """Return the memory of the worker in MiB: its peak (VmHWM) or the current one (VmRSS)."""
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024

    @contextmanager
    def waiting(self) -> Iterator[list[float]]:
        """Begin transactions on the database all the time; yield the list of seconds that each one waited."""
        waits: list[float] = []
        ended = threading.Event()

        def write() -> None:
            connection = sqlite3.connect(self._folder / "portero.db", timeout=30, isolation_level=None)
            while not ended.wait(0.02):
                started = time.perf_counter()
                connection.execute("BEGIN IMMEDIATE")
                waits.append(time.perf_counter() - started)
                connection.execute("ROLLBACK")
            connection.close()

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield waits
        finally:
            ended.set()
            thread.join()

    def _call(
        self, method: str, path: str, body: str | Iterable[bytes] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=600)
        headers = {"Content-Type": "application/json", **(headers or {})}
        if path != "/login":
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()


def measure(options: Options) -> Result:
    """Return the time of uploads, the memory they take, and the waits of another writer."""
    figures: list[Figure] = []

    def add(title: str, samples: list[float], unit: str = "", goal: float | None = None) -> None:
        figures.append(Figure(f"CSV upload: {title}", samples, unit, goal, "lower"))

    with tempfile.TemporaryDirectory(prefix="portero-bench-") as name:
        folder = Path(name, "data")
        small, file, large = (Path(name, f"{each}.csv") for each in ("small", "table", "large"))
        expected, _ = defects.write(file, options.rows), defects.write(small, 2_000)
        size = file.stat().st_size
        settings = {
            "WEB_CONCURRENCY": "1",
            "SYNC_ROWS": "100000000",
            "MAX_UPLOAD_BYTES": f"{2 * LARGE}",
            "ADMIN_EMAIL": "ada@example.com",
            "ADMIN_PASSWORD": PASSWORD,
        }
        port = free_port()
        with serving(folder, port, settings) as server:
            client = Client(port, folder, server.pid)
            client.delete(client.upload(small)["id"])
            idle = client.memory("VmRSS")
            kept: list[Any] = []

            def upload() -> None:
                kept.append(client.upload(file))

            measured: list[float] = []
            for _ in range(options.rounds):
                measured += loop_ratios(file, 1, {"": upload})[""]
                assert defects.counts(kept[-1]) == expected.counts, "the counts are wrong"
                client.delete(kept[-1]["id"])
            add("receive, check, store ÷ csv.reader", measured, goal=8)
            add("memory above idle", [client.memory() - idle], "MiB", 250)
            client.reset_peak()
            with client.waiting() as waits:
                client.delete(client.upload(file, schema=False)["id"])
            add("memory above idle, schema inferred", [client.memory() - idle], "MiB", 250)
            add("longest wait of another writer", [1000 * max(waits)], "ms", 200)
            add("99th percentile of these waits", [1000 * statistics.quantiles(waits, n=100)[98]], "ms")
            file.unlink()
            defects.write(large, min(options.rows * 4, options.rows * LARGE // size))
            client.reset_peak()
            client.upload(large)
            add(f"memory above idle, {large.stat().st_size / MIB:.0f} MiB", [client.memory() - idle], "MiB", 250)
    return Result(f"Upload a CSV file of {options.rows:,} rows, 8 columns, {size / MIB:.0f} MiB", figures=figures)
