"""The JSON parser for bodies of clients, tokens, and answers of other services."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.application.strict_json import strict_json

NOT_JSON = {
    "cut off": ('{"a": 1', "delimiter"),
    "two values": ("1 2", "Extra data"),
    "byte order mark": ("\ufeff{}", "BOM"),
    "repeated key": ('{"a": 1, "a": 1}', "the same key twice"),
    "repeated key further in": ('[{"b": {"a": 1, "a": 1}}]', "the same key twice"),
    "NaN": ("[NaN]", "NaN is not a JSON number"),
    "Infinity": ("[-Infinity]", "-Infinity is not a JSON number"),
    "integer of 101 digits": ("9" * 101, "more than 100 digits"),
    "nested lists": ("[" * 10_000, "nested too deeply"),
    "nested objects": ('{"a":' * 10_000, "nested too deeply"),
}


@pytest.mark.parametrize("to_store", [False, True])
@pytest.mark.parametrize(("text", "message"), NOT_JSON.values(), ids=NOT_JSON)
def test_text_that_is_not_strict_json_is_refused(text: str, message: str, to_store: bool) -> None:
    with pytest.raises(ValueError, match=message):
        strict_json(text, to_store=to_store)


def test_text_of_many_values_is_refused_before_it_is_parsed() -> None:
    many = json.dumps([{}] * 10_001)
    with pytest.raises(ValueError, match="too many values"):
        strict_json(many[:-1])  # not valid JSON either, but it was not parsed
    assert len(strict_json(many, to_store=True)) == len(strict_json(many, max_values=20_002)) == 10_001


def test_nul_and_lone_surrogates_are_refused() -> None:
    for text in ('"\\u0000"', '{"a\\u0000": 1}', '[["\\u0000"]]'):
        with pytest.raises(ValueError, match="NUL"):
            strict_json(text)
    for text in ('"\\ud800"', '{"\\udfff": 1}', '"\udc80"'):
        with pytest.raises(UnicodeError):
            strict_json(text)


def test_nul_and_lone_surrogates_are_replaced_in_a_value_to_store() -> None:
    assert strict_json('{"a\\u0000": ["\\ud800", "\\ud83d\\ude00"]}', to_store=True) == {
        "a\ufffd": ["\ufffd", "\U0001f600"]
    }


def test_only_a_value_to_store_has_limits_on_floats_and_depth() -> None:
    for text in ("1e999", "[" * 33 + "]" * 33):
        strict_json(text)
        with pytest.raises(ValueError, match="too"):
            strict_json(text, to_store=True)
    assert strict_json("[" * 32 + "]" * 32, to_store=True)
    assert strict_json('{"a":' * 31 + "{}" + "}" * 31, to_store=True)
    with pytest.raises(ValueError, match="too deeply"):
        strict_json('{"a":' * 32 + "{}" + "}" * 32, to_store=True)


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(), st.lists))
def test_a_value_to_store_can_be_encoded(value: object) -> None:
    try:
        stored = strict_json(json.dumps(value), to_store=True)
    except ValueError:
        return
    text = json.dumps(stored, ensure_ascii=False, allow_nan=False)
    assert "\0" not in text
    assert "\\u0000" not in text
    text.encode("utf-8")
