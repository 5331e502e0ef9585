"""What values of the right type are tested for, one by one."""

from collections.abc import Callable, Iterator

from src.domain.tables import ORDER, Column
from src.infrastructure.tables import patterns


def value_tests(column: Column) -> Iterator[tuple[str, Callable[[str], object]]]:
    """What values of the right type are tested for."""
    if column.min is not None:
        yield "min", _bound(column, column.min, least=True)
    if column.max is not None:
        yield "max", _bound(column, column.max, least=False)
    if column.pattern is not None:
        yield "pattern", patterns.compiled(column.pattern)
    if column.enum is not None:
        yield "enum", frozenset(column.enum).__contains__


def _bound(column: Column, bound: float | str, *, least: bool) -> Callable[[str], object]:
    order = ORDER[column.type]
    limit = order(str(bound))
    # Both are of one type, which mypy cannot see.
    compare = limit.__le__ if least else limit.__ge__
    return lambda text: compare(order(text))  # type: ignore[operator]
