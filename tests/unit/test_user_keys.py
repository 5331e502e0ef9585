"""When a user's key is valid, and the events about keys that end."""

import string
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest

from src.application.accounts.changes import changes
from src.domain.errors import InvalidToken
from src.domain.events import SYSTEM
from src.domain.keys import KEY_PREFIX, MAX_KEYS, Key, new_credential, owner_of
from src.domain.sessions import NO_CLIENT
from src.domain.users import FactorKind
from src.domain.values import Scope
from tests.support.working import NOON, person


def test_a_key_is_valid_only_while_its_user_has_it_and_can_log_in() -> None:
    key, text = Key.new("ada", "backup", Scope.READ, 1, NOON)
    ada = replace(person("ada"), keys={key.id: key.scope})
    assert key.is_valid(text, ada, NOON)
    for user in (replace(ada, id="eve"), replace(ada, keys={}), replace(ada, disabled=True)):
        assert not key.is_valid(text, user, NOON)
    assert not key.is_valid(f"{text}x", ada, NOON)
    assert not key.is_valid(text, ada, NOON + timedelta(days=1))


@pytest.mark.parametrize("id", ["a", "ada", "a-b", "é", "0" * 32])
def test_the_text_of_a_credential_contains_the_id_of_its_owner(id: str) -> None:
    assert owner_of(KEY_PREFIX, new_credential(KEY_PREFIX, id)) == id


@pytest.mark.parametrize("owner", ["", "0", "1", "1zz", "1f", "1ff"])
def test_a_text_without_a_readable_owner_is_refused_in_spite_of_its_checksum(owner: str) -> None:
    text = KEY_PREFIX + 30 * "a" + owner
    with pytest.raises(InvalidToken):
        owner_of(KEY_PREFIX, text + checksum(text))


def checksum(text: str) -> str:
    """Return the six digits of the CRC-32 of a text in base 62, with which a credential ends."""
    digits, number, written = (
        string.digits + string.ascii_uppercase + string.ascii_lowercase,
        zlib.crc32(text.encode()),
        "",
    )
    while len(written) < 6:
        number, digit = divmod(number, 62)
        written = digits[digit] + written
    return written


def test_many_keys_and_factors_that_go_at_once_are_told_in_one_event_each() -> None:
    """Each event takes several writes of a commit, and a commit of DynamoDB has a hundred at most."""
    ada = person("ada")
    events = changes(NO_CLIENT, SYSTEM, NOON)
    for number, told in ((1, 1), (3, 3), (4, 1), (MAX_KEYS, 1)):
        keys = dict.fromkeys(map(str, range(number)), Scope.READ)
        assert len(events(replace(ada, keys=keys), ada)) == told
        factors = dict.fromkeys(keys, FactorKind.PASSKEY)
        assert len(events(replace(ada, factors=factors), ada)) == told
