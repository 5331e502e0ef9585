"""Refresh tokens and the values of cookies: what their parts prove, and the successors of a spent one."""

import hashlib

import pytest

from src.domain.errors import InvalidToken
from src.domain.values import new_id
from src.infrastructure.tokens import base64url
from src.infrastructure.tokens.refresh import COOKIES, DerivedRefreshTokens
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set

OLD, NEW = SigningKey.generate(), SigningKey.generate()
RING = KeyRing(as_jwk_set([OLD]))
TOKENS, IN_COOKIES = DerivedRefreshTokens(RING), DerivedRefreshTokens(RING, COOKIES)
ROTATED = DerivedRefreshTokens(KeyRing(as_jwk_set([NEW, OLD])))
SESSION = new_id()


def test_a_token_is_read_as_it_was_issued() -> None:
    for tokens in (TOKENS, IN_COOKIES):
        issued = tokens.first(SESSION, "ada")
        assert (issued.session_id, issued.user_id, issued.genuine) == (SESSION, "ada", True)
        assert tokens.parse(issued.value) == issued
    assert TOKENS.first(SESSION, "ada") != TOKENS.first(SESSION, "ada")


def test_the_stored_hash_is_the_same_in_every_version() -> None:
    token, cookie = TOKENS.first(SESSION, "ada"), IN_COOKIES.first(SESSION, "ada")
    assert token.hash == hashlib.sha256(token.value.encode()).hexdigest()
    assert cookie.hash == hashlib.sha256(f"portero cookies:{cookie.value}".encode()).hexdigest()


def test_a_cookie_is_no_refresh_token_and_the_other_way_round() -> None:
    for tokens, others in ((TOKENS, IN_COOKIES), (IN_COOKIES, TOKENS)):
        issued = tokens.first(SESSION, "ada")
        assert not others.parse(issued.value).genuine
        assert others.parse(issued.value).hash != issued.hash


def test_a_token_with_any_byte_changed_is_not_genuine() -> None:
    data = base64url.decode(TOKENS.first(SESSION, "ada").value)
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert not TOKENS.parse(base64url.encode(changed)).genuine


def test_a_token_without_a_user_is_refused() -> None:
    data = base64url.decode(TOKENS.first(SESSION, "ada").value)
    for value in ("", base64url.encode(data[: -len("ada")])):
        with pytest.raises(InvalidToken):
            TOKENS.parse(value)


def test_a_repeated_refresh_gets_the_same_successor_and_each_generation_another_one() -> None:
    spent = TOKENS.first(SESSION, "ada")
    [successor] = TOKENS.successors(spent, 1)
    assert TOKENS.parse(successor.value) == successor
    assert (successor.session_id, successor.user_id) == (SESSION, "ada")
    assert TOKENS.successors(spent, 1) == [successor]
    others = [*TOKENS.successors(spent, 2), *TOKENS.successors(TOKENS.first(SESSION, "ada"), 1)]
    assert len({successor.value, *(each.value for each in others)}) == 3


def test_after_a_rotation_tokens_of_the_old_key_stay_genuine_and_have_a_successor_of_each_key() -> None:
    spent = TOKENS.first(SESSION, "ada")
    assert ROTATED.parse(spent.value) == spent
    new, old = ROTATED.successors(spent, 1)
    assert [old] == TOKENS.successors(spent, 1)
    assert TOKENS.parse(old.value).genuine
    assert not TOKENS.parse(new.value).genuine
