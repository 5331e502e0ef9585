"""The bytes of a file that are looked at."""

from src.infrastructure.tables.source import Source


class Window:
    """The bytes after the header, of which some can be looked at and then left behind."""

    def __init__(self, source: Source) -> None:
        self.offset = 0
        self.part = 0.0
        """How much of the file has been read, as 0 to 1."""
        self._chunks = source.chunks(self._note)
        self._buffer = bytearray()

    def peek(self, size: int) -> bytes:
        """The next bytes: fewer only at the end."""
        while len(self._buffer) < size and (chunk := next(self._chunks, None)) is not None:
            self._buffer += chunk
        return bytes(memoryview(self._buffer)[:size])

    def skip(self, size: int) -> None:
        """Leave bytes behind."""
        self.offset += size
        while len(self._buffer) < size and (chunk := next(self._chunks, None)) is not None:
            size -= len(self._buffer)
            self._buffer[:] = chunk
        del self._buffer[:size]

    def _note(self, part: float) -> None:
        self.part = part
