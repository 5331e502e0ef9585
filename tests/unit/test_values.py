"""Usernames, e-mail addresses, ids and the normalised forms in which names are unique."""

import sys
from unicodedata import category, normalize

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from src.domain.values import Email, InvalidValue, Username, fold, new_id
from tests.support.races import spellings

ACCEPTED = {
    # text: key
    "ada": "ada",
    "Ada": "ada",
    "a.b_c-d": "a.b_c-d",
    "007": "007",
    "x" * 32: "x" * 32,
    "user-" + "0" * 26: "user-" + "0" * 26,
    # scripts
    "\u0410\u0434\u0430": "\u0430\u0434\u0430",  # Cyrillic
    "张伟先": "张伟先",
    "ひらがな": "ひらがな",
    "\ud55c\uad6d\uc5b4": "\ud55c\uad6d\uc5b4",  # Hangul
    "مرحبا": "مرحبا",
    "שלום": "שלום",
    "नमस्ते": "नमस्ते",  # with vowel signs and a virama
    "สวัสดี": "สวัสดี",
    "١٢٣": "١٢٣",  # digits of Arabic
    "\U00010400\U00010401\U00010402": "\U00010428\U00010429\U0001042a",  # beyond 16 bits, and with cases
    # combining marks
    "Zoe\u0308": "zoë",
    "x\u0301yz": "x\u0301yz",  # has no composed form
    "a\u0323\u0307b": "ạ̇b",
    "a\u0307\u0323b": "ạ̇b",  # the same in another order
    # compatibility forms
    "\uff41\uff44\uff41": "ada",  # full width
    "\uff11\uff12\uff13": "123",
    "\ufb01n": "fin",  # a ligature, three characters after NFKC
    "\u2167": "viii",  # one character before NFKC, four after
    "x\u00b2y": "x2y",
    "ada\u2024": "ada.",  # the one dot leader is a point
    "\u212bngstr\u00f6m": "ångström",  # the sign of the unit
    # case folding
    "Straße": "strasse",
    "STRASSE": "strasse",
    "stra\u1e9ee": "strasse",
    "\u0130zmir": "i\u0307zmir",
    "\u0131zmir": "\u0131zmir",  # the dotless i is another letter, also for Unicode
    "\u03a3\u0399\u03a3\u03a5\u03a6\u039f\u03a3": "\u03c3\u03b9\u03c3\u03c5\u03c6\u03bf\u03c3",
    "\u03c3\u03b9\u03c3\u03c5\u03c6\u03bf\u03c2": "\u03c3\u03b9\u03c3\u03c5\u03c6\u03bf\u03c3",  # final sigma
    "\u1fb7ab": "\u1fb6\u03b9ab",
    "\u1fbc\u0342ab": "\u1fb6\u03b9ab",  # its title case
}

REFUSED = {
    # length, counted after NFKC
    "": "length",
    "ab": "length",
    "x" * 33: "length",
    "e\u0301a": "length",  # three before
    "\ufb03" * 11: "length",  # eleven before, 33 after
    "\ufdfa\ufdfa": "length",  # a ligature of eighteen
    # start
    ".ada": "start",
    "-ada": "start",
    "_ada": "start",
    "@ada": "start",
    " ada": "start",
    "\u0301ada": "start",
    "\u200bada": "start",
    "\U0001f600ada": "start",
    # characters
    "ada@example.com": "characters",
    "ada\uff20b": "characters",  # a full-width @
    "ada\ufe6bb": "characters",  # a small one
    "ada lovelace": "characters",
    "ada\u00a0b": "characters",
    "ada\tb": "characters",
    "ada\n": "characters",
    "ada\x00": "characters",
    "ada\x7f": "characters",
    "ada/b": "characters",
    "ada+b": "characters",
    "ada'b": "characters",
    "ada<b>": "characters",
    "ada\U0001f600": "characters",
    "ada\ud800": "characters",  # half a surrogate pair
    "ada\ue000": "characters",  # private use
    "ada\u0378": "characters",  # unassigned
    "1\u0301ab": "characters",  # a mark on a digit
    "ada.\u0301": "characters",  # a mark on a point
    "ada\u00bd": "characters",  # three characters after NFKC, with a fraction slash
    "ada\u2044b": "characters",
    "\ufdfa": "characters",  # eighteen characters after NFKC, three of them spaces
    # invisible
    "ada\u00ad": "characters",  # soft hyphen
    "ada\u200b": "characters",
    "ada\u200c": "characters",
    "ada\u200d": "characters",
    "ada\u200e": "characters",
    "ada\u202e": "characters",  # right-to-left override
    "ada\u2060": "characters",
    "ada\ufeff": "characters",
    "ada\u034f": "characters",
    "ada\u115f": "characters",
    "ada\u1160": "characters",
    "ada\u17b4": "characters",
    "ada\u180b": "characters",
    "ada\u180e": "characters",
    "ada\u2800": "characters",  # the Braille pattern without a point
    "ada\u3164": "characters",
    "ada\uffa0": "characters",
    "ada\ufe0f": "characters",
    "ada\U000e0100": "characters",
    "ada\U000e0041": "characters",  # a tag
}


