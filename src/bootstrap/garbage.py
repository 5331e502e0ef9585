"""Keeps the garbage collector away from the modules that are loaded at the start."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Pause the garbage collector while the block imports modules, and exempt what is loaded from later collections.

    The worker processes therefore share it after a fork.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
