"""A list of leaked passwords in a file, which is small enough to keep on the machine of the service.

A file holds a header; an index, where entry n is the number of hashes whose first 20 bits are less than n; and the next
24 bits of each hash, in ascending order. So a hash takes 3 bytes, and a password that has not leaked is taken for
a leaked one with a probability of (hashes / 2^20) / 2^24: 1 in 20 000 for 900 million hashes.
"""

import os
import struct
import zlib
from bisect import bisect_left
from pathlib import Path
from typing import BinaryIO

from src.infrastructure.breaches import BadList

BUCKETS = 1 << 20
ENTRY = 3
"""The number of bytes that a hash takes."""
MAGIC, VERSION = b"PORTERO LEAKED\n", 1
HEADER = struct.Struct("<15sBII")
"""MAGIC, VERSION, the number of hashes, and the CRC-32 of the index."""
INDEX = struct.Struct(f"<{BUCKETS + 1}I")
_BOUNDS = struct.Struct("<2I")
_REMEDY = "make it with `./portero passwords compile LIST`"


class CompiledBreaches:
    """Looks hashes up in a compiled file, in microseconds. Implements BreachSource.

    Each look-up opens the file, so that a new version of the file is used from the next password on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def contains(self, sha1: str) -> bool:
        bucket, rest = int(sha1[:5], 16), bytes.fromhex(sha1[5:11])
        try:
            with self._path.open("rb", buffering=0) as file:
                self._read_header(file)
                start, end = _BOUNDS.unpack(os.pread(file.fileno(), _BOUNDS.size, HEADER.size + 4 * bucket))
                begin = HEADER.size + INDEX.size + ENTRY * start
                found = os.pread(file.fileno(), ENTRY * max(end - start, 0), begin)
        except (OSError, struct.error) as error:
            raise self._unreadable(error) from None
        entries = range(0, len(found), ENTRY)
        at = bisect_left(entries, rest, key=lambda i: found[i : i + ENTRY])
        return found[ENTRY * at : ENTRY * (at + 1)] == rest

    def check(self) -> None:
        try:
            with self._path.open("rb") as file:
                checksum = self._read_header(file)
                if zlib.crc32(file.read(INDEX.size)) != checksum:
                    raise BadList(f"{self._path} is damaged; {_REMEDY}")
        except OSError as error:
            raise self._unreadable(error) from None

    def _read_header(self, file: BinaryIO) -> int:
        """Return the checksum of the index. Raise BadList for a file of another kind, length or version."""
        header = file.read(HEADER.size)
        if len(header) < HEADER.size or not header.startswith(MAGIC):
            raise BadList(f"{self._path} is not a compiled list; {_REMEDY}")
        _, version, count, checksum = HEADER.unpack(header)
        if version != VERSION:
            raise BadList(f"{self._path} was compiled by another version; {_REMEDY}")
        if os.fstat(file.fileno()).st_size != HEADER.size + INDEX.size + ENTRY * count:
            raise BadList(f"{self._path} is damaged; {_REMEDY}")
        return int(checksum)

    def _unreadable(self, error: Exception) -> BadList:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        return BadList(f"{self._path} cannot be read ({reason}); {_REMEDY}, or correct the path")
