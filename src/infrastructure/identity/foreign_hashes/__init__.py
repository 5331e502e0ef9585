"""Checks passwords against the hashes of other systems, which the first login replaces by a hash of our own.

A hash is kept as the other system wrote it, with everything that checking it needs:

- bcrypt: ``$2b$…``
- passlib and libpass: ``$pbkdf2-sha256$…``, ``$scrypt$ln=…``
- Werkzeug: ``pbkdf2:sha256:…``, ``scrypt:…``
- Django: ``pbkdf2_sha256$…``, ``scrypt$…``, ``bcrypt$…``, ``bcrypt_sha256$…``, ``argon2$…``
- Firebase: ``firebase-scrypt$ROUNDS$MEM_COST$SIGNER_KEY$SALT_SEPARATOR$SALT$HASH``, made by ``firebase_scrypt``
- Supabase, of users who came from Firebase: ``$fbscrypt$v=1,n=14,…``
- Flask-Security: ``hmac-sha512$KEY$HASH``, made by ``with_hmac``: HASH is that of an HMAC of the password
"""

import base64
import logging
import time
import unicodedata
from functools import cache

from argon2.exceptions import VerificationError

from src.application.importing import HashOptions, NotImportable
from src.domain.messages import Translatable
from src.domain.passwords import normalise_password
from src.infrastructure.identity.foreign_hashes.forms import ForeignHash, parse
from src.infrastructure.identity.shortages import unavailable_on_shortage

_log = logging.getLogger("portero.identity")

MAX_SECONDS = 1.0
"""The longest time that checking a hash may take on the machine that imports it."""
_SAMPLES = {
    **{digest: f"pbkdf2:{digest}:20000$salt${'00' * 32}" for digest in ("sha1", "sha256", "sha512")},
    "bcrypt": f"$2b$07${'.' * 53}",
    "scrypt": f"scrypt:32768:8:1$salt${'00' * 64}",
    "argon2": f"argon2$argon2id$v=19$m=32768,t=1,p=1${'A' * 22}${'A' * 43}",
}
"""For each algorithm a hash that is timed, of 5 to 100 ms. Less memory would fit into a cache and be too fast."""


def parse_hash(text: str, salt: str | None, options: HashOptions) -> str:
    """Return the form in which a hash in a file is stored. Implements HashParser.

    The options are the parameters of ``firebase_scrypt``, and ``flask_security_salt``. Each of them may be empty.
    """
    parameters = dict(options)
    flask_security_salt = parameters.pop("flask_security_salt")
    if salt is None:
        return with_hmac(text, flask_security_salt) if flask_security_salt else accept(text)
    if not parameters["signer_key"]:
        raise NotImportable("Give the parameters of the Firebase project, beginning with its signer key.")
    return accept(firebase_scrypt(text, salt, **parameters))


def accept(text: str) -> str:
    """Return the form in which a hash of another system is stored. Raises NotImportable if the hash cannot be checked.

    Expensive hashes are refused without being computed: the time of the check is estimated from the time that a smaller
    hash takes on this machine.
    """
    text = f"argon2{text}" if text.startswith("$argon2") else text
    if (seconds := _seconds(parse(text))) > MAX_SECONDS:
        message = "Checking this hash would cost too much: {seconds} seconds here, 1 is allowed."
        raise NotImportable(Translatable(message, seconds=f"{seconds:.1f}"))
    return text


def is_foreign(kept: str) -> bool:
    """Return whether a stored hash was made by another system."""
    return not kept.startswith("$argon2")


def verify(kept: str, password: str) -> bool:
    """Return whether a stored hash is the hash of ``password``. The result is False for a hash that cannot be checked.

    Other systems hash the password as it was typed, or in a normal form of Unicode. Of these forms, as many are tried
    as this machine can check within a second. Raises Unavailable if there is too little memory to compute the hash.
    """
    try:
        parsed = parse(kept)
    except NotImportable as error:
        _log.warning("an imported hash is not checked, its user must reset the password: %s", error)
        return False
    forms = [password, normalise_password(password)]
    if forms[1] != password or not unicodedata.is_normalized("NFKD", password[:1024]):
        forms.append(unicodedata.normalize("NFKD", password[:1024]))
    forms = list(dict.fromkeys(forms))
    try:
        with unavailable_on_shortage():
            tried = forms[: max(1, int(MAX_SECONDS / _seconds(parsed)))] if len(forms) > 1 else forms
            return any(parsed.check(form.encode("utf-8", "surrogatepass")) for form in tried)
    except (ValueError, VerificationError):  # its parameters do not go together
        return False


def firebase_scrypt(hash: str, salt: str, *, signer_key: str, salt_separator: str, rounds: str, mem_cost: str) -> str:
    """Return the text that ``accept`` takes for a hash of Firebase Auth.

    ``hash`` and ``salt`` are in base64. The other arguments are the hash parameters of the Firebase project.
    """
    return f"firebase-scrypt${rounds}${mem_cost}${signer_key}${salt_separator}${salt}${hash}"


def with_hmac(hash: str, key: str) -> str:
    """Return the form in which a hash of Flask-Security is stored. ``key`` is its SECURITY_PASSWORD_SALT.

    Raises NotImportable.
    """
    return f"hmac-sha512${base64.urlsafe_b64encode(key.encode()).decode()}${accept(hash)}"


def _seconds(hash: ForeignHash) -> float:
    """Return the estimated time of a check on this machine."""
    return hash.work / parse(_SAMPLES[hash.algorithm]).work * _sample_seconds(hash.algorithm)


@cache
def _sample_seconds(algorithm: str) -> float:
    """Return the CPU time of the sample of an algorithm on this machine."""
    check = parse(_SAMPLES[algorithm]).check

    def seconds() -> float:
        began = time.thread_time()
        check(b"")
        return time.thread_time() - began

    return min(seconds() for _ in range(3))
