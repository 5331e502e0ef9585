"""Measures how long servers take to start, and how much memory they use."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.contestants import ALL_PEERS, FLASK_JWT_EXTENDED, HELLO, PORTERO, Contestant, serving
from bench.load import load
from bench.processes import cpu_seconds, pss_mib, wait_until_idle
from bench.results import Figure, Options, Result, Series, ratios

SECONDS = "seconds until GET /user answers 200"
CPU_SECONDS = "CPU seconds until then"
IMPORTS = "the imports of Portero and its libraries"
IDLE = "idle memory, MiB"


def start(options: Options) -> Result:
    """Compare the time from the command to the first answer, with a database that is there already."""
    with TemporaryDirectory(prefix="portero-bench-") as name:
        series = start_rounds(options, (PORTERO, HELLO, *ALL_PEERS), Path(name))
    figures = [
        compare_starts(series, "start", PORTERO.title, HELLO.title, 3),
        compare_starts(series, "start", PORTERO.title, FLASK_JWT_EXTENDED.title, 1.2),
        *(compare_starts(series, "start", PORTERO.title, each.title) for each in ALL_PEERS[1:]),
    ]
    return Result("From the command to the first 200", series, figures)


def start_rounds(options: Options, contestants: Sequence[Contestant], folder: Path) -> Series:
    """Start each contestant in every round, after a first start that creates its data."""
    series: Series = {quantity: {each.title: [] for each in contestants} for quantity in (SECONDS, CPU_SECONDS)}
    _create(contestants, folder)
    for number in range(options.rounds):
        for each in contestants[:: -1 if number % 2 else 1]:
            with serving(each, folder / each.title) as live:
                series[CPU_SECONDS][each.title].append(cpu_seconds(live.pid))
                series[SECONDS][each.title].append(live.start_seconds)
    return series


def _create(contestants: Iterable[Contestant], folder: Path) -> None:
    """Start each contestant for the first time, which creates its database and an account."""
    for each in contestants:
        with serving(each, folder / each.title):
            pass


def compare_starts(series: Series, title: str, ours: str, theirs: str, goal: float | None = None) -> Figure:
    """Return the ratio of two start times."""
    cpu = ratios(series[CPU_SECONDS][ours], series[CPU_SECONDS][theirs])
    samples = ratios(series[SECONDS][ours], series[SECONDS][theirs])
    return Figure(f"{title} ÷ {theirs}", samples, goal=goal, better="lower", cpu=cpu, limit=IMPORTS)


def memory(options: Options) -> Result:
    """Compare the memory of idle servers with two workers, and of Portero after many logins."""
    contestants = (PORTERO, HELLO, *ALL_PEERS)
    series: Series = {IDLE: {each.title: [] for each in contestants}}
    after_logins: list[float] = []
    with TemporaryDirectory(prefix="portero-bench-") as name:
        _create(contestants, Path(name))
        for _ in range(options.rounds):
            for each in contestants:
                with serving(each, Path(name, each.title)) as live:
                    wait_until_idle(live.pid)
                    series[IDLE][each.title].append(pss_mib(live.pid))
                    if each is PORTERO:
                        logins = 0.0
                        while logins < options.logins:
                            logins += options.seconds * load(live, live.login, options.seconds).rate
                        after_logins.append(pss_mib(live.pid))
    idle = series[IDLE]
    goals = {FLASK_JWT_EXTENDED.title: 1.0}
    figures = [
        Figure(
            f"idle memory ÷ {each.title}",
            ratios(idle[PORTERO.title], idle[each.title]),
            goal=goals.get(each.title),
            better="lower",
            limit=IMPORTS,
        )
        for each in contestants[1:]
    ]
    title = f"memory after {options.logins:,} logins"
    figures.append(Figure(title, after_logins, "MiB", goal=130, better="lower", limit=IMPORTS))
    series |= {f"{title}, MiB": {PORTERO.title: after_logins}}
    return Result("Memory of two workers (PSS)", series, figures)
