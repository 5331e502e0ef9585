"""Objects as files in a folder.

Not the LocalStore of obstore (0.12): its temporary files stand beside their targets, where they stay for ever when the
process is killed. It also syncs neither the file nor its folder, so that a power loss can empty or remove an object
although put() had returned.
"""

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs.object_keys import checked

_CHUNK = 1 << 18
_ABANDONED_SECONDS = 60 * 60
"""An unfinished file that nobody has written to for so long belongs to a killed process."""

# What opening or removing a path raises when there is no object: nothing, a folder, or a file in place of a folder.
_NO_OBJECT = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class DiskBlobs:
    """Stores objects as files in a folder. Implements BlobStore.

    Processes may share the folder, on one file system. The first put() creates it. Keys do not begin with a dot, so
    that no object collides with its subfolder ``.unfinished``, which holds the files being written.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """``clock`` returns the time of day in seconds since the epoch, as files are dated."""
        self._folder = folder
        self._unfinished = folder / ".unfinished"
        self._clock = clock
        self._swept_at = 0.0

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store an object. It survives a power loss once this returns, if the disk keeps what it has confirmed."""
        target = self._folder / checked(key)
        with _translated():
            _make_folder(self._unfinished)
            self._remove_abandoned()
            file = NamedTemporaryFile(dir=self._unfinished, delete=False)  # noqa: SIM115 - renamed, or removed below
        try:
            with file:
                for chunk in chunks:
                    # Only this: an OSError that the chunks raise is passed on.
                    with _translated():
                        file.write(chunk)
                with _translated():
                    file.flush()
                    os.fsync(file.fileno())
            with _translated():
                _make_folder(target.parent)
                Path(file.name).replace(target)
                _sync(target.parent)
        except BaseException:
            with suppress(OSError):
                Path(file.name).unlink(missing_ok=True)
            raise

    def read(self, key: str) -> Iterator[bytes]:
        """Return the chunks of the object as it is now, even if it is replaced or deleted before they are read."""
        path = self._folder / checked(key)
        with _translated():
            try:
                file = path.open("rb")
            except _NO_OBJECT:
                raise NotFound from None
        chunks = _chunks(file)
        next(chunks)  # closing a generator that has not begun would leave the file open
        return chunks

    def delete(self, key: str) -> None:
        path = self._folder / checked(key)
        with _translated(), suppress(*_NO_OBJECT):
            path.unlink()
            _sync(path.parent)

    def uri(self, key: str) -> str:
        return f"file:{checked(key)}"

    def _remove_abandoned(self) -> None:
        """Remove what killed processes have left unfinished, at the first put and then once an hour."""
        oldest = self._clock() - _ABANDONED_SECONDS
        if self._swept_at > oldest:
            return
        self._swept_at = self._clock()
        for file in self._unfinished.iterdir():
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < oldest:
                    file.unlink()


def _chunks(file: IO[bytes]) -> Generator[bytes, None, None]:
    """Yield an empty chunk, then the content of the file, and close the file."""
    with file:
        yield b""
        while True:
            with _translated():
                chunk = file.read(_CHUNK)
            if not chunk:
                return
            yield chunk


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable from error
