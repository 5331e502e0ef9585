"""Parses the hashes of other systems, and refuses those that are too expensive to check."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import argon2
from argon2.exceptions import VerifyMismatchError

from src.application.importing import NotImportable

Check = Callable[[bytes], bool]
"""A function that returns whether a password is the right one."""
Decode = Callable[[str], bytes]
"""A function that returns the bytes of a salt or a hash that is written as text. Raises ValueError."""


class ForeignHash(NamedTuple):
    """A hash of another system: its check, its algorithm, and the cost of the check in rounds or in written bytes."""

    check: Check
    algorithm: str
    work: float


MAX_BYTES = 128 << 20
"""The most memory that checking a hash may take."""
_MAX_PBKDF2, _MAX_BCRYPT, _MAX_MEMORY_WORK, _MAX_LANES, _MAX_LANE_PASSES = 4_000_000, 15, 4 * MAX_BYTES, 16, 256
"""The highest costs that any machine accepts, also for hashes that are stored. Each takes few seconds to check.

Argon2 starts threads for each lane of each pass, which takes longer than to write little memory.
"""
_MIN_HASH_BYTES, _MAX_HASH_BYTES, _MAX_SALT_BYTES, _MAX_TEXT = 16, 64, 128, 4096
"""The shortest hash that is accepted, because a part of one, as a column that is too short keeps, has other passwords
too; and the longest hash, salt and text. PBKDF2 takes as many times as long for a hash that is longer."""
_MIN_BCRYPT, _MIN_ARGON2_SALT_BYTES = 4, 8
_BCRYPT_BYTES = 72  # bcrypt reads no more of a password


def parse(text: str) -> ForeignHash:
    """Return the hash in a text.

    Raises NotImportable for an unknown form, and for a hash with costs beyond the bounds.
    """
    for pattern, make in _FORMS if len(text) <= _MAX_TEXT else ():
        if match := pattern.fullmatch(text):
            try:
                return make(*match.groups())
            except NotImportable:
                raise
            except ValueError:
                break
    raise NotImportable("This is not a hash that can be checked.")


def _require(is_cheap: bool) -> None:
    if not is_cheap:
        raise NotImportable("Checking this hash would cost too much time or memory.")


def _require_sizes(hash_bytes: int, salt_bytes: int) -> None:
    _require(hash_bytes <= _MAX_HASH_BYTES and salt_bytes <= _MAX_SALT_BYTES)
    if hash_bytes < _MIN_HASH_BYTES:
        raise ValueError


def _b64(text: str) -> bytes:
    """Decode base64 with or without padding, in the alphabet of the standard, of URLs or of passlib."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/").replace(".", "+")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _pbkdf2(decode_salt: Decode, decode: Decode, digest: str | None, rounds: str, salt: str, hash: str) -> ForeignHash:
    algorithm, salted, expected = digest or "sha1", decode_salt(salt), decode(hash)
    work = int(rounds) * -(-len(expected) // hashlib.new(algorithm).digest_size)
    _require(0 < work <= _MAX_PBKDF2)
    _require_sizes(len(expected), len(salted))

    def check(password: bytes) -> bool:
        key = hashlib.pbkdf2_hmac(algorithm, password, salted, int(rounds), len(expected))
        return hmac.compare_digest(key, expected)

    return ForeignHash(check, algorithm, work)


def _memory_work(algorithm: str, check: Check, size: int, passes: int, lanes: int) -> ForeignHash:
    """Return a hash whose check writes ``size`` bytes of memory ``passes`` times."""
    _require(size <= MAX_BYTES and size * passes <= _MAX_MEMORY_WORK)
    _require(0 < lanes <= _MAX_LANES and lanes * passes <= _MAX_LANE_PASSES)
    return ForeignHash(check, algorithm, size * passes)


def _scrypt_key(password: bytes, salt: bytes, n: int, r: int, p: int, size: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=2 * MAX_BYTES, dklen=size)


def _scrypt(n: int, r: str, p: str, salt: bytes, expected: bytes) -> ForeignHash:
    def check(password: bytes) -> bool:
        return hmac.compare_digest(_scrypt_key(password, salt, n, int(r), int(p), len(expected)), expected)

    parsed = _memory_work("scrypt", check, 128 * n * int(r), int(p), int(p))
    _require_sizes(len(expected), len(salt))
    if n < 2 or n & (n - 1) or not int(r):
        raise ValueError
    return parsed


def _power_of_two(exponent: str) -> int:
    return 1 << min(int(exponent), 32)


def _bcrypt(prehashed: str | None, text: str, cost: str) -> ForeignHash:
    import bcrypt  # few deployments have hashes of other systems

    _require(int(cost) <= _MAX_BCRYPT)
    if int(cost) < _MIN_BCRYPT:
        raise ValueError

    def check(password: bytes) -> bool:
        typed = hashlib.sha256(password).hexdigest().encode() if prehashed else password
        return bcrypt.checkpw(typed[:_BCRYPT_BYTES], text.encode())

    return ForeignHash(check, "bcrypt", 2 ** int(cost))


def _argon2(text: str) -> ForeignHash:
    costs = argon2.extract_parameters(text)
    salt, hash = (_b64(part) for part in text.split("$")[-2:])
    _require_sizes(len(hash), len(salt))
    if not costs.time_cost or costs.memory_cost < 8 * costs.parallelism or len(salt) < _MIN_ARGON2_SALT_BYTES:
        raise ValueError

    def check(password: bytes) -> bool:
        with suppress(VerifyMismatchError):
            return argon2.PasswordHasher().verify(text, password)
        return False

    return _memory_work("argon2", check, costs.memory_cost << 10, costs.time_cost, costs.parallelism)


def _firebase(rounds: str, mem_cost: str, signer_key: str, separator: str, salt: str, hash: str) -> ForeignHash:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key, expected, salted = _b64(signer_key), _b64(hash), _b64(salt) + _b64(separator)
    n, r = _power_of_two(mem_cost), int(rounds)
    _require_sizes(len(expected), len(salted))
    if not (n > 1 and r and key and len(expected) == len(key)):
        raise ValueError

    def check(password: bytes) -> bool:
        cipher = Cipher(algorithms.AES(_scrypt_key(password, salted, n, r, 1, 32)), modes.CTR(bytes(16)))
        return hmac.compare_digest(cipher.encryptor().update(key), expected)

    return _memory_work("scrypt", check, 128 * n * r, 1, 1)


def _hmac(key: str, text: str) -> ForeignHash:
    parsed, secret = parse(text), _b64(key)
    return parsed._replace(
        check=lambda password: parsed.check(base64.b64encode(hmac.digest(secret, password, "sha512")))
    )


_PATTERNS: list[tuple[str, Callable[..., ForeignHash]]] = [
    (r"(?:bcrypt(_sha256)?\$)?(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})", _bcrypt),
    (r"argon2(\$argon2(?:id|i|d)\$(?:v=1[69]\$)?m=\d{1,9},t=\d{1,9},p=\d{1,9}(?:\$[A-Za-z0-9+/]+){2})", _argon2),
    (r"\$pbkdf2(?:-(sha256|sha512))?\$(\d{1,9})\$([^$]+)\$([^$]+)", partial(_pbkdf2, _b64, _b64)),
    (r"pbkdf2_(sha1|sha256)\$(\d{1,9})\$([^$]+)\$([^$]+)", partial(_pbkdf2, str.encode, _b64)),
    (r"pbkdf2:(sha1|sha256|sha512):(\d{1,9})\$([^$]+)\$([0-9a-f]+)", partial(_pbkdf2, str.encode, bytes.fromhex)),
    (
        r"\$scrypt\$ln=(\d\d?),r=(\d{1,4}),p=(\d{1,4})\$([^$]+)\$([^$]+)",
        lambda ln, r, p, salt, hash: _scrypt(_power_of_two(ln), r, p, _b64(salt), _b64(hash)),
    ),
    (
        r"scrypt\$(\d{1,9})\$([^$]+)\$(\d{1,4})\$(\d{1,4})\$([^$]+)",
        lambda n, salt, r, p, hash: _scrypt(int(n), r, p, salt.encode(), _b64(hash)),
    ),
    (
        r"scrypt:(\d{1,9}):(\d{1,4}):(\d{1,4})\$([^$]+)\$([0-9a-f]+)",
        lambda n, r, p, salt, hash: _scrypt(int(n), r, p, salt.encode(), bytes.fromhex(hash)),
    ),
    (r"firebase-scrypt\$(\d{1,2})\$(\d{1,2})\$([^$]+)\$([^$]*)\$([^$]*)\$([^$]+)", _firebase),
    (
        r"\$fbscrypt\$v=1,n=(\d\d?),r=(\d\d?),p=1(?:,ss=([^$,]*))?,sk=([^$,]+)\$([^$]*)\$([^$]+)",
        lambda n, r, separator, key, salt, hash: _firebase(r, n, key, separator or "", salt, hash),
    ),
    (r"hmac-sha512\$([^$]+)\$((?!hmac).+)", _hmac),
]
_FORMS = [(re.compile(pattern, re.ASCII), make) for pattern, make in _PATTERNS]
