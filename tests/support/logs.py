"""The log of the service, written where a test can read it."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from src.infrastructure.logs import configure_logs
from src.interfaces.framework.headers import request_fields


@contextmanager
def logging_to(written: io.StringIO, *, text: bool = False) -> Iterator[None]:
    """Write the log of the service to ``written`` during the block."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with redirect_stdout(written):
        configure_logs("demo", request_fields.get, text=text)
    yield
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
