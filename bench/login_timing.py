"""Measures whether the time of a failed login tells a known name from an unknown one."""

import http.client
import random
import statistics
import time
from bisect import bisect_left, bisect_right
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

from bench.contestants import PORTERO, Live, serving
from bench.results import Figure, Options, Result

_KNOWN, _UNKNOWN = "known name, wrong password", "unknown name"


def measure(options: Options) -> Result:
    """Send failed logins for known and unknown names in random order, one at a time, and compare their times.

    The figure is the area under the ROC curve (AUC) of a stranger who guesses from the time: 0.5 is a coin, 1 is
    certainty.
    """
    each = max(10, options.logins * 2 // 5)
    medians: dict[str, list[float]] = {_KNOWN: [], _UNKNOWN: []}
    areas = []
    with TemporaryDirectory(prefix="portero-bench-") as folder, serving(PORTERO, Path(folder, "portero")) as live:
        names = [uuid4().hex[:12] for _ in range(20)]
        for name in names:
            PORTERO.register(name).send(live.url)
        _times(live, names, 10)
        for _ in range(options.rounds):
            times = _times(live, names, each)
            areas.append(area(times[_KNOWN], times[_UNKNOWN]))
            for kind, values in times.items():
                medians[kind].append(1000 * statistics.median(values))
    if statistics.median(areas) < 0.5:  # known names are the faster ones
        areas = [1 - each for each in areas]
    return Result(
        f"Failed logins, {each} for each kind of name in a round",
        {"median, ms": medians},
        [Figure("AUC of guessing known names from the time", areas, goal=0.55, better="lower")],
    )


def area(slower: list[float], faster: list[float]) -> float:
    """Return the probability that a value of the first list is above one of the second, where ties count half."""
    ordered = sorted(faster)
    return sum(bisect_left(ordered, each) + bisect_right(ordered, each) for each in slower) / (
        2 * len(slower) * len(faster)
    )


def _times(live: Live, names: list[str], each: int) -> dict[str, list[float]]:
    """Return the seconds of that many failed logins of each kind."""
    connection = http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=30)
    times: dict[str, list[float]] = {_KNOWN: [], _UNKNOWN: []}
    kinds = [_KNOWN, _UNKNOWN] * each
    random.shuffle(kinds)
    for kind in kinds:
        request = PORTERO.login(random.choice(names) if kind == _KNOWN else uuid4().hex[:12])
        body = request.body.replace('"password": "', '"password": "not ')
        started = time.perf_counter()
        connection.request(request.method, request.path, body, dict(request.headers))
        answer = connection.getresponse()
        answer.read()
        times[kind].append(time.perf_counter() - started)
        assert answer.status == 401, answer.status
    connection.close()
    return times
