"""Forged tokens return 401. Each case is a valid token with one defect."""

import json
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from joserfc.jwk import KeySet
from joserfc.jwt import decode

from src.domain.errors import InvalidToken
from src.domain.sessions import Client as Device
from src.domain.sessions import Session
from src.domain.users import User
from src.domain.values import Username
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set, write_keys
from tests.support.forged_tokens import (
    CLAIMS,
    EC_KEY,
    FORGED,
    HOW,
    STRANGE_KEY,
    Good,
    joined,
    spare_bits,
    wrong_claims,
)
from tests.support.world import KEY, Client, Person, build, client_of, join, log_in, segment

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


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
    """Otherwise the cases would be refused for the way in which they are made."""
    assert _status(client, good.sign(good.header, good.claims)) == 200
    assert _status(client, good.with_claims(jti="x")) == 200
    assert _status(client, good.with_claims(exp=int(time.time()) + 60)) == 200
    assert _status(client, good.with_claims(auth_time=..., acr=..., amr=...)) == 200  # a token of an earlier version
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
    """They are refused in a signed token too. A part with a multiple of 3 bytes has none, so the length is varied."""
    header, payload = (" " * padding + json.dumps(members) for members in (good.header, good.claims))
    token = good.sign(header, payload)
    assert _status(client, token) == 200
    for place, part in enumerate(token.split(".")):
        if len(part) % 4:
            parts = [*token.split(".")]
            parts[place] = spare_bits(part)
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
    for _ in range(8):  # half of all signatures have the larger s
        token = log_in(client, anna).json["access_token"]
        r, s = _s(token)
        assert s <= P256_ORDER // 2
        assert _status(client, token) == 200
        flipped = r + (P256_ORDER - s).to_bytes(32)
        assert _status(client, joined(*token.split(".")[:2], segment(flipped))) == 401
    for signature in (r + (0).to_bytes(32), bytes(64), r + s.to_bytes(33)):
        assert _status(client, joined(*token.split(".")[:2], segment(signature))) == 401


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


# Verification by other libraries


class _Fetched(jwt.PyJWKClient):
    """A PyJWKClient that uses the test client instead of the network."""

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


# Correctly signed tokens that are refused


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
    assert _status(client, good.with_claims(role="admin")) == 200  # the stored role counts, not that of the token
    headers = {"Authorization": f"Bearer {good.with_claims(role='admin')}"}
    assert client.get("/users?q=a", headers=headers).status_code == 403
