"""Forged tokens return 401. Each case is a valid token with one defect."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import KeySet
from joserfc.jwt import decode

from src.domain.errors import InvalidToken
from src.domain.sessions import Client as Device
from src.domain.sessions import Session
from src.domain.users import User
from src.domain.values import Username
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set, write_keys
from tests.support.world import KEY, Client, Person, build, client_of, join, log_in, segment

STRANGE_KEY = SigningKey.generate()
EC_KEY = SigningKey.of(generate_private_key(SECP256R1()))
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PUBLIC = KEY.public_jwk

Header = dict[str, Any]
Claims = dict[str, Any]


@dataclass(frozen=True)
class Good:
    """A token that is accepted, taken apart."""

    token: str
    key: SigningKey = KEY

    @property
    def parts(self) -> list[str]:
        return self.token.split(".")

    @property
    def header(self) -> Header:
        return jwt.get_unverified_header(self.token)

    @property
    def claims(self) -> Claims:
        claims: Claims = jwt.decode(self.token, options={"verify_signature": False})
        return claims

    def sign(self, header: Header | str | bytes, claims: Claims | str | bytes, key: SigningKey | None = None) -> str:
        """A token with this header and these claims, or these very texts, under a right signature."""
        return self.sign_text(f"{segment(header)}.{segment(claims)}", key)

    def sign_text(self, signed: str, key: SigningKey | None = None) -> str:
        """The first two parts as they are, under a right signature."""
        key = key or self.key
        if key.algorithm == "EdDSA":
            signature = jwt.algorithms.OKPAlgorithm().sign(signed.encode(), key.private)  # type: ignore[arg-type]
        else:
            algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
            signature = algorithm.sign(signed.encode(), key.private)  # type: ignore[arg-type]
        return f"{signed}.{segment(signature)}"

    def with_header(self, **changes: Any) -> str:
        """Rightly signed; a change to ... takes the member away."""
        return self.sign(_changed(self.header, changes), self.claims)

    def with_claims(self, **changes: Any) -> str:
        """Rightly signed; a change to ... takes the claim away."""
        return self.sign(self.header, _changed(self.claims, changes))

    def unsigned(self, algorithm: str) -> str:
        return f"{segment({**self.header, 'alg': algorithm})}.{self.parts[1]}."

    def mac(self, secret: bytes) -> str:
        """Signed with HS256 and a public key as the shared secret."""
        signed = f"{segment({**self.header, 'alg': 'HS256'})}.{self.parts[1]}"
        return f"{signed}.{segment(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**members, **changes}.items() if value is not ...}


def _spare_bits(part: str) -> str:
    """The same bytes in base64url with an unused bit of the last character set."""
    return part[:-1] + ALPHABET[ALPHABET.index(part[-1]) | 1]


def _padded(part: str) -> str:
    return part + "=" * (-len(part) % 4 or 4)


def _twice(members: dict[str, Any], name: str, first: Any) -> str:
    """JSON with a member given twice: most parsers take the last one."""
    return f'{{"{name}": {json.dumps(first)}, {json.dumps(members)[1:]}'


def _der(good: Good) -> bytes:
    return good.key.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _pem(good: Good) -> bytes:
    return good.key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _joined(*parts: str) -> str:
    return ".".join(parts)


FORGED: dict[str, Callable[[Good], str]] = {
    "alg none": lambda good: good.unsigned("none"),
    "alg None": lambda good: good.unsigned("None"),
    "alg NONE": lambda good: good.unsigned("NONE"),
    "alg nOnE": lambda good: good.unsigned("nOnE"),
    "alg empty": lambda good: good.unsigned(""),
    "alg none with a signature": lambda good: good.unsigned("none") + good.parts[2],
    "alg none rightly signed": lambda good: good.with_header(alg="none"),
    "alg missing": lambda good: good.with_header(alg=...),
    "alg null": lambda good: good.with_header(alg=None),
    "alg a list": lambda good: good.with_header(alg=["EdDSA"]),
    "alg in lower case": lambda good: good.with_header(alg="eddsa"),
    "alg Ed25519": lambda good: good.with_header(alg="Ed25519"),
    "alg of another key": lambda good: good.with_header(alg="ES256"),
    "HS256 with the public PEM": lambda good: good.mac(_pem(good)),
    "HS256 with the public PEM, stripped": lambda good: good.mac(_pem(good).strip()),
    "HS256 with the public DER": lambda good: good.mac(_der(good)),
    "HS256 with the public JWK": lambda good: good.mac(json.dumps(PUBLIC).encode()),
    "HS256 with x of the JWK": lambda good: good.mac(PUBLIC["x"].encode()),
    "HS256 with the raw key": lambda good: good.mac(good.key.public.public_bytes_raw()),  # type: ignore[union-attr]
    "HS256 with nothing": lambda good: good.mac(b""),
    "HS256 with the kid": lambda good: good.mac(good.key.kid.encode()),
    "kid missing": lambda good: good.with_header(kid=...),
    "kid null": lambda good: good.with_header(kid=None),
    "kid empty": lambda good: good.with_header(kid=""),
    "kid unknown": lambda good: good.with_header(kid=STRANGE_KEY.kid),
    "kid a number": lambda good: good.with_header(kid=0),
    "kid a list": lambda good: good.with_header(kid=[good.key.kid]),
    "kid an object": lambda good: good.with_header(kid={"kid": good.key.kid}),
    "kid a path": lambda good: good.with_header(kid="../../../../dev/null"),
    "kid a query": lambda good: good.with_header(kid="' OR 1=1 --"),
    "kid in other case": lambda good: good.with_header(kid=good.key.kid.swapcase()),
    "kid with a space": lambda good: good.with_header(kid=good.key.kid + " "),
    "typ missing": lambda good: good.with_header(typ=...),
    "typ null": lambda good: good.with_header(typ=None),
    "typ JWT": lambda good: good.with_header(typ="JWT"),
    "typ in upper case": lambda good: good.with_header(typ="AT+JWT"),
    "typ in full": lambda good: good.with_header(typ="application/at+jwt"),
    "typ a list": lambda good: good.with_header(typ=["at+jwt"]),
    "header jwk": lambda good: good.with_header(jwk=PUBLIC),
    "header jwk of a strange key that signs": lambda good: good.sign(
        {**good.header, "jwk": STRANGE_KEY.public_jwk}, good.claims, STRANGE_KEY
    ),
    "header jku": lambda good: good.with_header(jku="https://example.com/jwks.json"),
    "header x5u": lambda good: good.with_header(x5u="https://example.com/x"),
    "header x5c": lambda good: good.with_header(x5c=["MIIB"]),
    "header x5t": lambda good: good.with_header(x5t="x"),
    "header crit": lambda good: good.with_header(crit=["exp"]),
    "header crit empty": lambda good: good.with_header(crit=[]),
    "header b64 false": lambda good: good.with_header(b64=False, crit=["b64"]),
    "header b64 true": lambda good: good.with_header(b64=True),
    "header cty": lambda good: good.with_header(cty="JWT"),
    "header zip": lambda good: good.with_header(zip="DEF"),
    "header an array": lambda good: good.sign("[]", good.claims),
    "header null": lambda good: good.sign("null", good.claims),
    "header empty": lambda good: good.sign("{}", good.claims),
    "header no JSON": lambda good: good.sign("x", good.claims),
    "header with a byte order mark": lambda good: good.sign("\ufeff" + json.dumps(good.header), good.claims),
    "header in UTF-16": lambda good: good.sign(json.dumps(good.header).encode("utf-16"), good.claims),
    "payload in UTF-16": lambda good: good.sign(good.header, json.dumps(good.claims).encode("utf-16")),
    "header nested deeply": lambda good: good.sign("[" * 100_000, good.claims),
    "header alg twice": lambda good: good.sign(_twice(good.header, "alg", "none"), good.claims),
    "header kid twice": lambda good: good.sign(_twice(good.header, "kid", "x"), good.claims),
    "header typ twice and alike": lambda good: good.sign(_twice(good.header, "typ", "at+jwt"), good.claims),
    "payload sub twice": lambda good: good.sign(good.header, _twice(good.claims, "sub", "x")),
    "payload exp twice and alike": lambda good: good.sign(good.header, _twice(good.claims, "exp", good.claims["exp"])),
    "payload role twice": lambda good: good.sign(good.header, _twice(good.claims, "role", "admin")),
    "payload an array": lambda good: good.sign(good.header, "[]"),
    "payload no JSON": lambda good: good.sign(good.header, "x"),
    "payload not UTF-8": lambda good: good.sign(good.header, b'{"sub": "\xff"}'),
    "payload nested deeply": lambda good: good.sign(good.header, '{"a":' * 500),
    "payload changed": lambda good: _joined(good.parts[0], segment({**good.claims, "role": "admin"}), good.parts[2]),
    "payload in another spelling": lambda good: _joined(
        good.parts[0], segment(json.dumps(good.claims, indent=1)), good.parts[2]
    ),
    "signature missing": lambda good: _joined(*good.parts[:2]),
    "signature empty": lambda good: _joined(*good.parts[:2], ""),
    "signature of zeros": lambda good: _joined(*good.parts[:2], segment(bytes(64))),
    "signature cut": lambda good: good.token[:-4],
    "signature lengthened": lambda good: good.token + "AAAA",
    "signature of another token": lambda good: _joined(*good.parts[:2], good.with_claims(jti="x").split(".")[2]),
    "signed by a strange key": lambda good: good.sign(good.header, good.claims, STRANGE_KEY),
    "parts swapped": lambda good: _joined(good.parts[1], good.parts[0], good.parts[2]),
    "empty parts": lambda good: "..",
    "header missing": lambda good: _joined("", *good.parts[1:]),
    "payload missing": lambda good: _joined(good.parts[0], "", good.parts[2]),
    "one part": lambda good: good.parts[0],
    "four parts": lambda good: good.token + ".AAAA",
    "four parts, the last empty": lambda good: good.token + ".",
    "five parts, as of a JWE": lambda good: _joined(
        segment({"alg": "dir", "enc": "A256GCM", **good.header}), "", "AAAA", "AAAA", "AAAA"
    ),
    "JSON serialisation": lambda good: json.dumps(
        {"protected": good.parts[0], "payload": good.parts[1], "signature": good.parts[2]}
    ),
    "padding at the end": lambda good: good.token + "==",
    "padding inside": lambda good: _joined(good.parts[0], _padded(good.parts[1]), good.parts[2]),
    "spare bits of the signature": lambda good: _joined(*good.parts[:2], _spare_bits(good.parts[2])),
    "base64 in the other alphabet": lambda good: _joined(
        *good.parts[:2], base64.b64encode(b"\xff" * 64).decode().rstrip("=")
    ),
    "space inside": lambda good: _joined(good.parts[0], " " + good.parts[1], good.parts[2]),
    "tab inside": lambda good: good.token[:50] + "\t" + good.token[50:],
    "newline inside": lambda good: good.token[:50] + "\n" + good.token[50:],
    "newline in the signature": lambda good: good.token[:-8] + "\r\n" + good.token[-8:],
    "NUL at the end": lambda good: good.token + "\0",
    "a character that base64 skips": lambda good: good.token[:-8] + "!" + good.token[-8:],
    "non-ASCII": lambda good: good.token[:50] + "é" + good.token[50:],
    "full-width": lambda good: good.token.replace("e", "ｅ"),  # noqa: RUF001 - that is the point
    "in quotes": lambda good: f'"{good.token}"',
    "in percent": lambda good: good.token.replace(".", "%2E"),
    "a megabyte of signature": lambda good: good.token + "A" * (1 << 20),
    "a megabyte of payload": lambda good: good.with_claims(jti="x" * (1 << 20)),
    "a megabyte of header": lambda good: segment('{"typ": "at+jwt", "x": "' + "x" * (1 << 20)),
    "a megabyte of dots": lambda good: "." * (1 << 20),
    "too long by a little": lambda good: good.with_claims(jti="x" * 4000),
}

CLAIMS = ["iss", "aud", "sub", "user_id", "role", "sid", "iat", "exp", "jti", "client_id"]
HOW = ["auth_time", "acr", "amr"]


def wrong_claims(now: int) -> dict[str, dict[str, Any]]:
    """Return claims that make a token invalid at ``now`` (seconds since 1970), by what is wrong with them."""
    return {
        **{f"{name} missing": {name: ...} for name in CLAIMS},
        **{f"{name} null": {name: None} for name in CLAIMS},
        **{f"{name} a list": {name: ["x"]} for name in CLAIMS},
        **{f"{name} empty": {name: ""} for name in CLAIMS},
        **{f"{name} a number too large": {name: 10**400} for name in CLAIMS},
        "claim too many": {"scope": "all"},
        "nbf too many": {"nbf": now},
        "exp a text": {"exp": str(now + 600)},
        "exp a float": {"exp": now + 600.5},
        "exp a whole float": {"exp": float(now + 600)},
        "exp true": {"exp": True},
        "exp negative": {"exp": -1},
        "exp zero": {"exp": 0},
        "exp infinite": {"exp": float("inf")},
        "exp not a number": {"exp": float("nan")},
        "exp a second ago": {"iat": now - 901, "exp": now - 1},
        "exp now": {"iat": now - 900, "exp": now},
        "exp == iat": {"iat": now + 30, "exp": now + 30},
        "exp before iat": {"iat": now + 30, "exp": now + 20},
        "exp in a year": {"exp": now + 365 * 86400},
        "exp in milliseconds": {"exp": (now + 600) * 1000},
        "iat far ahead": {"iat": now + 3600, "exp": now + 4500},
        "iat negative": {"iat": -1},
        "iat true": {"iat": True},
        "iat a float": {"iat": now + 0.5},
        "iss wrong": {"iss": "https://example.com"},
        "iss a prefix": {"iss": "porter"},
        "iss longer": {"iss": "portero/"},
        "iss in other case": {"iss": "Portero"},
        "iss in a list": {"iss": ["portero"]},
        "aud wrong": {"aud": "other"},
        "aud a prefix": {"aud": "porter"},
        "aud in a list": {"aud": ["portero"]},
        "aud in a list with others": {"aud": ["portero", "other"]},
        "aud empty list": {"aud": []},
        "sub of somebody else": {"sub": "0" * 32},
        "user_id of somebody else": {"user_id": "0" * 32},
        "unknown user": {"sub": "0" * 32, "user_id": "0" * 32},
        "user a path": {"sub": "users/x", "user_id": "users/x"},
        "role unknown": {"role": "root"},
        "role in upper case": {"role": "USER"},
        "sid true": {"sid": True},
        "auth_time a text": {"auth_time": str(now)},
        "auth_time true": {"auth_time": True},
        "auth_time negative": {"auth_time": -1},
        "auth_time of no date": {"auth_time": 10**30},
        "acr unknown": {"acr": "aal3"},
        "acr a list": {"acr": ["aal2"]},
        "amr a text": {"amr": "pwd"},
        "amr a list of numbers": {"amr": [1]},
        "amr an object": {"amr": {"pwd": 1}},
    }


def _status(client: Client, token: str) -> int:
    response = client.get("/user", environ_overrides={"HTTP_AUTHORIZATION": f"Bearer {token}"})
    if response.status_code != 200:
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert response.json["type"] == "/problems/invalid-token"
    return response.status_code


@pytest.fixture
def good(anna: Person) -> Good:
    return Good(anna.token)


def test_an_access_token_has_the_documented_claims(client: Client, good: Good, anna: Person) -> None:
    assert good.header == {"typ": "at+jwt", "alg": "EdDSA", "kid": KEY.kid}
    assert list(good.claims) == [*CLAIMS, *HOW]
    assert [good.claims[name] for name in HOW] == [good.claims["iat"], "aal1", ["pwd"]]
    assert good.claims["exp"] - good.claims["iat"] == 900
    assert good.claims["sub"] == good.claims["user_id"] == anna.user["id"]
    assert abs(good.claims["iat"] - time.time()) < 60
    again = Good(log_in(client, anna).json["access_token"])
    assert {name for name in CLAIMS if again.claims[name] != good.claims[name]} >= {"sid", "jti"}


def test_the_token_that_the_cases_modify_is_valid(client: Client, good: Good) -> None:
    """Else they would be refused for how they are made."""
    assert _status(client, good.sign(good.header, good.claims)) == 200
    assert _status(client, good.with_claims(jti="x")) == 200
    assert _status(client, good.with_claims(exp=int(time.time()) + 2)) == 200
    assert _status(client, good.with_claims(auth_time=..., acr=..., amr=...)) == 200  # one of an earlier version
    assert _status(client, good.with_claims(iat=int(time.time()) + 30)) == 200
    assert _status(client, good.with_claims(auth_time=int(time.time()), acr="aal2", amr=["pwd", "otp", "mfa"])) == 200


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(client: Client, good: Good, name: str) -> None:
    assert _status(client, FORGED[name](good)) == 401


@pytest.mark.parametrize("name", wrong_claims(0))
def test_a_signed_token_with_one_wrong_claim_is_refused(client: Client, good: Good, name: str) -> None:
    assert _status(client, good.with_claims(**wrong_claims(int(time.time()))[name])) == 401


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_unused_bits_of_base64url_are_refused_in_every_part(client: Client, good: Good, padding: int) -> None:
    """Even under our signature. A part of whole triples of bytes has none, so its length is varied."""
    header, payload = (" " * padding + json.dumps(members) for members in (good.header, good.claims))
    token = good.sign(header, payload)
    assert _status(client, token) == 200
    for place, part in enumerate(token.split(".")):
        if len(part) % 4:
            parts = [*token.split(".")]
            parts[place] = _spare_bits(part)
            assert _status(client, ".".join(parts)) == 401
            if place < 2:
                assert _status(client, good.sign_text(".".join(parts[:2]))) == 401


def test_a_token_is_valid_for_exactly_its_lifetime() -> None:
    start = datetime(2030, 1, 1, tzinfo=UTC)
    clock = start
    issuer = JwtIssuer(_ring(KEY), lambda: clock, issuer="portero", audience="portero", seconds=900)
    user, end = User.new(now=start, username=Username.random(), email=None), start + timedelta(days=1)
    session = Session("session", user.id, 0, start, start, end, end, Device())
    token = issuer.issue(user, session, session.proof).access
    for seconds, alive in ((-61, False), (-60, True), (0, True), (899.999, True), (900, False), (901, False)):
        clock = start + timedelta(seconds=seconds)
        with nullcontext() if alive else pytest.raises(InvalidToken):
            issuer.verify(token)


def test_a_token_with_any_bit_flipped_is_refused(client: Client, good: Good) -> None:
    for place in range(0, len(good.token), 7):
        old = good.token[place]
        new = "." if old != "." and place % 2 else "A" if old != "A" else "B"
        assert _status(client, good.token[:place] + new + good.token[place + 1 :]) == 401


# Keys


def _ring(*keys: SigningKey) -> KeyRing:
    return KeyRing(as_jwk_set(keys))


def test_a_token_signed_with_the_keys_of_another_service_is_refused(client: Client, good: Good) -> None:
    elsewhere = client_of(build(keys=_ring(STRANGE_KEY)))
    assert _status(client, join(elsewhere).token) == 401
    assert _status(elsewhere, good.token) == 401


def test_the_second_key_verifies_until_it_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_keys(path, [KEY], replace=True)
    client = client_of(build(keys=KeyRing(path)))
    old = join(client)
    write_keys(path, [STRANGE_KEY, KEY], replace=True)
    new = log_in(client, old).json["access_token"]
    assert jwt.get_unverified_header(new)["kid"] == STRANGE_KEY.kid
    assert (_status(client, old.token), _status(client, new)) == (200, 200)
    published = [key["kid"] for key in client.get("/.well-known/jwks.json").json["keys"]]
    assert published == [STRANGE_KEY.kid, KEY.kid]
    write_keys(path, [STRANGE_KEY], replace=True)
    assert (_status(client, old.token), _status(client, new)) == (401, 200)


def test_a_token_signed_with_another_key_than_its_kid_is_refused() -> None:
    client = client_of(build(keys=_ring(KEY, STRANGE_KEY)))
    good = Good(join(client).token)
    assert _status(client, good.sign({**good.header, "kid": STRANGE_KEY.kid}, good.claims, STRANGE_KEY)) == 200
    assert _status(client, good.sign(good.header, good.claims, STRANGE_KEY)) == 401
    assert _status(client, good.sign({**good.header, "kid": STRANGE_KEY.kid}, good.claims, KEY)) == 401


def _s(token: str) -> tuple[bytes, int]:
    signature = jwt.utils.base64url_decode(token.split(".")[2])
    return signature[:32], int.from_bytes(signature[32:])


def test_an_ecdsa_signature_has_one_valid_encoding() -> None:
    client = client_of(build(keys=_ring(EC_KEY)))
    anna = join(client)
    for _ in range(8):  # half of all signatures come out with the larger s
        token = log_in(client, anna).json["access_token"]
        r, s = _s(token)
        assert s <= P256_ORDER // 2
        assert _status(client, token) == 200
        flipped = r + (P256_ORDER - s).to_bytes(32)
        assert _status(client, _joined(*token.split(".")[:2], segment(flipped))) == 401
    for signature in (r + (0).to_bytes(32), bytes(64), r + s.to_bytes(33)):
        assert _status(client, _joined(*token.split(".")[:2], segment(signature))) == 401


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused_under_ecdsa_too(name: str, ecdsa: Client) -> None:
    good = Good(join(ecdsa).token, EC_KEY)
    if name == "alg of another key":
        assert _status(ecdsa, good.with_header(alg="EdDSA")) == 401
    elif name != "HS256 with the raw key":
        assert _status(ecdsa, FORGED[name](good)) == 401


@pytest.fixture(scope="module")
def ecdsa() -> Client:
    return client_of(build(keys=_ring(EC_KEY)))


# Others verify our tokens


class _Fetched(jwt.PyJWKClient):
    """PyJWKClient, over the test client instead of the network."""

    def __init__(self, client: Client) -> None:
        super().__init__("http://localhost/.well-known/jwks.json")
        self._client = client

    def fetch_data(self) -> Any:
        return self._client.get("/.well-known/jwks.json").json


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")  # in favour of Ed25519, which few know yet
@pytest.mark.parametrize("key", [KEY, EC_KEY], ids=["EdDSA", "ES256"])
def test_other_libraries_verify_our_tokens_with_the_published_keys(key: SigningKey) -> None:
    client = client_of(build(keys=_ring(key, STRANGE_KEY)))
    anna = join(client)
    signing = _Fetched(client).get_signing_key_from_jwt(anna.token)
    claims = jwt.decode(anna.token, signing, algorithms=[key.algorithm], audience="portero", issuer="portero")
    assert claims["sub"] == anna.user["id"]
    published = client.get("/.well-known/jwks.json").json
    token = decode(anna.token, KeySet.import_key_set(published), algorithms=[key.algorithm])
    assert token.claims == claims


def test_published_keys_contain_no_private_members(client: Client) -> None:
    for key in client.get("/.well-known/jwks.json").json["keys"]:
        assert set(key) == {"kty", "crv", "x", "use", "alg", "kid"}
    for key in client_of(build(keys=_ring(EC_KEY))).get("/.well-known/jwks.json").json["keys"]:
        assert set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"}


# Rightly signed, and wrong all the same


@pytest.mark.parametrize("name", ["another user's", "an ended one", "none", "the user's id"])
def test_a_token_needs_an_active_session_of_its_user(client: Client, anna: Person, good: Good, name: str) -> None:
    ben, ended = join(client), join(client)
    assert client.post("/auth/logout", headers=ended.headers).status_code == 204
    sid = {
        "another user's": ben.session,
        "an ended one": ended.session,
        "none": "0" * 32,
        "the user's id": anna.user["id"],
    }[name]
    assert _status(client, good.with_claims(sid=sid)) == 401
    assert _status(client, good.with_claims(sub=ben.user["id"], user_id=ben.user["id"])) == 401
    assert _status(client, good.with_claims(role="admin")) == 200  # what counts is the stored role
    headers = {"Authorization": f"Bearer {good.with_claims(role='admin')}"}
    assert client.get("/users?q=a", headers=headers).status_code == 403
