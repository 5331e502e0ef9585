"""Protects the exceptions of the chunks of an object from the error handling of the store that reads them."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager


@contextmanager
def guarded(chunks: Iterable[bytes], translated: AbstractContextManager[None]) -> Iterator[Iterator[bytes]]:
    """Yield ``chunks`` for a block that stores them, and run the block in ``translated``.

    An exception that the chunks raise is raised unchanged, whatever the store or ``translated`` makes of it.
    """
    errors: list[Exception] = []

    def watched() -> Iterator[bytes]:
        try:
            yield from chunks
        except Exception as error:
            errors.append(error)
            raise

    try:
        with translated:
            yield watched()
    except Exception:
        if errors:
            raise errors[0] from None
        raise
