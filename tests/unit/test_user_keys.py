"""When the key of a user is valid."""

from dataclasses import replace
from datetime import timedelta

from src.domain.keys import Key
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
