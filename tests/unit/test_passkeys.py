"""The adapter of passkeys: the credentials that it accepts and refuses."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AuthenticatorData

from src.application.ports import ClaimedCredential
from src.domain.errors import WrongPasskey
from src.domain.factors import Passkey
from src.domain.users import User
from src.infrastructure.factors.passkeys import Fido2RelyingParty
from tests.support.authenticator import BE, BS, ORIGIN, UP, UV, Authenticator
from tests.support.mutations import mutated

CHALLENGE = "a challenge of the service"
USER = User.new(now=datetime(2030, 1, 2, tzinfo=UTC), username=None, id="ada")
RP = Fido2RelyingParty("localhost", [ORIGIN])


def register(device: Authenticator) -> Passkey:
    return RP.verify_registration(RP.parse(device.create(RP.creation_options(USER, [], CHALLENGE))))


def signed(device: Authenticator) -> ClaimedCredential:
    return RP.parse(device.get(RP.request_options([], CHALLENGE)))


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["ES256", "Ed25519", "RS256"],
)
def test_a_passkey_of_each_algorithm_is_registered_and_signs(key: Any) -> None:
    device = Authenticator(key, counter=7)
    passkey = register(device)
    assert (passkey.counter, passkey.backed_up) == (7, False)
    device.counter, device.flags = 9, UP | UV | BE | BS
    claimed = signed(device)
    assert (claimed.id, claimed.challenge, claimed.user_id) == (passkey.credential_id, CHALLENGE, "ada")
    used = RP.verify_authentication(claimed, passkey)
    assert (used.counter, used.backed_up, used.public_key) == (9, True, passkey.public_key)


def test_the_options_ask_for_a_discoverable_credential_and_for_the_verification_of_the_user() -> None:
    passkey = register(Authenticator())
    options = RP.creation_options(USER, [passkey], CHALLENGE)["publicKey"]
    assert options["rp"] == {"id": "localhost", "name": "localhost"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [-8, -7, -257]
    assert options["excludeCredentials"] == [{"type": "public-key", "id": passkey.credential_id}]
    assert options["timeout"] == 600_000
    options = RP.request_options([], CHALLENGE)["publicKey"]
    assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
    assert "allowCredentials" not in options
    assert RP.request_options([passkey], CHALLENGE)["publicKey"]["allowCredentials"][0]["id"] == passkey.credential_id


MISTAKES: dict[str, Callable[[], dict[str, Any]]] = {
    "the port of another page": lambda: {"origin": "http://localhost:8001"},
    "a sibling of the domain": lambda: {"origin": "http://evil.localhost:8000"},
    "another domain": lambda: {"origin": "https://evil.example"},
    "another scheme": lambda: {"origin": "https://localhost:8000"},
    "the domain of another service": lambda: {"rp_id": "evil.example"},
    "nobody present": lambda: {"flags": UV},
    "the user not verified": lambda: {"flags": UP},
    "a backup that is impossible": lambda: {"flags": UP | UV | BS},
    "a frame of another site": lambda: {"client_data": {"crossOrigin": True}},
    "the other ceremony": lambda: {"client_data": {"type": "webauthn.create?"}},
    "an origin that is no text": lambda: {"client_data": {"origin": [ORIGIN]}},
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_credential_with_a_mistake_is_refused_at_registration_and_at_authentication(
    mistake: Callable[[], dict[str, Any]],
) -> None:
    with pytest.raises(WrongPasskey):
        register(Authenticator(**mistake()))
    device = Authenticator()
    passkey = register(device)
    for name, value in mistake().items():
        setattr(device, name, value)
    with pytest.raises(WrongPasskey):
        RP.verify_authentication(signed(device), passkey)


def test_only_the_passkey_itself_can_sign() -> None:
    device, other = Authenticator(), Authenticator()
    passkey, _ = register(device), register(other)
    other.id = device.id
    with pytest.raises(WrongPasskey):
        RP.verify_authentication(signed(other), passkey)
    for nobody in (None, register(Authenticator())):
        with pytest.raises(WrongPasskey):
            RP.verify_authentication(signed(device), nobody)


@pytest.mark.parametrize(
    "key",
    [
        CoseKey({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32}),
        CoseKey({1: 2, 3: -7, -1: 2, -2: b"x" * 32, -3: b"y" * 32}),
        CoseKey({1: 2, 3: -47, -1: 8, -2: b"x" * 32, -3: b"y" * 32}),
        CoseKey({1: 2, 3: -7}),
        CoseKey({3: -999}),
        CoseKey({1: 2, 3: -7, 9: b"x" * 3000}),
    ],
    ids=["no point", "another curve", "an algorithm not offered", "no numbers", "an unknown algorithm", "too long"],
)
def test_a_key_that_could_never_sign_in_is_refused_at_registration(
    key: CoseKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Authenticator()
    monkeypatch.setattr(device, "public_key", lambda: key)
    with pytest.raises(WrongPasskey):
        register(device)


def test_a_registration_without_a_key_or_with_an_overlong_id_is_refused() -> None:
    with pytest.raises(WrongPasskey):
        register(Authenticator(id=b"x" * 1024))
    assert register(Authenticator(id=b"x" * 1023))
    device = Authenticator()
    credential = device.create(RP.creation_options(USER, [], CHALLENGE))
    assertion = device.get(RP.request_options([], CHALLENGE))
    data = AuthenticatorData(websafe_decode(assertion["response"]["authenticatorData"]))
    credential["response"]["attestationObject"] = websafe_encode(AttestationObject.create("none", data, {}))
    with pytest.raises(WrongPasskey):
        RP.verify_registration(RP.parse(credential))


@pytest.mark.parametrize("number", [1 << 40, 1 << 65])
def test_a_number_in_place_of_bytes_allocates_nothing(number: int) -> None:
    device = Authenticator()
    passkey, claimed = register(device), signed(device)
    for part in claimed.parts:
        credential = device.get(RP.request_options([], CHALLENGE))
        credential["response"][part] = number
        with pytest.raises(WrongPasskey):
            RP.parse(credential)
    device.client_data = {"challenge": number}
    with pytest.raises(WrongPasskey):
        RP.verify_authentication(signed(device), passkey)
    attestation = websafe_encode(cbor.encode({"fmt": "none", "attStmt": {}, "authData": number % (1 << 64)}))
    credential = Authenticator().create(RP.creation_options(USER, [], CHALLENGE))
    credential["response"]["attestationObject"] = attestation
    with pytest.raises(WrongPasskey):
        RP.verify_registration(RP.parse(credential))


def test_mutated_credentials_are_refused_and_never_crash() -> None:
    """A mutation may keep the meaning, such as a new unused member. Then the credential is accepted."""
    chance, rounds, accepted = random.Random(27), 500, 0
    for _ in range(rounds):
        device = Authenticator(counter=1)
        passkey = register(device)
        registration = device.create(RP.creation_options(USER, [], CHALLENGE))
        with suppress(WrongPasskey):
            RP.verify_registration(RP.parse(mutated(registration, chance)))
            accepted += 1
        with suppress(WrongPasskey):
            RP.verify_authentication(RP.parse(mutated(device.get(RP.request_options([], CHALLENGE)), chance)), passkey)
            accepted += 1
    assert 0 < accepted < rounds / 2
