"""Temporary files that hold uploads while they are checked."""

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from src.infrastructure.outages import unavailable_on

_PREFIX = "portero-upload-"


@contextmanager
def temporary_file(chunks: Iterable[bytes] = ()) -> Iterator[Path]:
    """Write chunks to a temporary file, and remove it after the block. Implements Spool."""
    with unavailable_on(OSError):
        file = tempfile.NamedTemporaryFile(prefix=_PREFIX, buffering=0)  # noqa: SIM115 - closed below
    with file:
        for chunk in chunks:
            rest = memoryview(chunk)
            with unavailable_on(OSError):
                while rest:  # a disk that is nearly full takes a part
                    rest = rest[file.write(rest) :]
        yield Path(file.name)


def remove_abandoned_files() -> int:
    """Remove temporary files that killed processes left behind, if they are older than a day. Return their number."""
    removed = 0
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another process has removed it
            if path.stat().st_mtime < time.time() - 86400:
                path.unlink()
                removed += 1
    return removed
