"""Measures whether the time of an answer tells a known name or address from an unknown one."""

import http.client
import random
import statistics
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

from bench.contestants import JSON, PORTERO, Live, Request, serving
from bench.results import Figure, Options, Result

_KNOWN, _UNKNOWN = "known", "unknown"


def measure(options: Options) -> Result:
    """Send failed logins for known and unknown names in random order, one at a time, and compare their times.

    The figure is the area under the ROC curve (AUC) of a stranger who guesses from the time: 0.5 is a coin, 1 is
    certainty.
    """

    def login(name: str) -> Request:
        request = PORTERO.login(name)
        return replace(request, body=request.body.replace('"password": "', '"password": "not '))

    return _compare("Failed logins", options, {"": (login, 401)})


def measure_mails(options: Options) -> Result:
    """Ask for mails to known and unknown addresses, and compare the times of the answers like those of logins."""

    def asking(path: str) -> Callable[[str], Request]:
        headers = {"Accept": JSON, "Content-Type": JSON}
        return lambda name: Request("POST", path, headers, f'{{"email": "{name}@example.com"}}')

    paths = ("/auth/password/forgot", "/auth/email/login")
    return _compare("Requests for mails", options, {f" at {path}": (asking(path), 202) for path in paths})


def _compare(title: str, options: Options, kinds: dict[str, tuple[Callable[[str], Request], int]]) -> Result:
    """Return the medians and the AUC of each kind of request.

    ``kinds`` maps a kind to a function that makes its request for a name, and to the status of its answers.
    """
    each = max(10, options.logins * 2 // 5)
    medians: dict[str, list[float]] = {}
    areas: dict[str, list[float]] = {kind: [] for kind in kinds}
    with TemporaryDirectory(prefix="portero-bench-") as folder, serving(PORTERO, Path(folder, "portero")) as live:
        names = [uuid4().hex[:12] for _ in range(20)]
        for name in names:
            PORTERO.register(name).send(live.url)
        for kind, (make, status) in kinds.items():
            _times(live, make, status, names, 10)
            for _ in range(options.rounds):
                times = _times(live, make, status, names, each)
                areas[kind].append(area(times[_KNOWN], times[_UNKNOWN]))
                for name, values in times.items():
                    medians.setdefault(f"{name}{kind}", []).append(1000 * statistics.median(values))
    for kind, found in areas.items():
        if statistics.median(found) < 0.5:  # known names are the faster ones
            areas[kind] = [1 - each for each in found]
    return Result(
        f"{title}, {each} for each kind of name in a round",
        {"median, ms": medians},
        [
            Figure(f"AUC of guessing known names from the time{kind}", found, goal=0.55, better="lower")
            for kind, found in areas.items()
        ],
    )


def area(slower: list[float], faster: list[float]) -> float:
    """Return the probability that a value of the first list is above one of the second, where ties count half."""
    ordered = sorted(faster)
    return sum(bisect_left(ordered, each) + bisect_right(ordered, each) for each in slower) / (
        2 * len(slower) * len(faster)
    )


def _times(
    live: Live, make: Callable[[str], Request], status: int, names: Sequence[str], each: int
) -> dict[str, list[float]]:
    """Return the seconds of ``each`` requests for every kind of name. ``make`` returns the request for a name."""
    connection = http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=30)
    times: dict[str, list[float]] = {_KNOWN: [], _UNKNOWN: []}
    kinds = [_KNOWN, _UNKNOWN] * each
    random.shuffle(kinds)
    for kind in kinds:
        request = make(random.choice(names) if kind == _KNOWN else uuid4().hex[:12])
        started = time.perf_counter()
        connection.request(request.method, request.path, request.body, dict(request.headers))
        answer = connection.getresponse()
        answer.read()
        times[kind].append(time.perf_counter() - started)
        assert answer.status == status, answer.status
    connection.close()
    return times
