"""New usernames: combining marks and scripts."""

import pytest

from src.domain.values import InvalidValue, Username
from src.infrastructure.identity.usernames import parse_new_username

ONE_SCRIPT = [
    "anna",
    "007",
    "user-0123456789",
    "Zoe\u0308",
    "a\u0323\u0307b",
    "\uff41\uff44\uff41",  # full-width Latin
    "\u0410\u043d\u043d\u0430.1",  # Cyrillic, with characters that every script uses
    "\u0396\u03c9\u03ae",  # Greek
    "مرحبا",
    "١٢٣",
    "שָׁלוֹם",
    "नमस्ते",
    "สวัสดี",
    "\U00010400\U00010401\U00010402",  # Deseret
]

COMBINED_WITH_LATIN = [
    "さくらanna",
    "ラーメンanna",  # with a prolonged sound mark, which belongs to two scripts
    "漢字かなカナabc",
    "漢字ㄅㄆabc",
    "한국漢字abc",
    "漢字abc",
]

MIXED = [
    "\u0430nna",  # the first letter is Cyrillic
    "ann\u03b1",  # the last letter is Greek
    "\u0430\u03b1\u0430",
    "漢字\u0430",
    "abc漢字\u0430",
    "한국ひら",
    "ひらㄅㄆ",
    "abcひら한국",
    "abc\u0661\u0662\u0663",  # Arabic digits
    "abc१२३",  # Devanagari digits
    "a\u0483bc",  # a Cyrillic mark on a Latin letter
]


@pytest.mark.parametrize("text", ONE_SCRIPT + COMBINED_WITH_LATIN, ids=ascii)
def test_a_new_username_of_one_writing_system_is_accepted(text: str) -> None:
    assert parse_new_username(text) == Username.parse(text)


@pytest.mark.parametrize("text", MIXED, ids=ascii)
def test_a_new_username_of_several_scripts_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_new_username(text)
    assert refused.value.code == "script"
    assert Username.parse(text)  # an account that has the name already keeps it


@pytest.mark.parametrize(
    "text",
    ["x" + "\u0301" * 4 + "yz", "\u1ead" + "\u0323" * 2 + "yz", "a\u0301\u0301\u0301b\u0301\u0301\u0301c"],
    ids=ascii,
)
def test_a_letter_of_a_new_username_may_have_four_combining_marks(text: str) -> None:
    assert parse_new_username(text) == Username.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "x" + "\u0301" * 5 + "yz",
        "\u1ead" + "\u0323" * 3 + "yz",  # the letter has two marks already
        "x" + "\u0301" * 26,
    ],
    ids=ascii,
)
def test_a_fifth_combining_mark_on_a_letter_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_new_username(text)
    assert (refused.value.code, str(refused.value)) == ("marks", "Use at most 4 combining marks on a letter.")
    assert Username.parse(text)


def test_a_text_that_is_no_username_is_refused_for_that() -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_new_username("\u0430nna bell")
    assert refused.value.code == "characters"