@pytest.mark.parametrize(("text", "key"), ACCEPTED.items(), ids=map(ascii, ACCEPTED))
def test_a_username_keeps_its_spelling_and_has_a_normalised_key(text: str, key: str) -> None:
    assert Username.parse(text) == Username(display=text, key=normalize("NFC", key))


@pytest.mark.parametrize(("text", "code"), REFUSED.items(), ids=map(ascii, REFUSED))
def test_an_invalid_username_is_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        Username.parse(text)
    assert refused.value.code == code
    assert str(refused.value).endswith(".")


def test_names_with_different_letters_that_look_alike_have_different_keys() -> None:
    names = ["ada", "\u0430da", "ad\u00e0", "ad\u0101", "\u00e6da", "a-da", "a.da", "a_da"]
    assert len({Username.parse(name).key for name in names}) == len(names)


def test_fifty_spellings_of_a_name_have_one_key() -> None:
    assert len(set(spellings(50))) == 50
    assert len({Username.parse(spelling).key for spelling in spellings(50)}) == 1


def test_a_random_username_is_valid_and_unique() -> None:
    name = Username.random()
    assert Username.parse(name.display) == name
    assert Username.random() != name


NAMES = st.text(
    st.characters(categories=["L", "Nd"]) | st.characters(categories=["Mn", "Mc"]) | st.sampled_from("._-aA"),
    min_size=Username.MIN,
    max_size=Username.MAX,
)


def accepted(text: str) -> Username:
    try:
        return Username.parse(text)
    except InvalidValue:
        assume(False)
        raise


@settings(deadline=None)
@given(NAMES)
def test_folding_a_key_returns_the_key(text: str) -> None:
    key = accepted(text).key
    assert fold(key) == key
    assume(len(key) <= Username.MAX)  # folding can make it longer: the sharp s becomes two
    assert Username.parse(key).key == key


@settings(deadline=None)
@given(NAMES)
def test_every_unicode_normalisation_form_has_the_same_key(text: str) -> None:
    key = accepted(text).key
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert Username.parse(normalize(form, text)).key == key


@settings(deadline=None)
@given(NAMES)
def test_upper_and_lower_case_have_the_same_key(text: str) -> None:
    key = accepted(text).key
    # Unicode itself folds two texts apart: the dotless i and its capital, and a mark after an iota below.
    assume("\u0131" not in normalize("NFKC", text))
    assume("\u0345" not in normalize("NFD", text))
    for spelling in (text.upper(), text.lower(), text.casefold(), text.swapcase(), normalize("NFD", text).upper()):
        assert fold(spelling) == key


def test_every_letter_folds_to_the_same_key_in_every_case_and_form() -> None:
    letters = [letter for letter in map(chr, range(sys.maxunicode + 1)) if category(letter)[0] in "LM"]
    folded_apart = {
        letter
        for letter in letters
        for other in {letter.upper(), letter.lower(), letter.title(), normalize("NFD", letter), fold(letter)}
        if fold(other) != fold(letter)
    }
    assert folded_apart == {"\u0131"}


def test_the_key_of_an_address_ignores_case_and_unicode_form() -> None:
    assert Email("Zoe\u0308@Example.COM").key == Email("zo\u00eb@example.com").key
    assert Email("ada@example.com").key != Email("ada@example.org").key


def test_an_id_has_32_random_hexadecimal_digits() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(id) == 32 and set(id) <= set("0123456789abcdef") for id in ids)
