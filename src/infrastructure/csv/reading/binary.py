"""Recognises binary files by their first bytes and by control characters."""

import re

from src.domain.csv import NotCsv
from src.domain.messages import Translatable

MAGIC = {
    b"\x1f\x8b": "gzip-compressed",
    b"PK\x03\x04": "a ZIP archive (an Excel workbook is one, too)",
    b"PK\x05\x06": "a ZIP archive",
    b"\xfd7zXZ\x00": "xz-compressed",
    b"\x28\xb5\x2f\xfd": "zstd-compressed",
    b"BZh": "bzip2-compressed",
    b"\x1f\x9d": "compressed (.Z)",
    b"\x04\x22\x4d\x18": "LZ4-compressed",
    b"Rar!\x1a\x07": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x89PNG\r\n\x1a\n": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF-": "a PDF document",
    b"PAR1": "a Parquet file",
    b"\xff\xfb": "an MP3 recording",
    b"\xff\xf3": "an MP3 recording",
    b"\xff\xf2": "an MP3 recording",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office document",
    b"SQLite format 3\x00": "an SQLite database",
}

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""The control characters of ASCII, except those that occur in text: tab, line break, page break and escape."""


def refuse_binary(start: bytes) -> None:
    """Raise NotCsv when a file begins like a binary file."""
    for magic, what in MAGIC.items():
        if start.startswith(magic):
            text = "This is {what}, not a CSV file: unpack it, or export it as CSV."
            raise NotCsv("not_csv", Translatable(text, what=Translatable(what)))


def refuse_controls(text: str, most: int) -> None:
    """Raise NotCsv when a text has more than ``most`` control characters."""
    if len(_CONTROLS.findall(text)) > most:
        raise NotCsv("not_csv", "The file has control characters that text does not have: export it as CSV.")
