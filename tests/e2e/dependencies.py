"""Breaks each service that Portero uses in each of six ways, and compares the outcome with the documentation."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.e2e import faults
from tests.e2e.faults import Fault, Proxy
from tests.support.clock import Stopwatch, until

_PAGE = Path(__file__).parents[2] / "docs/explanation/outages.md"
_ROW = re.compile(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \| (\d+) \|$", re.MULTILINE)
_RECOVERY_SECONDS = 90.0
_SLACK = 5.0
"""The seconds that a busy machine may need beyond the documented ones."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A service behind a proxy, and a function that uses it."""

    proxy: Proxy
    use: Callable[[], str]
    """A function that uses the service once, and returns what a client sees: a status, or what happened instead."""
    works: str
    """The return value of ``use`` while the dependency answers."""
    answers: Mapping[str, Fault]
    """How the service answers 5xx, an error in place of a result, and half an answer."""


def http_answers(error: str = '{"error": {"message": "quota"}}') -> Mapping[str, Fault]:
    """Return the answers of an HTTP service. ``error`` is the body of an answer with status 200."""
    half = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"mess'
    return {
        "5xx": faults.http("503 Service Unavailable", "{}"),
        "200 with an error": faults.http("200 OK", error),
        "half an answer": faults.answered(half),
    }


def answers(error: bytes, nonsense: bytes, half: bytes) -> Mapping[str, Fault]:
    """Return the answers of a service with another protocol."""
    texts = {"5xx": error, "200 with an error": nonsense, "half an answer": half}
    return {name: faults.answered(text) for name, text in texts.items()}


def _slow(dependency: Dependency) -> None:
    dependency.proxy.fail(faults.never_answered)


def _reset(dependency: Dependency) -> None:
    dependency.proxy.fail(faults.reset)


def _refuse(dependency: Dependency) -> None:
    dependency.proxy.refuse()


_BREAKS = {"slow": _slow, "reset": _reset, "refuses": _refuse}
FAULTS = ("reset", "refuses", "5xx", "200 with an error", "half an answer", "slow")
"""The faults in the order of a run. The fault that takes longest is last."""


@dataclass(frozen=True, slots=True)
class Documented:
    """A row of the documentation."""

    meanwhile: str
    seconds: float

    def allows(self, seen: str) -> bool:
        """Return whether the documentation allows this outcome while the service is broken."""
        return re.search(rf"\b{re.escape(seen)}\b", self.meanwhile) is not None


def documented() -> Mapping[str, Documented]:
    """Return the rows of the documentation by the name of the dependency."""
    rows = _ROW.findall(_PAGE.read_text("utf-8"))
    return {name: Documented(meanwhile, float(seconds)) for name, meanwhile, seconds in rows}


def break_and_heal(name: str, dependency: Dependency, fault: str) -> Counter[str]:
    """Break a dependency, use it, heal it, and wait until it works again. Return counts of the outcomes."""
    row = documented()[name]
    until(lambda: dependency.use() == dependency.works, f"{name} works", _RECOVERY_SECONDS)
    if fault in _BREAKS:
        _BREAKS[fault](dependency)
    else:
        dependency.proxy.fail(dependency.answers[fault])
    watch = Stopwatch()
    seen = dependency.use()
    seconds = watch.seconds
    dependency.proxy.heal()
    dependency.proxy.cut()
    assert row.allows(seen), (name, fault, seen, row)
    assert seconds < row.seconds + _SLACK, (name, fault, seconds, row)
    until(lambda: dependency.use() == dependency.works, f"{name} works again after {fault}", _RECOVERY_SECONDS)
    within = next((f"{bound:g} s" for bound in (1, 10) if seconds < bound), "the documented time")
    return Counter({"outages": 1, f"answered within {within}": 1, f"{name} | {fault} | {seen}": 1})


def cells(dependencies: Collection[str]) -> list[tuple[str, str]]:
    """Return every dependency with every fault."""
    return [(name, fault) for fault in FAULTS for name in dependencies]
