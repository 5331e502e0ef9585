"""The keys that sign access tokens, and the secrets that are derived from them.

They are read from a JWK set or from PEM text, in the environment or in a file.
"""

import hashlib
import hmac
import json
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jwt.algorithms import ECAlgorithm, OKPAlgorithm
from jwt.exceptions import InvalidKeyError

from src.application.ports import KEYS_MAX_AGE, Clock
from src.infrastructure.tokens import base64url

_log = logging.getLogger("portero.keys")

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey
PublicKey = Ed25519PublicKey | EllipticCurvePublicKey

PUBLISHED_FIRST = KEYS_MAX_AGE + timedelta(minutes=1)
"""The time for which a new key is published before it signs. Then no cache lacks it, even if clocks differ a little."""

_PEM = re.compile(r"-----BEGIN [A-Z ]*KEY-----.+?-----END [A-Z ]*KEY-----", re.DOTALL)


class BadKeys(ValueError):
    """The text contains no usable signing keys. The message says why and does not quote the text."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. ``kid`` is its thumbprint (RFC 7638), ``algorithm`` the only algorithm it is used with."""

    kid: str
    algorithm: str
    private: PrivateKey
    public: PublicKey
    public_jwk: dict[str, str]
    not_before: int = 0
    """The time from which the key signs, in seconds since 1970. Other keys sign until then."""
    _derived: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, private: Any) -> "SigningKey":
        """Return the signing key of an Ed25519 or P-256 private key. Raise BadKeys for any other object."""
        jwk: dict[str, str]
        if isinstance(private, Ed25519PrivateKey):
            algorithm, jwk = "EdDSA", OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
        elif isinstance(private, EllipticCurvePrivateKey) and isinstance(private.curve, SECP256R1):
            algorithm, jwk = "ES256", ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        else:
            raise BadKeys("signing keys must be Ed25519 or P-256 private keys")
        # PyJWT returns exactly the members that a thumbprint covers.
        digest = hashlib.sha256(json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()).digest()
        kid = base64url.encode(digest)
        return cls(kid, algorithm, private, private.public_key(), jwk | {"use": "sig", "alg": algorithm, "kid": kid})

    @classmethod
    def generate(cls) -> "SigningKey":
        """Return a new Ed25519 key. Unlike ECDSA, it gives each message only one valid signature."""
        return cls.of(Ed25519PrivateKey.generate())

    def derive(self, purpose: str) -> bytes:
        """Return a secret of 32 bytes for another purpose (RFC 5869). Each secret is computed once."""
        if purpose not in self._derived:
            function = HKDF(SHA256(), length=32, salt=None, info=purpose.encode())
            self._derived[purpose] = function.derive(self._private_value())
        return self._derived[purpose]

    def private_jwk(self) -> dict[str, str | int]:
        """Return the key as a JWK with its private value (RFC 7517).

        The member ``nbf`` is ``not_before`` (OpenID Federation 1.0, section 8.7.2).
        """
        begin = {"nbf": self.not_before} if self.not_before else {}
        return {**self.public_jwk, "d": base64url.encode(self._private_value()), **begin}

    def _private_value(self) -> bytes:
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.private_bytes_raw()
        return self.private.private_numbers().private_value.to_bytes(32)


def parse_keys(text: str) -> tuple[SigningKey, ...]:
    """Return the keys of a JWK set, a single JWK or PEM blocks, in their order. Raise BadKeys for any other text."""
    try:
        if text.lstrip().startswith("{"):
            document = json.loads(text)
            keys = tuple(map(_from_jwk, document.get("keys", [document])))
        else:
            blocks = _PEM.findall(text)
            keys = tuple(SigningKey.of(serialization.load_pem_private_key(each.encode(), None)) for each in blocks)
    except BadKeys:
        raise
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError, InvalidKeyError):
        raise BadKeys("they are neither a JWK set nor PEM text with private keys") from None
    if not keys:
        raise BadKeys("there is no key in it")
    return keys


