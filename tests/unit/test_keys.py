"""The keys that sign tokens: parsing, writing, and the ring of those in use."""

import json
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc.jwk import ECKey

from src.infrastructure.tokens import signing_keys
from src.infrastructure.tokens.signing_keys import (
    BadKeys,
    KeyRing,
    SigningKey,
    as_jwk_set,
    parse_keys,
    rotated,
    write_keys,
)

# RFC 8037, appendices A.1 and A.3.
RFC_8037 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

ONE, TWO = SigningKey.generate(), SigningKey.of(ec.generate_private_key(ec.SECP256R1()))


def _pem(
    private: Any,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption = NoEncryption(),  # noqa: B008 - it has no state
) -> str:
    text: bytes = private.private_bytes(Encoding.PEM, form, encryption)
    return text.decode()


def _public_pem(key: SigningKey) -> str:
    return key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _kids(text: str) -> list[str]:
    return [key.kid for key in parse_keys(text)]


PEM_ONE, PEM_TWO = _pem(ONE.private), _pem(TWO.private)


def test_the_id_of_a_key_is_its_thumbprint() -> None:
    [key] = parse_keys(json.dumps(RFC_8037))
    assert key.kid == RFC_8037_THUMBPRINT
    assert key.algorithm == "EdDSA"
    assert key.public_jwk == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": RFC_8037["x"],
        "use": "sig",
        "alg": "EdDSA",
        "kid": RFC_8037_THUMBPRINT,
    }
    assert TWO.kid == ECKey.import_key({**TWO.public_jwk}).thumbprint()
    assert TWO.algorithm == "ES256"


def test_a_generated_key_is_ed25519_and_new() -> None:
    assert {SigningKey.generate().algorithm for _ in range(3)} == {"EdDSA"}
    assert len({SigningKey.generate().kid for _ in range(3)}) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (as_jwk_set([ONE, TWO]), [ONE, TWO]),
        (as_jwk_set([TWO, ONE]), [TWO, ONE]),
        (f"\n {as_jwk_set([ONE])} \n", [ONE]),
        (json.dumps(ONE.private_jwk()), [ONE]),
        (json.dumps({**TWO.private_jwk(), "kid": "mine", "alg": "none"}), [TWO]),
        (PEM_ONE, [ONE]),
        (PEM_TWO, [TWO]),
        (PEM_TWO + PEM_ONE, [TWO, ONE]),
        (f"\n\n{PEM_ONE}\n\n{PEM_TWO}\n", [ONE, TWO]),
        (f"the new one\n{PEM_ONE}and the old one\n{PEM_TWO}that is all\n", [ONE, TWO]),
        (PEM_ONE.replace("\n", "\r\n"), [ONE]),
        (_pem(TWO.private, PrivateFormat.TraditionalOpenSSL), [TWO]),
        (PEM_ONE + _pem(TWO.private, PrivateFormat.TraditionalOpenSSL), [ONE, TWO]),
    ],
)
def test_keys_are_found_in_their_order(text: str, found: list[SigningKey]) -> None:
    assert _kids(text) == [key.kid for key in found]


