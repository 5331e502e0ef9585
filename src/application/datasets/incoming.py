"""The file of a new dataset, in the temporary folder."""

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from src.domain.csv import ReadOptions
from src.domain.errors import Unavailable

_PREFIX = "portero-upload-"
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class IncomingDataset:
    """A CSV file that has arrived in the temporary folder, and the options to read it with."""

    file: Path
    name: str
    filename: str
    size: int
    sha256: str
    lines: int
    """The number of lines in the file. It may be a little too high."""
    read_options: ReadOptions
    prefer_job: bool
    """Whether the client asks not to wait for the check."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the content of the file."""
        with self.file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                yield chunk


@contextmanager
def temporary_file(chunks: Iterable[bytes] = ()) -> Iterator[Path]:
    """Yield a temporary file with these bytes; remove it after the block. Raises Unavailable when the disk is full."""
    try:
        with tempfile.NamedTemporaryFile(prefix=_PREFIX) as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            yield Path(file.name)
    except OSError as error:
        raise Unavailable from error


def remove_abandoned_files(older_than: float = 86400.0) -> None:
    """Remove temporary files that killed processes left behind, if they are older than ``older_than`` seconds."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another process has removed it
            if path.stat().st_mtime < time.time() - older_than:
                path.unlink()
