"""Checks passwords against the hashes of other systems, which the first login replaces by a hash of our own.

A hash is kept as the other system wrote it, with everything that checking it needs:

- bcrypt: ``$2b$…``
- passlib and libpass: ``$pbkdf2-sha256$…``, ``$scrypt$ln=…``
- Werkzeug: ``pbkdf2:sha256:…``, ``scrypt:…``
- Django: ``pbkdf2_sha256$…``, ``scrypt$…``, ``bcrypt$…``, ``bcrypt_sha256$…``, ``argon2$…``
- Firebase: ``firebase-scrypt$ROUNDS$MEM_COST$SIGNER_KEY$SALT_SEPARATOR$SALT$HASH``, made by ``firebase_scrypt``
- Flask-Security: ``hmac-sha512$KEY$HASH``, made by ``with_hmac``: HASH is that of an HMAC of the password
"""

import base64
import binascii
import hashlib
import hmac
import logging
import re
import time
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from src.application.importing import HashOptions, NotImportable
from src.domain.passwords import normalise_password
from src.infrastructure.identity.shortages import unavailable_on_shortage

_log = logging.getLogger("portero.identity")

Check = Callable[[bytes], bool]
"""A function that returns whether a password is the right one."""


class _Parsed(NamedTuple):
    """A hash: its check, and the work of the check as multiples of the sample of an algorithm."""

    check: Check
    algorithm: str
    work: float


MAX_SECONDS = 1.0
"""The longest time that checking a hash may take on the machine that imports it."""
MAX_BYTES = 128 << 20
"""The most memory that checking a hash may take."""
_MAX_PBKDF2, _MAX_BCRYPT, _MAX_MEMORY_WORK, _MAX_LANES, _MAX_LANE_PASSES = 4_000_000, 15, 4 * MAX_BYTES, 16, 256
"""The highest costs that any machine accepts, also for hashes that are stored. Each takes few seconds to check.

Argon2 starts threads for each lane of each pass, which takes longer than to write little memory.
"""
_MIN_HASH_BYTES, _MAX_HASH_BYTES, _MAX_SALT_BYTES, _MAX_TEXT = 16, 64, 128, 4096
"""The shortest hash that is accepted, because a part of one, as a column that is too short keeps, has other passwords
too; and the longest hash, salt and text. PBKDF2 takes as many times as long for a hash that is longer."""
_SAMPLE_ROUNDS, _SAMPLE_BCRYPT, _SAMPLE_BYTES = 20_000, 7, 32 << 20
"""The costs of the samples that are timed, of 5 to 100 ms each. Memory that fits into a cache would be too fast."""
_MIN_BCRYPT = 4
_BCRYPT_BYTES = 72  # bcrypt reads no more of a password


def parse_hash(text: str, salt: str | None, options: HashOptions) -> str:
    """Return the form in which a hash in a file is kept. Implements HashParser."""
    if salt is not None:
        if not options.signer_key:
            raise NotImportable("Give the parameters of the Firebase project, beginning with --hash-key.")
        return accept(
            firebase_scrypt(
                text,
                salt,
                signer_key=options.signer_key,
                salt_separator=options.salt_separator,
                rounds=options.rounds,
                mem_cost=options.mem_cost,
            )
        )
    return with_hmac(text, options.flask_security_salt) if options.flask_security_salt else accept(text)


def accept(text: str) -> str:
    """Return the form in which a hash of another system is kept. Raises NotImportable if it cannot be checked.

    The time of the check is estimated from the time that a smaller hash takes here, so that no hash of a file, however
    expensive, is computed.
    """
    text = f"argon2{text}" if text.startswith("$argon2") else text
    parsed = _parse(text)
    seconds = parsed.work * _sample_seconds(parsed.algorithm)
    if seconds > MAX_SECONDS:
        raise NotImportable(f"Checking this hash would cost too much: {seconds:.1f} seconds here, 1 is allowed.")
    return text


def is_foreign(kept: str) -> bool:
    """Return whether a kept hash is one of another system."""
    return not kept.startswith("$argon2")


def verify(kept: str, password: str) -> bool:
    """Return whether ``password`` is the one of a kept hash. A hash that cannot be checked has no password.

    Other systems hash it as it was typed, or in a normal form of Unicode, so the different ones are tried. Raises
    Unavailable if there is too little memory to compute the hash.
    """
    try:
        check = _parse(kept).check
    except NotImportable as error:
        _log.warning("an imported hash is not checked, its user must reset the password: %s", error)
        return False
    forms = [password, normalise_password(password)]
    if forms[1] != password or not unicodedata.is_normalized("NFKD", password[:1024]):
        forms.append(unicodedata.normalize("NFKD", password[:1024]))
    try:
        with unavailable_on_shortage():
            return any(check(form.encode("utf-8", "surrogatepass")) for form in dict.fromkeys(forms))
    except (ValueError, VerificationError):  # its parameters do not go together
        return False


