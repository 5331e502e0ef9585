"""Passwords that are easy to guess, and what finding that out costs."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

import pytest

from src.infrastructure.identity.weak_passwords import find_weakness

SYMBOLS = "@|$+!({[<%"
"""The symbols that zxcvbn reads as letters; digits are read as letters too."""


@pytest.mark.parametrize("password", ["password1", "PassWord1", "ILOVEYOU", "1qaz2wsx", "\uff50assword1"])
def test_a_much_used_password_is_common_in_any_spelling(password: str) -> None:
    weakness = find_weakness(password, [])
    assert weakness
    assert weakness.code == "common"
    assert str(weakness) == "This is one of the most used passwords; choose another."


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("eeeeeeee", 'Repeats like "aaa" are easy to guess.'),
        (" " * 8, 'Repeats like "aaa" are easy to guess.'),
        ("\U0001f33b" * 128, 'Repeats like "aaa" are easy to guess.'),
        ("Password1!", "This is similar to a commonly used password."),
        ("P@$$w0rd!", "This is similar to a commonly used password."),
        ("!@#$%^&*()", "Straight rows of keys are easy to guess."),
        ("anna.ruiz1", "This password is easy to guess."),
        ("ruiz2026", "Recent years are easy to guess."),
        ("p@$$w0rd1!(", "This is similar to a commonly used password."),
        ("LiTtLeGuY", "This password is easy to guess."),
        ("portero2026", "This password is easy to guess."),
    ],
)
def test_a_password_that_few_guesses_find_is_weak(password: str, reason: str) -> None:
    weakness = find_weakness(password, ["Anna.Ruiz", "anna@example.com"])
    assert weakness
    assert (weakness.code, str(weakness)) == ("weak", f"{reason} Add a word or two that are not common.")


@pytest.mark.parametrize(
    "password",
    [
        "$QWE098$",
        "correct horse battery",
        "staple of the day",
        "river stone cloud",
        "a better horse battery",
        "local-portero-lantern",
        "{]@;$k9(",
        "{]@;$k(m",
        "@|$+8374",
        "correct horse battery" * 6,
    ],
)
def test_a_password_that_takes_many_guesses_is_not_weak(password: str) -> None:
    assert find_weakness(password, ["anna", "anna@example.com"]) is None


def test_the_names_of_one_user_do_not_count_for_another() -> None:
    def weak(name: str) -> bool:
        return find_weakness("zorglubina9", [name]) is not None

    names = ["zorglubina", "quixotil"] * 20
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(weak, names)) == [True, False] * 20


@pytest.mark.parametrize("symbols", range(len(SYMBOLS) + 1))
@pytest.mark.parametrize("digits", ["", "7", "17", "691", "0123456789"])
def test_the_worst_passwords_are_judged_quickly(symbols: int, digits: str) -> None:
    """Without a bound on the length the slowest of these takes several seconds."""
    find_weakness("loads the data", [])
    characters = SYMBOLS[:symbols] + digits or "a"
    password = "".join(islice(cycle(characters), 128))
    best = float("inf")
    for _ in range(5):
        start = time.thread_time()  # other work on the machine does not count
        find_weakness(password, ["a" * 32, "a" * 254])
        best = min(best, time.thread_time() - start)
    assert best < 0.5
