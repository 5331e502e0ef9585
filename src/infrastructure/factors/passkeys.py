"""Verifies passkeys with the library fido2. Imported at the first passkey only, because the library is large."""

import json
import logging
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from src.application.ports import CHALLENGE_LIFETIME, ClaimedCredential, Credential, Options
from src.domain.errors import WrongPasskey
from src.domain.factors import Passkey
from src.domain.users import User

logging.getLogger("fido2").setLevel(logging.WARNING)  # Its INFO messages contain the ids of credentials.

_ALGORITHMS = (-8, -7, -257)
"""Ed25519, ES256 and RS256 (COSE), the preferred one first. Every authenticator has one of them."""
_PARTS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
"""The members of an authenticator's response that this service reads (WebAuthn level 3, section 5.2)."""
_MAX_TEXT = 16384
"""The most characters of each part of a credential. The time to decode one grows with the square of its length."""
_MAX_ID = 1023
"""The most bytes of the id of a credential (WebAuthn level 3, section 5.8.3)."""
_MAX_KEY = 2048
"""The most bytes of a public key. A key of RS256 with 8192 bits has 1037."""
_MALFORMED = (
    *(ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError),
    *(struct.error, RecursionError, UnsupportedAlgorithm),
)
"""The exceptions of fido2 for credentials that no authenticator has made."""
_REQUIRED = UserVerificationRequirement.REQUIRED


class Fido2RelyingParty:
    """Verifies the credentials of one domain. Implements RelyingParty."""

    max_user_id = 64

    def __init__(self, domain: str, origins: Collection[str]) -> None:
        """Accept credentials from pages of exactly these origins."""
        # By default, the library also accepts every other port and every page of a domain below this one.
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(id=domain, name=domain), verify_origin=frozenset(origins).__contains__
        )
        offered = {each.alg: each for each in self._server.allowed_algorithms}
        self._server.allowed_algorithms = [offered[algorithm] for algorithm in _ALGORITHMS]
        point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
        self._nobodys_key = CoseKey.parse({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})

    def creation_options(self, user: User, existing: Sequence[Passkey], challenge: str) -> Options:
        name = user.username.display if user.username else user.id
        options, _ = self._server.register_begin(
            PublicKeyCredentialUserEntity(id=user.id.encode(), name=name, display_name=user.name or name),
            [_descriptor(each) for each in existing],
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=_REQUIRED,
            challenge=challenge.encode(),
        )
        return _with_timeout(options)

    def request_options(self, allowed: Sequence[Passkey], challenge: str) -> Options:
        options, _ = self._server.authenticate_begin(
            [_descriptor(each) for each in allowed] or None, user_verification=_REQUIRED, challenge=challenge.encode()
        )
        return _with_timeout(options)

    def parse(self, credential: Credential) -> ClaimedCredential:
        with _as_wrong_passkey():
            response = credential["response"]
            parts = {name: _decoded(response[name]) for name in _PARTS if response.get(name) is not None}
            challenge = json.loads(parts["clientDataJSON"].decode())["challenge"]
            return ClaimedCredential(
                id=websafe_encode(_decoded(credential["rawId"])),
                challenge=_decoded(challenge).decode("ascii"),
                user_id=parts["userHandle"].decode() if "userHandle" in parts else None,
                parts=parts,
            )

    def verify_registration(self, claimed: ClaimedCredential) -> Passkey:
        with _as_wrong_passkey():
            client = CollectedClientData(claimed.parts["clientDataJSON"])
            attestation: Any = cbor.decode(claimed.parts["attestationObject"])
            _require(isinstance(attestation["authData"], bytes))
            response = AuthenticatorAttestationResponse(
                client_data=client, attestation_object=AttestationObject(claimed.parts["attestationObject"])
            )
            id = websafe_decode(claimed.id)
            data = self._server.register_complete(_state(claimed), RegistrationResponse(raw_id=id, response=response))
            _require_plausible(data, client)
            new = data.credential_data
            _require(new is not None and new.credential_id == id and len(id) <= _MAX_ID)
            assert new
            key = cbor.encode(new.public_key)
            _require(new.public_key[3] in _ALGORITHMS and len(key) <= _MAX_KEY)
            _require_usable(new.public_key)
            return Passkey(claimed.id, websafe_encode(key), data.counter, data.is_backed_up())

    def verify_authentication(self, claimed: ClaimedCredential, passkey: Passkey | None) -> Passkey:
        with _as_wrong_passkey():
            client = CollectedClientData(claimed.parts["clientDataJSON"])
            data = AuthenticatorData(claimed.parts["authenticatorData"])
            response = AuthenticatorAssertionResponse(
                client_data=client, authenticator_data=data, signature=claimed.parts["signature"]
            )
            id = websafe_decode(claimed.id)
            key = _public_key(passkey) if passkey else self._nobodys_key
            named = AttestedCredentialData.create(Aaguid.NONE, id, key)
            answer = AuthenticationResponse(raw_id=id, response=response)
            self._server.authenticate_complete(_state(claimed), [named], answer)
            _require_plausible(data, client)
            _require(passkey is not None and passkey.credential_id == claimed.id)
            assert passkey
            return replace(passkey, counter=data.counter, backed_up=data.is_backed_up())


@contextmanager
def _as_wrong_passkey() -> Iterator[None]:
    try:
        yield
    except _MALFORMED:
        raise WrongPasskey from None


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError


def _require_plausible(data: AuthenticatorData, client: CollectedClientData) -> None:
    """Make two checks that the library does not make. Raises ValueError.

    The credential must not come from a frame of another site, and must not be backed up unless it is eligible for
    backup.
    """
    _require(not client.cross_origin)
    _require(data.is_backup_eligible() or not data.is_backed_up())


def _require_usable(key: CoseKey) -> None:
    """Raise an error unless the library can verify signatures with a key.

    The library examines most of a key only at a verification, so this function tries one.
    """
    try:
        key.verify(b"", b"")
    except InvalidSignature:
        return
    raise ValueError


def _public_key(passkey: Passkey) -> CoseKey:
    decoded: Any = cbor.decode(websafe_decode(passkey.public_key))
    return CoseKey.parse(decoded)


def _decoded(text: Any) -> bytes:
    """Return the bytes that a base64url text encodes. Raises ValueError for any other value.

    The library would accept a number, and allocate that many bytes.
    """
    _require(isinstance(text, str) and len(text) <= _MAX_TEXT)
    return websafe_decode(text)


def _state(claimed: ClaimedCredential) -> dict[str, Any]:
    """Return the state of a ceremony in the form that the library requires.

    The state holds the credential's own challenge, because the caller checks the challenge.
    """
    return {"challenge": websafe_encode(claimed.challenge.encode()), "user_verification": _REQUIRED}


def _with_timeout(options: Mapping[str, Any]) -> Options:
    return {"publicKey": {**options["publicKey"], "timeout": int(CHALLENGE_LIFETIME.total_seconds() * 1000)}}


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        type=PublicKeyCredentialType.PUBLIC_KEY, id=websafe_decode(passkey.credential_id)
    )
