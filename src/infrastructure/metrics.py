"""Metrics for Prometheus, with the same totals from every worker.

See https://prometheus.github.io/client_python/multiprocess/.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

_COUNTERS = {
    "breach_checks": ("Checks of new passwords for leaked ones, by outcome.", ["outcome"]),
    "jobs": ("Attempts at jobs, by kind and outcome.", ["kind", "outcome"]),
    "mails": ("Mails given to the mail server, by outcome.", ["outcome"]),
    "swept": ("Records that a sweep reconciled or removed, by kind.", ["kind"]),
    "webhooks": ("Attempts to send an event to a webhook, by outcome.", ["outcome"]),
    "sweep_failures": ("Steps of a sweep that failed, by kind of record.", ["kind"]),
}
_GAUGES = {
    "jobs_oldest_due_seconds": "The time for which the oldest overdue job has waited for a worker.",
    "jobs_running": "Jobs that run now, 100 at most.",
}


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Let processes that are forked in the block share their metrics in a folder, which the first process removes.

    The other processes leave the block too.
    """
    folder, process = tempfile.mkdtemp(prefix="portero-metrics-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    try:
        yield
    finally:
        if os.getpid() == process:
            shutil.rmtree(folder, ignore_errors=True)


class PrometheusMetrics:
    """Collects metrics in memory, or in the files of PROMETHEUS_MULTIPROC_DIR, which workers share. Implements Metrics.

    The library reads that variable when it is loaded. It is therefore loaded at the first measurement, after the
    variable has been set.
    """

    @cached_property
    def _metrics(self) -> "tuple[CollectorRegistry, Histogram, dict[str, Counter]]":
        from prometheus_client import CollectorRegistry, Counter, Histogram

        registry = CollectorRegistry()
        text, labels = "Time to answer, by method, route and status.", ["method", "route", "status"]
        counters = {
            name: Counter(f"portero_{name}", text, labels, registry=registry)
            for name, (text, labels) in _COUNTERS.items()
        }
        return registry, Histogram("portero_request_seconds", text, labels, registry=registry), counters

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self._metrics[1].labels(method, route, status).observe(seconds)

    def count(self, metric: str, *labels: str, amount: int = 1) -> None:
        self._metrics[2][metric].labels(*labels).inc(amount)

    def text(self, backlog: Mapping[str, float]) -> bytes:
        from prometheus_client import CollectorRegistry, generate_latest

        registry = self._metrics[0]
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            from prometheus_client.multiprocess import MultiProcessCollector

            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        gauges = (
            f"# HELP portero_{name} {_GAUGES[name]}\n# TYPE portero_{name} gauge\nportero_{name} {value}\n"
            for name, value in backlog.items()
        )
        return generate_latest(registry) + "".join(gauges).encode()
