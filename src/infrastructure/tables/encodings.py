"""The encodings that files have, and the one form that everything else sees: UTF-8 without a byte-order mark.

Bytes that the encoding cannot decode stay in it as they are (PEP 383), so that they can be told from what was decoded.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from src.domain.errors import FieldError, Invalid

CHUNK = 1 << 20

_ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8-sig",
    "ascii": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "iso8859-1": "iso-8859-1",
    "iso8859-15": "iso-8859-15",
    "cp1252": "windows-1252",
}
"""Python's names, and those we say (the WHATWG's and IANA's)."""
_UNDEFINED_1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
_C1 = bytes(range(0x80, 0xA0))

UNDECODED = re.compile("[\udc80-\udcff]")
"""A byte that could not be decoded."""


def refused(code: str, message: str) -> Invalid:
    """The error for a file that is no CSV file."""
    return Invalid(FieldError("file", code, message))


def declared_encoding(encoding: str) -> str:
    """The encoding as we say it; raises Invalid for one that we do not read."""
    try:
        return _ENCODINGS[codecs.lookup(encoding).name]
    except (LookupError, ValueError):
        names = ", ".join(dict.fromkeys(_ENCODINGS.values()))
        raise Invalid(FieldError("encoding", "encoding", f"Give one of {names}.")) from None


def check_encoding(name: str) -> None:
    """Raises Invalid for one that we do not read."""
    declared_encoding(name)


def shown(text: str) -> str:
    """The text with the replacement character for every byte that could not be decoded."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if not text.isascii() else text


def chunks_of(file: Path, encoding: str, read: Callable[[float], None] | None) -> Iterator[bytes]:
    """The file in the one form; ``read`` is told how much of it has been read, as 0 to 1."""
    size = max(file.stat().st_size, 1)
    wide = encoding.startswith("utf-16")
    decoder = None
    if not encoding.startswith("utf-8"):
        decoder = codecs.getincrementaldecoder(encoding)("strict" if wide else "surrogateescape")
    with file.open("rb") as stream:
        mark = codecs.BOM_UTF8
        while raw := stream.read(CHUNK):
            if read:
                read(stream.tell() / size)
            chunk = raw if decoder is None else _encoded(decoder, raw)
            yield chunk.removeprefix(mark) if wide or decoder is None else chunk
            mark = b""
        if decoder and (rest := _encoded(decoder, b"", final=True)):
            yield rest


def _encoded(decoder: codecs.IncrementalDecoder, raw: bytes, final: bool = False) -> bytes:
    try:
        return decoder.decode(raw, final).encode("utf-8", "surrogateescape")
    except UnicodeError:
        raise refused("encoding", "This is not valid UTF-16.") from None


def find_encoding(
    file: Path, start: bytes, declared: str | None, read: Callable[[float], None] | None
) -> tuple[str, bool]:
    """The encoding, and whether some bytes cannot be decoded. Raises Invalid if a character is NUL."""
    encoding = declared
    if encoding is None and start.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif encoding is None and start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    if encoding and encoding.startswith("utf-16"):
        for chunk in chunks_of(file, encoding, read and (lambda _: read(0.0))):
            _refuse_nul(chunk)
        return encoding, False
    utf8, c1, undefined = _Utf8(), False, False
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if read:
                read(0.0)
            _refuse_nul(chunk)
            utf8.look(chunk)
            if (not utf8.likely or encoding == "windows-1252") and not chunk.isascii():
                c1 = c1 or len(chunk.translate(None, _C1)) < len(chunk)
                undefined = undefined or any(byte in chunk for byte in _UNDEFINED_1252)
        utf8.look(b"", final=True)
    if encoding:
        return encoding, utf8.broken if encoding.startswith("utf-8") else encoding == "windows-1252" and undefined
    if utf8.likely:
        return "utf-8", utf8.broken
    return ("windows-1252", False) if c1 and not undefined else ("iso-8859-1", False)


class _Utf8:
    """Whether bytes are UTF-8, and if they are not, whether they were meant to be."""

    def __init__(self) -> None:
        self.broken = False
        self.likely = True
        self._rest = b""
        self._continued = 0

    def look(self, chunk: bytes, final: bool = False) -> None:
        """Look at the next chunk, unless one that cannot be decoded has settled it."""
        if self.broken or (chunk.isascii() and not self._rest):
            return
        data = self._rest + chunk
        try:
            text, size = codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError:
            text, size = codecs.utf_8_decode(data, "surrogateescape", final)
            self.broken = True
        self._continued += size - len(text)
        self._rest = data[size:]
        if self.broken:
            # In text of one byte a character what looks like UTF-8 is rare: more of it than not is UTF-8 with errors.
            self.likely = size - len(text.encode(errors="ignore")) <= self._continued


def _refuse_nul(chunk: bytes) -> None:
    if b"\0" in chunk:
        raise refused("nul", "The file has a NUL character, so it is not text.")
