"""The keys that sign access tokens: a JWK set or PEM text, from the environment or from a file."""

import base64
import hashlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jwt.algorithms import ECAlgorithm, OKPAlgorithm
from jwt.exceptions import InvalidKeyError

_log = logging.getLogger("portero.keys")

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey
PublicKey = Ed25519PublicKey | EllipticCurvePublicKey


_PEM = re.compile(r"-----BEGIN [A-Z ]*KEY-----.+?-----END [A-Z ]*KEY-----", re.DOTALL)

_THUMBPRINT: tuple[str, ...] = ("crv", "kty", "x", "y")
"""The members of a key that its thumbprint is made of (RFC 7638, RFC 8037)."""


class BadKeys(ValueError):
    """The text holds no usable signing keys; the message says why, without showing any of it."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One private key; ``kid`` is its thumbprint (RFC 7638), ``algorithm`` the only one it is used with."""

    kid: str
    algorithm: str
    private: PrivateKey
    public: PublicKey
    public_jwk: dict[str, str]

    @classmethod
    def of(cls, private: Any) -> "SigningKey":
        """Raises BadKeys for anything but Ed25519 and P-256 private keys."""
        jwk: dict[str, str]
        if isinstance(private, Ed25519PrivateKey):
            algorithm, jwk = "EdDSA", OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
        elif isinstance(private, EllipticCurvePrivateKey) and isinstance(private.curve, SECP256R1):
            algorithm, jwk = "ES256", ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        else:
            raise BadKeys("signing keys must be Ed25519 or P-256 private keys")
        members: dict[str, str] = {name: jwk[name] for name in _THUMBPRINT if name in jwk}
        digest = hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest()
        kid = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return cls(
            kid,
            algorithm,
            private,
            private.public_key(),
            {**members, "use": "sig", "alg": algorithm, "kid": kid},
        )

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new Ed25519 key: its signatures, unlike those of ECDSA, cannot be altered and stay valid."""
        return cls.of(Ed25519PrivateKey.generate())

    def secret(self) -> bytes:
        """The private value, 32 bytes."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.private_bytes_raw()
        return self.private.private_numbers().private_value.to_bytes(32)

    def private_jwk(self) -> dict[str, str]:
        """The whole key as a JWK (RFC 7517)."""
        if isinstance(self.private, Ed25519PrivateKey):
            jwk = OKPAlgorithm.to_jwk(self.private, as_dict=True)
        else:
            jwk = ECAlgorithm.to_jwk(self.private, as_dict=True)
        return {**self.public_jwk, "d": jwk["d"]}


def parse_keys(text: str) -> tuple[SigningKey, ...]:
    """The keys of a JWK set, a single JWK, or one or more PEM blocks, in their order. Raises BadKeys."""
    try:
        if text.lstrip().startswith("{"):
            document = json.loads(text)
            keys = tuple(SigningKey.of(_from_jwk(jwk)) for jwk in document.get("keys", [document]))
        else:
            keys = tuple(
                SigningKey.of(serialization.load_pem_private_key(block.encode(), None)) for block in _PEM.findall(text)
            )
    except BadKeys:
        raise
    except (ValueError, TypeError, AttributeError, KeyError, InvalidKeyError):
        raise BadKeys("they are neither a JWK set nor PEM text with private keys") from None
    if not keys:
        raise BadKeys("there is no key in it")
    return keys


def _from_jwk(jwk: dict[str, Any]) -> Any:
    return (OKPAlgorithm if jwk.get("kty") == "OKP" else ECAlgorithm).from_jwk(jwk)


def as_jwk_set(keys: Sequence[SigningKey]) -> str:
    """The whole keys as the text of a JWK set, to be kept secret."""
    return json.dumps({"keys": [key.private_jwk() for key in keys]})


def write_keys(path: Path, keys: Sequence[SigningKey], *, replace: bool) -> bool:
    """Write a JWK set that only its owner can read, whole or not at all.

    Without ``replace`` an existing file stays; returns whether this call wrote it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(as_jwk_set(keys))
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(temporary).replace(path)
            return True
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        return True
    finally:
        Path(temporary).unlink(missing_ok=True)


class KeyRing:
    """The keys in use: the first signs, all verify. Parsed once; a changed file is read again."""

    def __init__(self, source: str | Path) -> None:
        """``source`` is the text of the keys, or the file that holds it. Raises BadKeys, OSError."""
        self._path = source if isinstance(source, Path) else None
        self._stamp = self._stat()
        self._keys = self._load(source)

    def signing(self) -> SigningKey:
        """The key for new tokens."""
        return next(iter(self._current().values()))

    def verifying(self, kid: str) -> SigningKey | None:
        """The key with this thumbprint."""
        return self._current().get(kid)

    def derived(self, purpose: str) -> list[bytes]:
        """A secret for another purpose from each key (RFC 5869), from the signing one first."""
        return [
            HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key.secret())
            for key in self._current().values()
        ]

    def public(self) -> dict[str, list[dict[str, str]]]:
        """The public JWK set (RFC 7517)."""
        return {"keys": [key.public_jwk for key in self._current().values()]}

    def _current(self) -> dict[str, SigningKey]:
        # A rotation replaces the file: every process on it follows at its next token.
        try:
            if self._path and (stamp := self._stat()) != self._stamp:
                self._keys, self._stamp = self._load(self._path), stamp
        except (OSError, BadKeys) as error:
            _log.error("the signing keys cannot be read again, those from before stay: %s", error)
        return self._keys

    def _stat(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        stat = self._path.stat()
        return stat.st_mtime_ns, stat.st_ino

    @staticmethod
    def _load(source: str | Path) -> dict[str, SigningKey]:
        text = source.read_text() if isinstance(source, Path) else source
        return {key.kid: key for key in parse_keys(text)}
