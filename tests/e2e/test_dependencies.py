"""The service behaves as documented while a dependency fails. ``make torture-dependencies`` tries each fault."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.dependencies import FAULTS, break_and_heal, documented
from torture.dependencies import World

NAMES = (
    *("SMTP", "webhook", "pictures of dogs", "receiver of files", "language model", "leaked passwords"),
    *("former system", "keys of Google"),
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack, stack.enter_context(pytest.MonkeyPatch.context()))


@pytest.mark.parametrize("name", NAMES)
def test_a_dependency_that_fails_costs_what_is_documented_and_recovers(world: World, name: str) -> None:
    dependency = world.quick()[name]()
    for fault in FAULTS:
        if fault != "slow":  # a slow dependency takes the whole documented time
            break_and_heal(name, dependency, fault)


def test_every_dependency_is_documented(world: World) -> None:
    assert documented().keys() == world.all().keys()
