"""The file of a dataset as it arrives, in the temporary folder."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from src.domain.datasets import ReadOptions
from src.domain.errors import Unavailable

SPOOLED = "portero-upload-"
"""What the names of files begin with that are kept in the temporary folder for a while."""
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has arrived, and what is asked for."""

    file: Path
    name: str
    filename: str
    size: int
    sha256: str
    lines: int
    read_options: ReadOptions
    later: bool
    """Whether the client would rather not wait."""

    def chunks(self, heartbeat: Callable[[], None]) -> Iterator[bytes]:
        """The content of the file; ``heartbeat`` is called for each chunk, and may raise."""
        with self.file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                heartbeat()
                yield chunk


Receive = Callable[[Callable[[], None]], Received]
"""Lets a file arrive; the heartbeat it is given must be called now and then, and may raise."""


@contextmanager
def spooled(chunks: Iterable[bytes] = ()) -> Iterator[Path]:
    """A file of this machine with these bytes, for as long as it takes. Raises Unavailable when there is no room."""
    try:
        with tempfile.NamedTemporaryFile(prefix=SPOOLED) as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            yield Path(file.name)
    except OSError as error:
        raise Unavailable from error
