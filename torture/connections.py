"""Each case of a misused connection at each server, alone and behind nginx."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.e2e.connections import CASES, FRONTS, check, front
from torture.runs import Rounds, Target


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds: each case in turn, at every server."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        ports = {name: stack.enter_context(front(name, folder / f"{at}")) for at, name in enumerate(FRONTS)}
        cases = [*CASES]

        def play(number: int, _: Random) -> Counter[str]:
            case = cases[number]
            outcomes = {name: check(case, name, port) for name, port in ports.items()}
            return Counter({f"{case} | {name} | {outcome}": 1 for name, outcome in outcomes.items()}) + Counter(
                {"outcomes as declared": len(outcomes)}
            )

        yield Rounds(len(cases), play)


CONNECTIONS = Target(
    "connections",
    "Clients get every answer on the connections that they keep, and requests that could be read in two ways have the "
    "declared outcome at every server",
    opened,
)
