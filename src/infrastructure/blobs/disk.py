"""Objects as files in a folder.

Not the LocalStore of obstore (0.12): it writes a temporary file and renames it too, but beside its target, where it
stays for ever when the process is killed, and it syncs neither the file nor its folder, so that after a power loss
an object may be empty or gone although put() had returned.
"""

import os
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs.object_keys import checked

_CHUNK = 1 << 18
_ABANDONED_SECONDS = 24 * 60 * 60

# What stands where there is no object: nothing, a folder, or a file where a folder had to be.
_NO_OBJECT = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class DiskBlobs:
    """See BlobStore. What put() has returned from survives a power loss, as far as the disk keeps its word.

    Processes may share the folder, on one file system. It is made when it is first written to. No key begins with a
    dot: ``.unfinished`` in it holds what is being written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder / ".unfinished"
        self._swept = False

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """See BlobStore."""
        target = self._folder / checked(key)
        with _translated():
            _make_folder(self._unfinished)
            self._sweep_once()
            file = NamedTemporaryFile(dir=self._unfinished, delete=False)  # noqa: SIM115 - renamed, or removed below
        try:
            with file:
                for chunk in chunks:
                    # Only this: an OSError of the chunks themselves is not ours to translate.
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
        """See BlobStore. Once begun, deleting or replacing the object does not change what is read."""
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
        """See BlobStore."""
        path = self._folder / checked(key)
        with _translated(), suppress(*_NO_OBJECT):
            path.unlink()
            _sync(path.parent)

    def uri(self, key: str) -> str:
        """See BlobStore."""
        return f"file:{checked(key)}"

    def _sweep_once(self) -> None:
        """Remove what killed processes left behind long ago; nobody writes that slowly."""
        if self._swept:
            return
        self._swept = True
        for leftover in self._unfinished.iterdir():
            with suppress(FileNotFoundError):
                if leftover.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
                    leftover.unlink()


def _chunks(file: IO[bytes]) -> Generator[bytes, None, None]:
    """Nothing first, then what is in the file, which is closed at the end."""
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
