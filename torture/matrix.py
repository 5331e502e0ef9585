"""Every role, owner and kind of token at every route, and every role at every page of the console."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random

from flask import Flask

from tests.support.matrix import KINDS, check_console, check_role, check_token, console_cells, guarded_app, role_cells
from tests.support.world import OPERATIONS
from torture.runs import Rounds, Target

_CELLS = 50
"""The cells of a round."""


def _checks() -> list[tuple[str, Callable[[Flask], None]]]:
    operations = sorted(OPERATIONS)
    return [
        *(
            ("cells of role, route and owner", partial(check_role, cell=cell))
            for method, path in operations
            for cell in role_cells(method, path)
        ),
        *(
            ("cells of token and route", partial(check_token, method=method, path=path, kind=kind))
            for method, path in operations
            for kind in KINDS
        ),
        *(("cells of role and page", partial(check_console, cell=cell)) for cell in console_cells(guarded_app())),
    ]


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds, each with 50 cells and an application of its own."""
    checks = _checks()

    def play(number: int, _: Random) -> Counter[str]:
        app, counts = guarded_app(), Counter[str]()
        for kind, check in checks[number * _CELLS :][:_CELLS]:
            check(app)
            counts[kind] += 1
        return counts

    yield Rounds(-(-len(checks) // _CELLS), play)


MATRIX = Target(
    "matrix",
    "Every role and every kind of token get the declared answer at every route and page",
    opened,
)
