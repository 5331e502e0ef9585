"""Translates the errors of client libraries into the domain's Unavailable."""

from collections.abc import Iterator
from contextlib import contextmanager

from src.domain.errors import Unavailable


@contextmanager
def unavailable_on(*errors: type[Exception]) -> Iterator[None]:
    """Raise Unavailable from an error that the block, or the decorated function, raises, if it is one of ``errors``."""
    try:
        yield
    except errors as error:
        raise Unavailable from error
