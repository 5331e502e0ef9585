"""Protects the exceptions of the chunks of a file from the error handling of the client library that reads them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def guarded(chunks: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """Yield ``chunks`` for a block that stores or sends them.

    If the chunks raise an exception, the block raises the same exception, whatever the library has made of it.
    """
    errors: list[Exception] = []

    def watched() -> Iterator[bytes]:
        try:
            yield from chunks
        except Exception as error:
            errors.append(error)
            raise

    try:
        yield watched()
    except Exception:
        if errors:
            raise errors[0] from None
        raise
