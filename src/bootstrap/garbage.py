"""Keeps the garbage collector away from the modules that are loaded at the start."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Pause the garbage collector while the block imports modules.

    The loaded objects are exempt from later collections, so that the worker processes share their memory after a fork.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