def firebase_scrypt(hash: str, salt: str, *, signer_key: str, salt_separator: str, rounds: int, mem_cost: int) -> str:
    """Return a hash of Firebase Auth with the parameters of its project, which ``accept`` takes. All are base64."""
    return f"firebase-scrypt${rounds}${mem_cost}${signer_key}${salt_separator}${salt}${hash}"


def with_hmac(hash: str, key: str) -> str:
    """Return a hash of Flask-Security with its SECURITY_PASSWORD_SALT, which ``accept`` takes. Raises NotImportable."""
    return f"hmac-sha512${base64.urlsafe_b64encode(key.encode()).decode()}${accept(hash)}"


@cache
def _sample_seconds(algorithm: str) -> float:
    """Return the CPU time of the sample of an algorithm on this machine."""

    def sample() -> object:
        match algorithm:
            case "argon2":
                kind, kib = argon2.Type.ID, _SAMPLE_BYTES >> 10
                return argon2.low_level.hash_secret_raw(b"", bytes(16), 1, kib, 1, 32, kind)
            case "bcrypt":
                import bcrypt

                return bcrypt.hashpw(b"", bcrypt.gensalt(_SAMPLE_BCRYPT))
            case "scrypt":
                return _scrypt_key(b"", b"", _SAMPLE_BYTES >> 10, 8, 1, 64)
            case digest:
                return hashlib.pbkdf2_hmac(digest, b"", b"", _SAMPLE_ROUNDS)

    def seconds() -> float:
        began = time.process_time()
        sample()
        return time.process_time() - began

    return min(seconds() for _ in range(3))


def _parse(text: str) -> _Parsed:
    if len(text) > _MAX_TEXT:
        raise NotImportable("This is not a hash that can be checked.")
    for pattern, make in _FORMS:
        if match := pattern.fullmatch(text):
            try:
                return make(*match.groups())
            except (ValueError, binascii.Error) as error:
                if isinstance(error, NotImportable):
                    raise
                break
    raise NotImportable("This is not a hash that can be checked.")


def _require(is_cheap: bool) -> None:
    if not is_cheap:
        raise NotImportable("Checking this hash would cost too much time or memory.")


def _require_sizes(hash_bytes: int, salt_bytes: int) -> None:
    _require(hash_bytes <= _MAX_HASH_BYTES and salt_bytes <= _MAX_SALT_BYTES)
    if hash_bytes < _MIN_HASH_BYTES:
        raise ValueError


