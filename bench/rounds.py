"""Loads several servers in turn, round after round, so that a disturbance of the machine meets all of them."""

from collections.abc import Mapping

from bench.contestants import Live, Request
from bench.load import load
from bench.results import Figure, Options, Series, ratios

RATE = "requests per second"
CPU = "CPU per request, ms"


def take_rounds(options: Options, loads: Mapping[str, tuple[Live, Request]]) -> Series:
    """Send each request to its server in every round, in alternating order. Return the rates and the CPU times."""
    series: Series = {RATE: {name: [] for name in loads}, CPU: {name: [] for name in loads}}
    for server, request in loads.values():
        load(server, request, min(1, options.seconds))  # the first requests open files and fill caches
    for round in range(options.rounds):
        for name, (server, request) in list(loads.items())[:: -1 if round % 2 else 1]:
            sample = load(server, request, options.seconds)
            series[RATE][name].append(sample.rate)
            series[CPU][name].append(sample.cpu)
    return series


def compare(series: Series, title: str, ours: str, theirs: str, goal: float | None = None, limit: str = "") -> Figure:
    """Return the ratio of two rates. Its CPU ratio is inverted, so that a higher one is better too."""
    rate, cpu = series[RATE], series[CPU]
    return Figure(title, ratios(rate[ours], rate[theirs]), goal=goal, cpu=ratios(cpu[theirs], cpu[ours]), limit=limit)
