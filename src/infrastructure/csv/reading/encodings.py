"""The supported encodings of files.

All other modules see a file as UTF-8 without a byte-order mark. Bytes that the encoding cannot decode are kept as they
are; decoded with ``surrogateescape`` (PEP 383) they differ from every character.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from encodings import normalize_encoding
from encodings.aliases import aliases
from pathlib import Path

from src.domain.csv import InvalidOption, NotCsv
from src.domain.messages import Translatable

CHUNK = 1 << 18

_ENCODINGS = {
    "utf_8": "utf-8",
    "utf_8_sig": "utf-8-sig",
    "ascii": "utf-8",
    "utf_16": "utf-16",
    "utf_16_le": "utf-16-le",
    "utf_16_be": "utf-16-be",
    "latin_1": "iso-8859-1",
    "iso8859_1": "iso-8859-1",
    "iso8859_15": "iso-8859-15",
    "cp1252": "windows-1252",
    "mac_roman": "macintosh",
}
"""By the module that Python has for an encoding: its name in reports, as WHATWG or IANA spell it."""
_UNDEFINED_1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
_C1 = bytes(range(0x80, 0xA0))
_MAC_LETTERS = re.compile(rb"(?<=[a-z])[\x87\x8d-\x8f\x92\x96\x97\x99\x9c\x9f](?=[a-z])")
"""Accented letters of macOS within a word, which are punctuation and rare letters in Windows."""
_MAC_ONLY = {b"\x87", b"\x8d", b"\x8e", b"\x8f"}
"""The bytes of ``_MAC_LETTERS`` that never stand within a word in a Windows file. Dashes and apostrophes may."""
_WINDOWS_LETTERS = re.compile(rb"(?<=[a-z])[\xe0-\xff](?=[a-z])")

UNDECODABLE = re.compile("[\udc80-\udcff]")
"""Matches a byte that could not be decoded, which is a surrogate in a text (PEP 383)."""


def declared_encoding(encoding: str) -> str:
    """Return the name by which reports call an encoding. Raises InvalidOption for an unsupported encoding."""
    module = normalize_encoding(encoding).lower()  # codecs.lookup would keep every unknown name for ever
    name = _ENCODINGS.get(aliases.get(module, module))
    if name is None:
        names = ", ".join(dict.fromkeys(_ENCODINGS.values()))
        raise InvalidOption("encoding", Translatable("Give one of {values}.", values=names))
    return name


def displayed(text: str) -> str:
    """Return the text with the replacement character in place of undecodable bytes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if not text.isascii() else text


def chunks_of(file: Path, encoding: str) -> Iterator[bytes]:
    """Yield the content of a file in chunks of UTF-8."""
    wide = encoding.startswith("utf-16")
    decoder = None
    if not encoding.startswith("utf-8"):
        decoder = codecs.getincrementaldecoder(encoding)("strict" if wide else "surrogateescape")
    with file.open("rb") as stream:
        mark = codecs.BOM_UTF8
        while raw := stream.read(CHUNK):
            chunk = raw if decoder is None else _encoded(decoder, raw)
            yield chunk.removeprefix(mark) if wide or decoder is None else chunk
            mark = b""
        if decoder and (rest := _encoded(decoder, b"", final=True)):
            yield rest


def _encoded(decoder: codecs.IncrementalDecoder, raw: bytes, final: bool = False) -> bytes:
    try:
        return decoder.decode(raw, final).encode("utf-8", "surrogateescape")
    except UnicodeError:
        raise NotCsv("encoding", "This is not valid UTF-16.") from None


def find_encoding(
    file: Path, start: bytes, declared: str | None, read: Callable[[float], None] | None
) -> tuple[str, bool]:
    """Return the encoding and whether the file has undecodable bytes. Raises NotCsv for a NUL character."""
    encoding = declared
    if encoding is None and start.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif encoding is None and start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    if encoding and encoding.startswith("utf-16"):
        for chunk in chunks_of(file, encoding):
            if read:
                read(0.0)
            _refuse_nul(chunk)
        return encoding, False
    utf8, has_c1, has_undefined = _Utf8Detector(), False, False
    mac_letters, has_windows_letters = set[bytes](), False
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if read:
                read(0.0)
            _refuse_nul(chunk)
            utf8.feed(chunk)
            if (not utf8.is_likely or encoding == "windows-1252") and not chunk.isascii():
                has_c1 = has_c1 or len(chunk.translate(None, _C1)) < len(chunk)
                has_undefined = has_undefined or any(byte in chunk for byte in _UNDEFINED_1252)
                has_windows_letters = has_windows_letters or bool(_WINDOWS_LETTERS.search(chunk))
                if not has_windows_letters:
                    mac_letters.update(_MAC_LETTERS.findall(chunk))
        utf8.feed(b"", final=True)
    if encoding:
        is_utf8 = encoding.startswith("utf-8")
        return encoding, utf8.has_errors if is_utf8 else encoding == "windows-1252" and has_undefined
    if utf8.is_likely:
        return "utf-8", utf8.has_errors
    if not has_windows_letters and (mac_letters & _MAC_ONLY or len(mac_letters) > 2):
        return "macintosh", False
    return ("windows-1252", False) if has_c1 and not has_undefined else ("iso-8859-1", False)


class _Utf8Detector:
    """Tells whether bytes are valid UTF-8, and if not, whether they are likely to be UTF-8 with errors."""

    def __init__(self) -> None:
        self.has_errors = False
        self.is_likely = True
        self._rest = b""
        self._continued = 0

    def feed(self, chunk: bytes, final: bool = False) -> None:
        """Take the next chunk into account. Chunks after the first error do not change the result."""
        if self.has_errors or (chunk.isascii() and not self._rest):
            return
        data = self._rest + chunk
        try:
            text, size = codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError:
            text, size = codecs.utf_8_decode(data, "surrogateescape", final)
            self.has_errors = True
        self._continued += size - len(text)
        self._rest = data[size:]
        if self.has_errors:
            # Sequences that are valid UTF-8 are rare in single-byte text, so that a majority of them means UTF-8.
            self.is_likely = size - len(text.encode(errors="ignore")) <= self._continued


def _refuse_nul(chunk: bytes) -> None:
    if b"\0" in chunk:
        raise NotCsv("nul", "The file has a NUL character, so it is not text.")
