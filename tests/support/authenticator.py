"""A software authenticator, which makes passkeys and signs with them, correctly or with any mistake of a test."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256, RS256, CoseKey, EdDSA
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

ORIGIN = "http://localhost:8000"
UP, UV, BE, BS, AT = 1, 4, 8, 16, 64
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


@dataclass
class Authenticator:
    """A device with one passkey. Its fields are what it claims in the next credential."""

    key: PrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: token_bytes(32))
    origin: str = ORIGIN
    rp_id: str = "localhost"
    flags: int = UP | UV
    counter: int = 0
    user_handle: bytes | None = None
    client_data: Mapping[str, Any] = field(default_factory=dict)
    """Members of the client data that replace those of a correct device."""

    def create(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a new credential for creation options, as a browser serialises it."""
        public = options["publicKey"]
        self.user_handle = websafe_decode(public["user"]["id"])
        attested = AttestedCredentialData.create(Aaguid.NONE, self.id, self.public_key())
        attestation = AttestationObject.create("none", AuthenticatorData(self._data(self.flags | AT) + attested), {})
        return self._credential(
            clientDataJSON=self._client_data("webauthn.create", public["challenge"]), attestationObject=attestation
        )

    def get(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a signed credential for request options, as a browser serialises it."""
        client_data = self._client_data("webauthn.get", options["publicKey"]["challenge"])
        data = self._data(self.flags)
        parts = {"clientDataJSON": client_data, "authenticatorData": data}
        parts["signature"] = self._sign(data + hashlib.sha256(client_data).digest())
        return self._credential(**parts, **({} if self.user_handle is None else {"userHandle": self.user_handle}))

    def public_key(self) -> CoseKey:
        kinds: dict[type, type[CoseKey]] = {ec.EllipticCurvePrivateKey: ES256, ed25519.Ed25519PrivateKey: EdDSA}
        kind = next((each for base, each in kinds.items() if isinstance(self.key, base)), RS256)
        return kind.from_cryptography_key(self.key.public_key())

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)

    def _client_data(self, type: str, challenge: str) -> bytes:
        own = {"type": type, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps({**own, **self.client_data}).encode()

    def _sign(self, message: bytes) -> bytes:
        match self.key:
            case ec.EllipticCurvePrivateKey():
                return self.key.sign(message, ec.ECDSA(SHA256()))
            case ed25519.Ed25519PrivateKey():
                return self.key.sign(message)
            case _:
                return self.key.sign(message, padding.PKCS1v15(), SHA256())

    def _credential(self, **parts: bytes) -> dict[str, Any]:
        id = websafe_encode(self.id)
        response = {name: websafe_encode(part) for name, part in parts.items()}
        return {"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response}
