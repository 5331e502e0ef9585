"""The list of the most used passwords, which is compiled into the library zxcvbn."""

import re
from pathlib import Path

import zxcvbn_rs_py

from src.infrastructure.identity.weak_passwords import find_weakness


def test_the_three_thousand_most_used_passwords_of_eight_to_sixteen_characters_are_refused() -> None:
    [library] = Path(zxcvbn_rs_py.__file__).parent.glob("*.so")
    found = re.search(rb"123456,password,[!-~]+", library.read_bytes())
    assert found
    most_used = [each for each in found[0].decode().split(",")[:30_000] if 8 <= len(each) <= 16]
    assert most_used[0] == "password"
    assert len({*most_used}) > 3000
    assert [each for each in most_used[:3000] if find_weakness(each, []) is None] == []
