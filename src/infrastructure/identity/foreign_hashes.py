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
import re
import unicodedata
from collections.abc import Callable

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from src.application.importing import HashOptions, NotImportable
from src.domain.passwords import normalise_password
from src.infrastructure.identity.shortages import unavailable_on_shortage

Check = Callable[[bytes], bool]
"""A function that returns whether a password is the right one."""

MAX_BYTES = 128 << 20
"""The most memory that checking a hash may take."""
_MAX_PBKDF2, _MAX_BCRYPT, _MAX_ARGON2_TIME, _MAX_SCRYPT_PARALLEL = 3_000_000, 15, 16, 16
"""The highest costs that are accepted. Each takes a few seconds to check."""
_MIN_HASH_BYTES = 16
"""The shortest hash that is accepted. A part of one, as a column that is too short keeps, has other passwords too."""
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
    """Return the form in which a hash of another system is kept. Raises NotImportable if it cannot be checked."""
    text = f"argon2{text}" if text.startswith("$argon2") else text
    _parse(text)
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
        check = _parse(kept)
    except NotImportable:
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


def _parse(text: str) -> Check:
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


def _require_whole(expected: bytes) -> None:
    if len(expected) < _MIN_HASH_BYTES:
        raise ValueError


def _pbkdf2(digest: str, rounds: str, salt: bytes, expected: bytes) -> Check:
    _require(0 < int(rounds) <= _MAX_PBKDF2)
    _require_whole(expected)
    return lambda password: hmac.compare_digest(
        hashlib.pbkdf2_hmac(digest, password, salt, int(rounds), len(expected)), expected
    )


def _scrypt_key(password: bytes, salt: bytes, n: int, r: int, p: int, size: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=2 * MAX_BYTES, dklen=size)


def _scrypt(n: int, r: int, p: int, salt: bytes, expected: bytes) -> Check:
    _require(128 * n * r <= MAX_BYTES and 0 < p <= _MAX_SCRYPT_PARALLEL)
    _require_whole(expected)
    if n < 2 or n & (n - 1) or not r:
        raise ValueError
    return lambda password: hmac.compare_digest(_scrypt_key(password, salt, n, r, p, len(expected)), expected)


def _bcrypt(text: str, cost: str) -> Check:
    import bcrypt  # few deployments have hashes of other systems

    _require(int(cost) <= _MAX_BCRYPT)
    if int(cost) < _MIN_BCRYPT:
        raise ValueError
    return lambda password: bcrypt.checkpw(password[:_BCRYPT_BYTES], text.encode())


def _bcrypt_sha256(text: str, cost: str) -> Check:
    check = _bcrypt(text, cost)
    return lambda password: check(hashlib.sha256(password).hexdigest().encode())


def _argon2(text: str) -> Check:
    try:
        costs = argon2.extract_parameters(text)
    except InvalidHashError:
        raise ValueError from None
    _require(costs.memory_cost <= MAX_BYTES >> 10 and costs.time_cost <= _MAX_ARGON2_TIME)

    def check(password: bytes) -> bool:
        try:
            return argon2.PasswordHasher().verify(text, password)
        except VerifyMismatchError:
            return False

    return check


def _firebase(rounds: str, mem_cost: str, signer_key: str, separator: str, salt: str, hash: str) -> Check:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key, expected, salted = _b64(signer_key), _b64(hash), _b64(salt) + _b64(separator)
    n, r = 2 ** min(int(mem_cost), 32), int(rounds)
    _require(128 * n * r <= MAX_BYTES)
    if not (n > 1 and r and key and len(expected) == len(key)):
        raise ValueError

    def check(password: bytes) -> bool:
        cipher = Cipher(algorithms.AES(_scrypt_key(password, salted, n, r, 1, 32)), modes.CTR(bytes(16)))
        return hmac.compare_digest(cipher.encryptor().update(key), expected)

    return check


def _hmac(key: str, text: str) -> Check:
    check, secret = _parse(text), _b64(key)
    return lambda password: check(base64.b64encode(hmac.digest(secret, password, "sha512")))


def _b64(text: str) -> bytes:
    """Decode base64, with or without padding, in the standard alphabet, the one of URLs or the one of passlib."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/").replace(".", "+")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


_BCRYPT = r"(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})"
_PATTERNS: list[tuple[str, Callable[..., Check]]] = [
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
