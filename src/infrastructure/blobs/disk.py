"""Stores objects as files in a folder.

The LocalStore of obstore (0.12) is not used. It creates its temporary files beside the objects and never removes those
of killed processes. It also syncs neither the file nor its folder, so that a power loss after put() can empty or remove
an object.
"""

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from src.domain.errors import NotFound
from src.infrastructure.blobs.object_keys import checked
from src.infrastructure.chunks import CHUNK_BYTES, guarded
from src.infrastructure.disks import require_free
from src.infrastructure.outages import unavailable_on

_ABANDONED_SECONDS = 60 * 60
"""An unfinished file to which nothing was written for this long belongs to a process that was killed."""

# Opening or removing a path raises these when it does not exist, is a folder, or leads through a file.
_NO_OBJECT = (FileNotFoundError, IsADirectoryError, NotADirectoryError)

_translated = partial(unavailable_on, OSError)


class DiskBlobs:
    """Stores objects as files in a folder. Implements BlobStore.

    Processes may share the folder. The first put() creates it. Files are written in its subfolder ``.unfinished`` and
    then moved, so both must be on one file system. Keys do not begin with a dot, so no object is in that subfolder.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Store objects in ``folder``. ``clock`` returns seconds since the epoch, as time.time does."""
        self._folder = folder
        self._unfinished = folder / ".unfinished"
        self._clock = clock

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store an object. Once the method has returned, the object survives a power loss.

        Raises Unavailable when the disk is full, or nearly so: deleting needs some space.
        """
        target = self._folder / checked(key)
        with guarded(chunks) as chunks, _translated():
            _make_folder(self._unfinished)
            self._remove_abandoned()
            with NamedTemporaryFile(dir=self._unfinished, delete=False) as file:
                try:
                    for chunk in chunks:
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                    require_free(self._folder)
                    _make_folder(target.parent)
                    Path(file.name).replace(target)
                    _sync(target.parent)
                finally:
                    Path(file.name).unlink(missing_ok=True)

    def read(self, key: str, start: int = 0) -> Iterator[bytes]:
        """Return the chunks of an object. They stay readable if the object is replaced or deleted meanwhile."""
        path = self._folder / checked(key)
        with _translated():
            try:
                file = path.open("rb")
                file.seek(start)
            except _NO_OBJECT:
                raise NotFound from None
        chunks = _chunks(file)
        next(chunks)  # Closing a generator that has not begun would leave the file open.
        return chunks

    def delete(self, key: str) -> None:
        path = self._folder / checked(key)
        with _translated(), suppress(*_NO_OBJECT):
            path.unlink()
            _sync(path.parent)

    def check(self) -> None:
        """Do nothing if put() may write to the folder, or create it. Raises Unavailable."""
        with _translated():
            place = self._folder.absolute()
            existing = next(path for path in (place, *place.parents) if path.exists())
            if not existing.is_dir():
                raise NotADirectoryError(f"{existing} is not a folder")
            if not os.access(existing, os.W_OK | os.X_OK):
                raise PermissionError(f"{existing} cannot be written to")

    def uri(self, key: str) -> str:
        return f"file:{checked(key)}"

    def _remove_abandoned(self) -> None:
        """Remove the unfinished files of killed processes."""
        oldest = self._clock() - _ABANDONED_SECONDS
        for file in self._unfinished.iterdir():
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < oldest:
                    file.unlink()


def _chunks(file: IO[bytes]) -> Generator[bytes, None, None]:
    """Yield an empty chunk and then the content of the file. Close the file at the end."""
    read = _translated()(file.read)
    with file:
        yield b""
        while chunk := read(CHUNK_BYTES):
            yield chunk


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Write the names in a folder to the disk, so that they survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
