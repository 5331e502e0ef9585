"""Protects the exceptions of the chunks of a file from the error handling of the client library that reads them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

CHUNK_BYTES = 1 << 18
"""The number of bytes of the chunks in which a stored file is read."""


@contextmanager
def guarded(chunks: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """Yield ``chunks`` to the body of a ``with`` statement, which stores or sends the chunks.

    If iterating over the chunks raises an exception, the ``with`` statement raises the same exception, even if the
    library that stores or sends the chunks has replaced or wrapped it.
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
