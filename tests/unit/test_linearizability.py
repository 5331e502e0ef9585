"""The checker finds histories that no order of the operations explains."""

from collections.abc import Iterable

import pytest

from tests.support.linearizability import Operation, is_linearizable


def register(state: int, operation: Operation) -> Iterable[int]:
    """A register: ``("write", value)`` and ``("read", None)``."""
    verb, value = operation.call
    return [value] if verb == "write" else [state] if operation.result == state else []


def written(value: int, began: int, ended: int) -> Operation:
    return Operation(("write", value), None, began, ended)


def read(value: int, began: int, ended: int) -> Operation:
    return Operation(("read", None), value, began, ended)


@pytest.mark.parametrize(
    ("operations", "holds"),
    [
        ([written(1, 0, 1), read(1, 2, 3)], True),
        ([written(1, 0, 1), read(0, 2, 3)], False),  # a stale read
        ([written(1, 0, 5), read(0, 1, 2), read(1, 3, 4)], True),  # the write took effect between the reads
        ([written(1, 0, 5), read(1, 1, 2), read(0, 3, 4)], False),  # the new value was read, and then the old one
        ([written(1, 0, 3), written(2, 1, 4), read(1, 5, 6), read(2, 7, 8)], False),  # one of the writes came last
        ([written(1, 0, 3), written(2, 1, 4), read(1, 5, 6), read(1, 7, 8)], True),
    ],
)
def test_a_history_is_linearizable_if_some_order_explains_it(operations: list[Operation], holds: bool) -> None:
    assert is_linearizable(operations, 0, register) is holds
