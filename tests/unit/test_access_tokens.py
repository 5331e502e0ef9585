"""Access tokens without a request: what the issuer accepts and refuses."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.errors import InvalidToken
from src.domain.sessions import Client, Method, Proof, Session
from src.infrastructure.tokens.jwt import JwtIssuer
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from tests.support.forged_tokens import EC_KEY, FORGED, Good, spare_bits, wrong_claims
from tests.support.working import person
from tests.support.world import KEY

NOW = datetime.fromtimestamp(int(time.time()), UTC)
ADA = person("ada")
END = NOW + timedelta(days=1)
SESSION = Session("s", "ada", ADA.session_epoch, NOW, NOW, END, END, Client())
PROOF = Proof((Method.PASSWORD,), NOW)


def issuer_with(key: SigningKey, clock: Callable[[], datetime] = lambda: NOW) -> JwtIssuer:
    return JwtIssuer(KeyRing(as_jwk_set([key])), clock, issuer="portero", audience="portero", seconds=900)


def is_accepted(issuer: JwtIssuer, token: str) -> bool:
    try:
        issuer.verify(token)
    except InvalidToken:
        return False
    return True


@pytest.mark.parametrize("key", [KEY, EC_KEY], ids=["EdDSA", "ES256"])
def test_the_issuer_verifies_the_signature_of_its_tokens_and_of_no_forged_one(key: SigningKey) -> None:
    issuer = issuer_with(key)
    good = Good(issuer.issue(ADA, SESSION, PROOF).access, key)
    claims = issuer.verify(good.token)
    assert (claims.user_id, claims.session_id, claims.proof) == ("ada", "s", PROOF)
    assert issuer.claims(good.token) == good.claims
    fitting = [name for name in FORGED if key is KEY or name not in ("alg of another key", "HS256 with the raw key")]
    assert [name for name in fitting if is_accepted(issuer, FORGED[name](good))] == []


def test_the_issuer_verifies_every_claim_under_a_right_signature() -> None:
    issuer = issuer_with(KEY)
    good = Good(issuer.issue(ADA, SESSION, PROOF).access)
    assert is_accepted(issuer, good.with_claims(jti="x"))
    wrong = wrong_claims(int(NOW.timestamp()))
    for unknown in ("unknown user", "user a path"):  # which only the store can tell
        del wrong[unknown]
    assert [name for name, claims in wrong.items() if is_accepted(issuer, good.with_claims(**claims))] == []


def test_the_times_of_a_token_are_verified_to_the_second() -> None:
    """The clock of the issuer may be a minute fast, and no token is valid for more than a day."""
    issuer, now = issuer_with(KEY), int(NOW.timestamp())
    good = Good(issuer.issue(ADA, SESSION, PROOF).access)
    for issued, expires, accepted in (
        (now, now + 1, True),
        (now - 1, now, False),
        (now + 60, now + 61, True),
        (now + 61, now + 62, False),
        (now, now + 86_400, True),
        (now, now + 86_401, False),
        (now + 30, now + 30, False),
    ):
        assert is_accepted(issuer, good.with_claims(iat=issued, exp=expires)) is accepted, (issued - now, expires - now)


def test_the_claims_of_a_refused_token_are_not_returned() -> None:
    issuer = issuer_with(KEY)
    good = Good(issuer.issue(ADA, SESSION, PROOF).access)
    with pytest.raises(InvalidToken):
        issuer.claims(good.with_claims(exp=0))


def test_no_part_of_a_token_has_a_second_spelling() -> None:
    issuer = issuer_with(KEY)
    good = Good(issuer.issue(ADA, SESSION, PROOF).access)
    for place, part in enumerate(good.parts):
        spellings = [f"{part}=", f"{part}==", f"{part}\n", f" {part}", *([spare_bits(part)] if len(part) % 4 else [])]
        for spelling in spellings:
            parts = [*good.parts]
            parts[place] = spelling
            assert not is_accepted(issuer, ".".join(parts))


def test_a_token_ends_with_its_session_and_names_its_client() -> None:
    issuer = issuer_with(KEY)
    short = replace(SESSION, expires_at=NOW + timedelta(seconds=60))
    tokens = issuer.issue(ADA, short, PROOF)
    claims = Good(tokens.access).claims
    assert (tokens.expires_in, claims["exp"] - claims["iat"], claims["client_id"]) == (60, 60, "portero")


def test_custom_claims_do_not_replace_those_of_the_service() -> None:
    issuer = issuer_with(KEY)
    user = replace(ADA, custom_claims={"team": "red", "sub": "eve", "role": "admin"})
    claims = Good(issuer.issue(user, SESSION, PROOF).access).claims
    assert (claims["team"], claims["sub"], claims["role"]) == ("red", "ada", "user")


def test_a_token_of_an_earlier_version_has_no_proof() -> None:
    issuer = issuer_with(KEY)
    good = Good(issuer.issue(ADA, SESSION, PROOF).access)
    for left_out in (("auth_time", "acr", "amr"), ("auth_time",), ("amr",)):
        assert issuer.verify(good.with_claims(**dict.fromkeys(left_out, ...))).proof is None


def test_only_the_type_in_the_header_makes_a_token_an_access_token() -> None:
    issuer = issuer_with(KEY)
    good = Good(issuer.issue(ADA, SESSION, PROOF).access)
    assert issuer.recognises(good.token)
    assert issuer.recognises(good.with_claims(exp=0))
    for other in (good.with_header(typ="JWT"), good.with_header(typ=...), "", "x.y.z", "W10.e30."):
        assert not issuer.recognises(other)
