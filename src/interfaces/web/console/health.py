"""The pages of the health of the service, and of its settings."""

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from threading import Lock
from typing import Any

from flask import current_app, request

from src.application import limits
from src.application.limits import Limit
from src.application.ports import Answers, Clock, Traffic
from src.application.sessions import Caller
from src.interfaces.framework.requests import services
from src.interfaces.web.console.charts import Chart
from src.interfaces.web.console.pages import AUDITORS, Page

health = Page("/health", "operators/health.html", AUDITORS)
settings = Page("/settings", "operators/settings.html", AUDITORS)

_FRESH = timedelta(seconds=10)
_LIMITS = sorted((each for each in vars(limits).values() if isinstance(each, Limit)), key=lambda each: each.name)


@dataclass(frozen=True, slots=True)
class Operations:
    """The version, the checks and the settings of this service, which its pages show to operators."""

    version: str = ""
    check: Callable[[], Iterable[tuple[str, str | None]]] = tuple
    """Yield the name of each check, and the problem that the check has found, or None."""
    settings: Sequence[tuple[str, str | None, str]] = ()
    """The name, the value and the source of each setting. The value of a secret is None."""
    traffic: Traffic | None = None
    """The requests of the last hour, or None if they are not counted."""


@dataclass(slots=True)
class Checks:
    """The results of the checks, which are kept for some seconds, because checks open connections and may take long."""

    operations: Operations
    at: datetime | None = None
    results: Sequence[tuple[str, str | None]] = ()
    _lock: Lock = field(default_factory=Lock)

    def refresh(self, clock: Clock) -> None:
        """Check everything, unless that was done a moment ago or another thread is doing it."""
        if (self.at is None or abs(clock() - self.at) > _FRESH) and self._lock.acquire(blocking=False):
            try:
                self.results = [*self.operations.check()]
                self.at = clock()
            finally:
                self._lock.release()


def _operations() -> Checks:
    checks: Checks = current_app.extensions["portero.operations"]
    return checks


@health.show
def _health(caller: Caller) -> Mapping[str, Any]:
    checks = _operations()
    checks.refresh(services().sessions.clock)
    waited, running = services().jobs.backlog()
    versions = {"Portero": checks.operations.version, "Python": platform.python_version(), "Flask": version("flask")}
    problems = [problem for _, problem in checks.results if problem]
    jobs = {"waited": round(waited), "running": running}
    hour = _last_hour(checks.operations.traffic) if checks.operations.traffic else {}
    return {"checks": checks, "problems": problems, "jobs": jobs, "versions": versions, "limits": _LIMITS, **hour}


def _last_hour(traffic: Traffic) -> Mapping[str, Any]:
    """Return the charts of the requests and of the milliseconds of their answers, by minute."""
    since, whole, minutes = traffic.last_hour()
    requests = Chart.of([(each.begin, (each.answered, each.refused, each.failed)) for each in minutes])
    times = Chart.of([(each.begin, _milliseconds(each)) for each in minutes])
    return {"since": since, "requests": requests, "times": times, "whole": _milliseconds(whole)}


def _milliseconds(answers: Answers) -> tuple[float, float]:
    """Return the median, and the difference between the 95th percentile and the median."""
    median, most = round(answers.median * 1000, 1), round(answers.percentile_95 * 1000, 1)
    return median, round(most - median, 1)


@settings.show
def _settings(caller: Caller) -> Mapping[str, Any]:
    every = _operations().operations.settings
    only_set = request.args.get("only") == "set"
    rows = [each for each in every if not only_set or each[2] != "default"]
    return {"rows": rows, "only_set": only_set}
