"""Clients that send requests all the time, each on its own connection."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def asking(port: int, path: str, clients: int = 8) -> Iterator[Counter[str]]:
    """Send GET ``path`` while the block runs. Count the statuses, the "refused" connections and the "lost" requests."""
    outcomes: Counter[str] = Counter()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.connect()
            except OSError:
                outcomes["refused"] += 1
                over.wait(0.01)
                continue
            try:
                connection.request("GET", path)
                outcomes[str(connection.getresponse().status)] += 1
            except (OSError, http.client.HTTPException):
                outcomes["lost"] += 1
            finally:
                connection.close()

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield outcomes
    finally:
        over.set()
        for thread in threads:
            thread.join()
