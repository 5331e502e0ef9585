"""Loads several contestants in turn, round after round, so that a disturbance of the machine meets all of them."""

from collections.abc import Callable, Mapping

from bench.load import Sample
from bench.results import Figure, Options, Series, ratios

RATE = "requests per second"
CPU = "CPU per request, ms"
FAILED = "failed requests"
Load = Callable[[float], Sample]
"""Loads one contestant for a number of seconds."""


def take_rounds(options: Options, loads: Mapping[str, Load]) -> Series:
    """Run each load in every round, in alternating order. Return the rates and the CPU times."""
    series: Series = {quantity: {name: [] for name in loads} for quantity in (RATE, CPU, FAILED)}
    for load in loads.values():
        load(min(1, options.seconds))  # the first requests open files and fill caches
    for number in range(options.rounds):
        for name, load in list(loads.items())[:: -1 if number % 2 else 1]:
            sample = load(options.seconds)
            series[RATE][name].append(sample.rate)
            series[CPU][name].append(sample.cpu)
            series[FAILED][name].append(sample.failed)
    if not any(map(any, series[FAILED].values())):
        del series[FAILED]
    return series


def compare(series: Series, title: str, ours: str, theirs: str, goal: float | None = None, limit: str = "") -> Figure:
    """Return the ratio of two rates. Its CPU ratio is inverted, so that a higher one is better too."""
    rate, cpu = series[RATE], series[CPU]
    return Figure(
        title,
        ratios(rate[ours], rate[theirs]),
        goal=goal,
        cpu=ratios(cpu[theirs], cpu[ours]),
        limit=limit,
    )
