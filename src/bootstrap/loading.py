"""Loads modules without looking for garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Import modules in the block without looking for garbage, because all that is loaded stays.

    What is loaded is never examined later either. The processes of the web server therefore share it after a fork.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