def _from_jwk(jwk: dict[str, Any]) -> SigningKey:
    key = SigningKey.of((OKPAlgorithm if jwk.get("kty") == "OKP" else ECAlgorithm).from_jwk(jwk))
    return replace(key, not_before=int(jwk.get("nbf", 0)))


def rotated(keys: Sequence[SigningKey], keep: int, now: datetime) -> Sequence[SigningKey]:
    """Return the keys with a new first key, which signs after PUBLISHED_FIRST, and the first ``keep`` old keys.

    The keys stay as they are while their first key does not sign yet.
    """
    if keys[0].not_before > now.timestamp():
        return keys
    new = replace(SigningKey.generate(), not_before=int((now + PUBLISHED_FIRST).timestamp()))
    return [new, *keys[:keep]]


def as_jwk_set(keys: Sequence[SigningKey]) -> str:
    """Return a JWK set with the private values, which is therefore secret."""
    return json.dumps({"keys": [key.private_jwk() for key in keys]})


def write_keys(path: Path, keys: Sequence[SigningKey], *, replace: bool) -> bool:
    """Write a JWK set as ``write_secret`` does. Return whether this call wrote the file."""
    return write_secret(path, as_jwk_set(keys), replace=replace)


def write_secret(path: Path, text: str, *, replace: bool) -> bool:
    """Write a file atomically, readable only by its owner. Return whether this call wrote the file.

    Without ``replace``, an existing file is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # mode 0600
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            if replace:
                Path(file.name).replace(path)
            else:
                os.link(file.name, path)
        except FileExistsError:
            return False
        finally:
            Path(file.name).unlink(missing_ok=True)
    return True


class KeyRing:
    """The keys in use. A file is read again when it has changed.

    All keys verify, and the first one whose time has come signs. If no key's time has come, the first key signs.
    """

    def __init__(self, source: str | Path, clock: Clock = lambda: datetime.now(UTC)) -> None:
        """Load the keys from a text or from a file. Raise BadKeys or OSError."""
        self._source = source
        self._clock = clock
        self._version = self._file_version()
        self._keys = self._load()

    def signing(self) -> SigningKey:
        """Return the key that signs new tokens."""
        return self._signing_first()[0]

    def verifying(self, kid: str) -> SigningKey | None:
        """Return the key with this thumbprint, or None."""
        return self._current().get(kid)

    def derived(self, purpose: str) -> list[bytes]:
        """Return a secret for another purpose from each key, beginning with the signing key."""
        return [key.derive(purpose) for key in self._signing_first()]

    def fingerprints(self, data: bytes) -> list[str]:
        """Return an HMAC-SHA256 of ``data`` for each key, beginning with the signing key. Implements Fingerprints.

        Unlike a plain hash, an HMAC reveals nothing about ``data`` to a reader of the store.
        """
        return [hmac.digest(key, data, "sha256").hex() for key in self.derived("portero fingerprints")]

    def public(self) -> dict[str, list[dict[str, str]]]:
        """Return the public JWK set (RFC 7517)."""
        return {"keys": [key.public_jwk for key in self._current().values()]}

    def _signing_first(self) -> list[SigningKey]:
        now = self._clock().timestamp()
        return sorted(self._current().values(), key=lambda key: key.not_before > now)  # keeps the order of the others

    def _current(self) -> dict[str, SigningKey]:
        # A rotation replaces the file. Every process that uses the file loads the new keys at its next token.
        try:
            if (version := self._file_version()) != self._version:
                self._keys, self._version = self._load(), version
        except (OSError, BadKeys) as error:
            _log.error("the signing keys cannot be read again, the previous keys stay in use: %s", error)
        return self._keys

    def _file_version(self) -> tuple[int, int] | None:
        if isinstance(self._source, str):
            return None
        stat = self._source.stat()
        return stat.st_mtime_ns, stat.st_ino

    def _load(self) -> dict[str, SigningKey]:
        text = self._source if isinstance(self._source, str) else self._source.read_text()
        return {key.kid: key for key in parse_keys(text)}
