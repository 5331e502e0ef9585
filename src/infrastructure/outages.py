"""Translates the errors of client libraries into the domain's Unavailable."""

from collections.abc import Iterator
from contextlib import contextmanager

from src.domain.errors import Unavailable


@contextmanager
def unavailable_on(*errors: type[Exception]) -> Iterator[None]:
    """If the block or the decorated function raises one of ``errors``, raise Unavailable from it."""
    try:
        yield
    except errors as error:
        raise Unavailable from error