BAD: dict[str, str] = {
    "nothing": "",
    "spaces": " \n",
    "some text": "secret-sauce",
    "an empty object": "{}",
    "an empty set": '{"keys": []}',
    "no list": '{"keys": "secret-sauce"}',
    "null": '{"keys": null}',
    "texts": '{"keys": ["secret-sauce"]}',
    "broken JSON": as_jwk_set([ONE])[:-2],
    "an array": json.dumps([ONE.private_jwk()]),
    "a public JWK": json.dumps(ONE.public_jwk),
    "a public JWK among private ones": json.dumps({"keys": [ONE.private_jwk(), TWO.public_jwk]}),
    "a JWK of a secret": '{"kty": "oct", "k": "secret-sauce"}',
    "a JWK of unknown type": json.dumps({**ONE.private_jwk(), "kty": "ABC"}),
    "a JWK on another curve": json.dumps({**ONE.private_jwk(), "crv": "X25519"}),
    "a JWK with half of d": json.dumps({**ONE.private_jwk(), "d": RFC_8037["d"][:20]}),
    "a JWK whose d is a number": json.dumps({**ONE.private_jwk(), "d": 5}),
    "a JWK of two keys": json.dumps({**TWO.private_jwk(), "d": ONE.private_jwk()["d"]}),
    "RSA": _pem(rsa.generate_private_key(65537, 1024)),
    "DSA": _pem(dsa.generate_private_key(1024)),
    "P-384": _pem(ec.generate_private_key(ec.SECP384R1())),
    "secp256k1": _pem(ec.generate_private_key(ec.SECP256K1())),
    "brainpool": _pem(ec.generate_private_key(ec.BrainpoolP256R1())),
    "Ed448": _pem(ed448.Ed448PrivateKey.generate()),
    "X25519": _pem(x25519.X25519PrivateKey.generate()),
    "a public PEM": _public_pem(ONE),
    "an encrypted PEM": _pem(ONE.private, encryption=BestAvailableEncryption(b"secret-sauce")),
    "half a PEM": PEM_ONE[:60],
    "a PEM without its end": PEM_ONE.replace("-----END PRIVATE KEY-----", ""),
    "a PEM with a wrong letter": PEM_ONE.replace("MC4", "MC5"),
    "a good PEM and a bad one": PEM_ONE + _pem(ec.generate_private_key(ec.SECP384R1())),
    "a path": "/run/secrets/keys.json",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_keys_are_refused_without_showing_them(name: str) -> None:
    with pytest.raises(BadKeys) as refused:
        parse_keys(BAD[name])
    message = str(refused.value)
    assert "key" in message
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    for word in BAD[name].replace('"', " ").split():
        assert len(word) < 12 or word not in message


def test_keys_that_were_written_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "deeper" / "keys.json"
    assert write_keys(path, [ONE, TWO], replace=False)
    assert [key.private_jwk() for key in parse_keys(path.read_text())] == [ONE.private_jwk(), TWO.private_jwk()]


@pytest.mark.parametrize("replace", [True, False])
def test_only_the_owner_can_read_the_file(tmp_path: Path, replace: bool) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, [ONE], replace=replace)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    write_keys(path, [TWO], replace=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_existing_file_is_kept_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text("")
    assert not write_keys(path, [ONE], replace=False)
    assert path.read_text() == ""
    assert write_keys(path, [ONE], replace=True)
    assert _kids(path.read_text()) == [ONE.kid]
    assert list(tmp_path.iterdir()) == [path]


def test_one_of_several_concurrent_starts_writes_the_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    wrote: list[bool] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        wrote.append(write_keys(path, [SigningKey.generate()], replace=False))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wrote) == [False] * 7 + [True]
    assert len(_kids(path.read_text())) == 1


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, [ONE], replace=True)

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(OSError, match="no space left"):
        write_keys(path, [TWO], replace=True)
    assert _kids(path.read_text()) == [ONE.kid]
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, [ONE], replace=True)
    done = threading.Event()
    seen: set[int] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(len(_kids(path.read_text())))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        write_keys(path, [ONE, TWO][: number % 2 + 1], replace=True)
    done.set()
    reader.join()
    assert seen <= {1, 2}


# The ring


@pytest.fixture(params=["text", "file"])
def ring(request: pytest.FixtureRequest, tmp_path: Path) -> KeyRing:
    if request.param == "text":
        return KeyRing(as_jwk_set([ONE, TWO]))
    write_keys(tmp_path / "keys.json", [ONE, TWO], replace=True)
    return KeyRing(tmp_path / "keys.json")


def test_the_first_key_signs_and_all_verify(ring: KeyRing) -> None:
    assert ring.signing().kid == ONE.kid
    verifying = [ring.verifying(key.kid) for key in (ONE, TWO)]
    assert [key and key.kid for key in verifying] == [ONE.kid, TWO.kid]
    assert ring.verifying("other") is None
    assert ring.public() == {"keys": [ONE.public_jwk, TWO.public_jwk]}


