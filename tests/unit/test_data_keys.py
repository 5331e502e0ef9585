"""The encryption of the secrets of factors."""

import base64
from pathlib import Path

import pytest

from src.domain.errors import Unavailable
from src.infrastructure.factors.data_keys import BadDataKeys, DataKeys, as_text, new_data_key, parse_data_keys

ONE, TWO = new_data_key(), new_data_key()
SECRET = b"a secret of twenty b"


def test_a_sealed_secret_opens_for_its_owner_only() -> None:
    keys = DataKeys(as_text([ONE]))
    sealed = keys.seal(SECRET, "ada")
    assert keys.open(sealed, "ada") == SECRET
    assert keys.seal(SECRET, "ada") != sealed
    cut = [sealed[:size] for size in range(len(sealed))]
    for other, owner in [
        *((each, "ada") for each in cut),
        (sealed, "bob"),
        (sealed[:-4] + "AAAA", "ada"),
        ("00000000" + sealed[8:], "ada"),
    ]:
        with pytest.raises(Unavailable):
            keys.open(other, owner)


def test_the_first_key_seals_and_every_key_opens() -> None:
    old = DataKeys(as_text([ONE])).seal(SECRET, "ada")
    keys = DataKeys(as_text([TWO, ONE]))
    assert keys.open(old, "ada") == SECRET
    assert not keys.is_current(old)
    assert keys.is_current(keys.seal(SECRET, "ada"))


def test_keys_may_be_written_as_openssl_writes_them_or_in_base64url() -> None:
    spellings = [base64.b64encode(ONE).decode(), base64.urlsafe_b64encode(TWO).decode().rstrip("=")]
    for separator in (",", "\n", " , "):
        assert parse_data_keys(separator.join(spellings)) == [ONE, TWO]


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(b"x" * 16).decode(), "?" * 43, "ñ" * 43])
def test_other_texts_are_no_keys(text: str) -> None:
    with pytest.raises(BadDataKeys):
        parse_data_keys(text)


def test_a_changed_file_is_read_again_and_a_broken_one_leaves_the_old_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_text(as_text([ONE]))
    keys = DataKeys(path)
    sealed = keys.seal(SECRET, "ada")
    (tmp_path / "new").write_text(as_text([TWO, ONE]))
    (tmp_path / "new").replace(path)
    assert not keys.is_current(sealed)
    path.unlink()
    assert keys.open(sealed, "ada") == SECRET
    with pytest.raises(Unavailable):
        DataKeys(path).open(sealed, "ada")