def _pbkdf2(digest: str, rounds: str, salt: bytes, expected: bytes) -> _Parsed:
    blocks = -(-len(expected) // hashlib.new(digest).digest_size)
    _require(0 < int(rounds) * blocks <= _MAX_PBKDF2)
    _require_sizes(len(expected), len(salt))

    def check(password: bytes) -> bool:
        key = hashlib.pbkdf2_hmac(digest, password, salt, int(rounds), len(expected))
        return hmac.compare_digest(key, expected)

    return _Parsed(check, digest, int(rounds) * blocks / _SAMPLE_ROUNDS)


def _scrypt_key(password: bytes, salt: bytes, n: int, r: int, p: int, size: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=2 * MAX_BYTES, dklen=size)


def _memory_work(algorithm: str, check: Check, size: int, passes: int, lanes: int) -> _Parsed:
    """Return a hash whose check writes ``size`` bytes of memory ``passes`` times."""
    _require(size <= MAX_BYTES and size * passes <= _MAX_MEMORY_WORK)
    _require(0 < lanes <= _MAX_LANES and lanes * passes <= _MAX_LANE_PASSES)
    return _Parsed(check, algorithm, size * passes / _SAMPLE_BYTES)


def _scrypt(n: int, r: int, p: int, salt: bytes, expected: bytes) -> _Parsed:
    def check(password: bytes) -> bool:
        return hmac.compare_digest(_scrypt_key(password, salt, n, r, p, len(expected)), expected)

    parsed = _memory_work("scrypt", check, 128 * n * r, p, p)
    _require_sizes(len(expected), len(salt))
    if n < 2 or n & (n - 1) or not r:
        raise ValueError
    return parsed


def _bcrypt(text: str, cost: str) -> _Parsed:
    import bcrypt  # few deployments have hashes of other systems

    _require(int(cost) <= _MAX_BCRYPT)
    if int(cost) < _MIN_BCRYPT:
        raise ValueError
    work = 2.0 ** (int(cost) - _SAMPLE_BCRYPT)
    return _Parsed(lambda password: bcrypt.checkpw(password[:_BCRYPT_BYTES], text.encode()), "bcrypt", work)


def _bcrypt_sha256(text: str, cost: str) -> _Parsed:
    parsed = _bcrypt(text, cost)
    return parsed._replace(check=lambda password: parsed.check(hashlib.sha256(password).hexdigest().encode()))


def _argon2(text: str) -> _Parsed:
    try:
        costs = argon2.extract_parameters(text)
    except InvalidHashError:
        raise ValueError from None
    _require_sizes(costs.hash_len, costs.salt_len)

    def check(password: bytes) -> bool:
        try:
            return argon2.PasswordHasher().verify(text, password)
        except VerifyMismatchError:
            return False

    return _memory_work("argon2", check, costs.memory_cost << 10, costs.time_cost, costs.parallelism)


def _firebase(rounds: str, mem_cost: str, signer_key: str, separator: str, salt: str, hash: str) -> _Parsed:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key, expected, salted = _b64(signer_key), _b64(hash), _b64(salt) + _b64(separator)
    n, r = 2 ** min(int(mem_cost), 32), int(rounds)
    _require_sizes(len(expected), len(salted))
    if not (n > 1 and r and key and len(expected) == len(key)):
        raise ValueError

    def check(password: bytes) -> bool:
        cipher = Cipher(algorithms.AES(_scrypt_key(password, salted, n, r, 1, 32)), modes.CTR(bytes(16)))
        return hmac.compare_digest(cipher.encryptor().update(key), expected)

    return _memory_work("scrypt", check, 128 * n * r, 1, 1)


def _hmac(key: str, text: str) -> _Parsed:
    parsed, secret = _parse(text), _b64(key)
    return parsed._replace(
        check=lambda password: parsed.check(base64.b64encode(hmac.digest(secret, password, "sha512")))
    )


def _b64(text: str) -> bytes:
    """Decode base64, with or without padding, in the standard alphabet, the one of URLs or the one of passlib."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/").replace(".", "+")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


_BCRYPT = r"(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})"
_PATTERNS: list[tuple[str, Callable[..., _Parsed]]] = [
    (_BCRYPT, _bcrypt),
    (r"bcrypt\$" + _BCRYPT, _bcrypt),
    (r"bcrypt_sha256\$" + _BCRYPT, _bcrypt_sha256),
    (r"argon2(\$argon2(?:id|i|d)\$.+)", _argon2),
    (
        r"\$pbkdf2\$(\d{1,9})\$([^$]+)\$([^$]+)",
        lambda rounds, salt, hash: _pbkdf2("sha1", rounds, _b64(salt), _b64(hash)),
    ),
    (
        r"\$pbkdf2-(sha256|sha512)\$(\d{1,9})\$([^$]+)\$([^$]+)",
        lambda digest, rounds, salt, hash: _pbkdf2(digest, rounds, _b64(salt), _b64(hash)),
    ),
    (
        r"pbkdf2_(sha1|sha256)\$(\d{1,9})\$([^$]+)\$([^$]+)",
        lambda digest, rounds, salt, hash: _pbkdf2(digest, rounds, salt.encode(), _b64(hash)),
    ),
    (
        r"pbkdf2:(sha1|sha256|sha512):(\d{1,9})\$([^$]+)\$([0-9a-f]+)",
        lambda digest, rounds, salt, hash: _pbkdf2(digest, rounds, salt.encode(), bytes.fromhex(hash)),
    ),
    (
        r"\$scrypt\$ln=(\d\d?),r=(\d{1,4}),p=(\d{1,4})\$([^$]+)\$([^$]+)",
        lambda ln, r, p, salt, hash: _scrypt(2 ** min(int(ln), 32), int(r), int(p), _b64(salt), _b64(hash)),
    ),
    (
        r"scrypt\$(\d{1,9})\$([^$]+)\$(\d{1,4})\$(\d{1,4})\$([^$]+)",
        lambda n, salt, r, p, hash: _scrypt(int(n), int(r), int(p), salt.encode(), _b64(hash)),
    ),
    (
        r"scrypt:(\d{1,9}):(\d{1,4}):(\d{1,4})\$([^$]+)\$([0-9a-f]+)",
        lambda n, r, p, salt, hash: _scrypt(int(n), int(r), int(p), salt.encode(), bytes.fromhex(hash)),
    ),
    (r"firebase-scrypt\$(\d{1,2})\$(\d{1,2})\$([^$]+)\$([^$]*)\$([^$]*)\$([^$]+)", _firebase),
    (r"hmac-sha512\$([^$]+)\$((?!hmac).+)", _hmac),
]
_FORMS = [(re.compile(pattern, re.ASCII), make) for pattern, make in _PATTERNS]