def test_a_new_key_is_published_before_it_signs(tmp_path: Path) -> None:
    """Caches of the public keys expire before it signs. Secrets are derived from the key that signs first."""
    path, now = tmp_path / "keys.json", datetime(2026, 1, 1, tzinfo=UTC)
    times = [now]
    keys = rotated([ONE, TWO], keep=1, now=now)
    write_keys(path, keys, replace=True)
    new = keys[0]
    rings = [KeyRing(source, lambda: times[-1]) for source in (path, path.read_text())]  # another process has the text
    for ring in rings:
        assert ring.public() == {"keys": [new.public_jwk, ONE.public_jwk]}
        assert ring.verifying(new.kid)
        assert ring.signing().kid == ONE.kid
        assert ring.derived("test secrets") == [ONE.derive("test secrets"), new.derive("test secrets")]
    assert rotated(keys, keep=1, now=now + timedelta(seconds=359)) == keys
    times.append(now + timedelta(seconds=360))
    assert [ring.signing().kid for ring in rings] == [new.kid] * 2
    assert [key.kid for key in rotated(keys, keep=1, now=times[-1])][1:] == [new.kid]


@pytest.mark.parametrize("begin", ["soon", None, [], 1e999])
def test_a_key_without_a_readable_time_is_refused(begin: object) -> None:
    with pytest.raises(BadKeys):
        parse_keys(json.dumps({**ONE.private_jwk(), "nbf": begin}))


def test_an_object_that_is_no_key_is_refused() -> None:
    with pytest.raises(BadKeys):
        SigningKey.of(ONE.public_jwk)


def test_a_key_given_twice_is_published_once() -> None:
    assert KeyRing(as_jwk_set([TWO, ONE, TWO])).public() == {"keys": [TWO.public_jwk, ONE.public_jwk]}


def test_a_replaced_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, [ONE], replace=True)
    ring = KeyRing(path)
    reads = 0
    read_text: Callable[..., str] = Path.read_text

    def counted(file: Path, *arguments: Any) -> str:
        nonlocal reads
        reads += file == path  # other threads of the process may read other files
        return read_text(file, *arguments)

    monkeypatch.setattr(Path, "read_text", counted)
    for expected in ([ONE], [TWO, ONE], [TWO], [ONE]):
        write_keys(path, expected, replace=True)
        assert ring.signing().kid == expected[0].kid
        assert [key["kid"] for key in ring.public()["keys"]] == [key.kid for key in expected]
        assert ring.verifying(ONE.kid) is None or ONE in expected or expected == [ONE]
    assert reads == 4


@pytest.mark.parametrize("content", [None, "", "{}", "secret-sauce"])
def test_a_ring_without_keys_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "keys.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises((BadKeys, FileNotFoundError)):
        KeyRing(path)


def test_every_ed25519_key_has_a_thumbprint_of_its_own() -> None:
    pairs = [ed25519.Ed25519PrivateKey.generate() for _ in range(20)]
    assert len({SigningKey.of(pair).kid for pair in pairs}) == 20


def test_secrets_are_derived_once_per_key_and_purpose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, [ONE], replace=True)
    ring = KeyRing(path)
    one = ring.derived("test secrets")
    with monkeypatch.context() as patch:
        patch.setattr(signing_keys, "HKDF", None)
        assert ring.derived("test secrets") == one
    assert ring.derived("other secrets") != one

    write_keys(path, [TWO, ONE], replace=True)
    two, again = ring.derived("test secrets")
    assert again == one[0]
    assert two != again


def test_what_was_derived_from_a_key_neither_shows_nor_changes_it() -> None:
    key = SigningKey.generate()
    unused = replace(key, _derived={})
    secret = key.derive("test secrets")
    assert repr(secret) not in repr(key)
    assert key == unused
