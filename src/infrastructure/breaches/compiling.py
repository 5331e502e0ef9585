"""Compiles a list of leaked passwords, of any length, in about 200 MiB of memory.

The hashes are collected in a temporary file by their first 12 bits, because 4096 small sorts need little memory and
lists need not be sorted. The file takes 4 bytes a hash, beside the 3 bytes of the result.
"""

import hashlib
import os
import re
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import BinaryIO

from src.domain.passwords import normalise_password
from src.infrastructure.breaches import BadList
from src.infrastructure.breaches.compiled import BUCKETS, HEADER, INDEX, MAGIC, VERSION

_PARTITIONS = 1 << 12
_RECORD = 4
"""The bytes of a hash after its first 12 bits: 8 bits of its bucket, and the 24 bits that are stored."""
_BUFFER = 16 << 10
_MAX_LINE = 64 << 10
_MARK = b"\xef\xbb\xbf"
_HASH = re.compile(rb"([0-9A-Fa-f]{40}):[0-9]+")


def compile_list(source: Path, target: Path, progress: Callable[[int], None]) -> int:
    """Compile the list in ``source``, replace ``target`` by the result, and return the number of different passwords.

    If the first line has the form ``SHA1:COUNT``, all lines must; otherwise each line is a password. ``progress`` is
    called with the size of each line in bytes. Raises BadList, and OSError; ``target`` is then unchanged.
    """
    with TemporaryFile(dir=target.parent) as spool:
        partitions = _Partitions(spool)
        with source.open("rb") as lines:
            for record in _hashes(iter(partial(lines.readline, _MAX_LINE), b""), progress):
                partitions.add(record)
        return _replace(target, partitions)


def _hashes(lines: Iterator[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    """Yield at least the first 11 hexadecimal digits of the SHA-1 hash of each password. Raises BadList."""
    are_hashes = None
    for number, line in enumerate(lines, 1):
        progress(len(line))
        text = line.rstrip(b"\r\n")
        if number == 1:
            text = text.removeprefix(_MARK)
            are_hashes = _HASH.fullmatch(text) is not None
        if not text:
            continue
        if not are_hashes:
            yield _sha1(text)
        elif _HASH.fullmatch(text):
            yield text[:11]
        else:
            raise BadList(f"line {number} is not SHA1:COUNT, as the first line is")


def _sha1(password: bytes) -> bytes:
    """Return the hash of a password as the service computes it. Old lists are Latin-1 instead of UTF-8."""
    try:
        text = password.decode()
    except UnicodeDecodeError:
        text = password.decode("latin-1")
    return hashlib.sha1(normalise_password(text).encode(), usedforsecurity=False).hexdigest().encode()


class _Partitions:
    """Hashes in a file, by their first 12 bits. Each partition is a list of blocks, and a buffer in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffers = [bytearray() for _ in range(_PARTITIONS)]
        self._blocks = [array("Q") for _ in range(_PARTITIONS)]
        self._written = 0

    def add(self, digits: bytes) -> None:
        """Add a hash by its hexadecimal digits."""
        number = int(digits[:3], 16)
        buffer = self._buffers[number]
        buffer += bytes.fromhex(digits[3:11].decode())
        if len(buffer) == _BUFFER:
            self._file.write(buffer)
            self._blocks[number].append(self._written)
            self._written += _BUFFER
            buffer.clear()

    def sorted(self) -> Iterator[bytes]:
        """Yield the different records of each partition, in ascending order and one after the other."""
        self._file.flush()
        for blocks, buffer in zip(self._blocks, self._buffers, strict=True):
            content = b"".join(os.pread(self._file.fileno(), _BUFFER, at) for at in blocks) + buffer
            records = array("I", sorted(set(_big_endian(array("I", content)))))
            yield _big_endian(records).tobytes()


def _big_endian(numbers: "array[int]") -> "array[int]":
    """Convert numbers between the byte order of the machine and big-endian, in place. Return the numbers."""
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _replace(target: Path, partitions: _Partitions) -> int:
    """Write the compiled file beside ``target``, and move it to ``target`` when it is complete.

    Return the number of hashes.
    """
    sizes = array("I", [0])
    with NamedTemporaryFile(dir=target.parent, delete=False) as file:
        try:
            file.seek(HEADER.size + INDEX.size)
            for records in partitions.sorted():
                buckets = Counter(records[::_RECORD])
                sizes.extend(buckets[number] for number in range(BUCKETS // _PARTITIONS))
                entries = bytearray(records)
                del entries[::_RECORD]
                file.write(entries)
            index = INDEX.pack(*accumulate(sizes))
            count = sum(sizes)
            file.seek(0)
            file.write(HEADER.pack(MAGIC, VERSION, count, zlib.crc32(index)) + index)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)  # the service may be another user than the operator
            Path(file.name).replace(target)
        finally:
            Path(file.name).unlink(missing_ok=True)
    return count
