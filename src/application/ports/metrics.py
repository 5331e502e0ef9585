"""The ports of metrics and traces, which tell an operator how the service does."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class CountEvent(Protocol):
    """A function that counts events other than requests."""

    def __call__(self, metric: str, *labels: str, amount: int = 1) -> None:
        """Add ``amount`` to a metric, under the values of its labels."""


def uncounted(metric: str, *labels: str, amount: int = 1) -> None:
    """Count nothing. Implements CountEvent."""


class TraceStep(Protocol):
    """A function that returns a context manager, which adds its block to a trace."""

    def __call__(self, name: str, *, parent: str | None) -> AbstractContextManager[object]:
        """Add the block under a name to the trace of ``parent``, or of the current work if that is None."""


def untraced(name: str, *, parent: str | None) -> AbstractContextManager[object]:
    """Trace nothing. Implements TraceStep."""
    return nullcontext()


class Metrics(Protocol):
    """Collects metrics of this service, and shows the same totals from every one of its processes."""

    def count(self, metric: str, *labels: str, amount: int = 1) -> None:
        """Add ``amount`` to a metric, as ``CountEvent`` does."""

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request, and the time of its answer."""

    def text(self, backlog: Mapping[str, float]) -> bytes:
        """Return all metrics in the text format of Prometheus.

        ``backlog`` holds values that were just read from the store.
        """


@dataclass(frozen=True, slots=True)
class Answers:
    """The number of answered requests in a span of time, by outcome, and percentiles of their response times."""

    begin: datetime
    answered: int
    refused: int
    """Requests with an error of the client."""
    failed: int
    """Requests with an error of the service."""
    median: float
    """The seconds within which half of the requests were answered, give or take a tenth. 0 without requests."""
    percentile_95: float
    """The seconds within which 95 of 100 requests were answered, give or take a tenth. 0 without requests."""


class Traffic(Protocol):
    """Counts the requests of the last hour, of all processes of the service on this machine."""

    def observe(self, status: int, seconds: float) -> None:
        """Count a request, and the time of its answer."""

    def last_hour(self) -> tuple[datetime, Answers, Sequence[Answers]]:
        """Return the time since which requests are counted, the answers of the last hour, and the same by minute."""
