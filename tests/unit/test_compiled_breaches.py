"""Lists of leaked passwords in a file: how they are compiled, looked up, replaced and refused."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from src.infrastructure.breaches import BadList
from src.infrastructure.breaches.compiled import HEADER, INDEX, CompiledBreaches
from src.infrastructure.breaches.compiling import compile_list
from tests.support.leaks import compiled


def sha1(password: str | bytes) -> str:
    return hashlib.sha1(password if isinstance(password, bytes) else password.encode()).hexdigest().upper()


@pytest.mark.parametrize("digits", [str.upper, str.lower])
def test_each_hash_of_an_unsorted_list_is_found_and_no_other(tmp_path: Path, digits: Callable[[str], str]) -> None:
    leaked = [sha1(f"leaked {number}") for number in range(20_000)]
    path = compiled(
        tmp_path, *[f"{digits(each)}:{number}" for number, each in enumerate(leaked)], digits(leaked[0]) + ":9"
    )
    breaches = CompiledBreaches(path)
    assert all(map(breaches.contains, leaked))
    assert not any(breaches.contains(sha1(f"other {number}")) for number in range(2_000))
    assert path.stat().st_size == HEADER.size + INDEX.size + 3 * 20_000


def test_more_hashes_of_one_partition_than_a_buffer_holds_are_found(tmp_path: Path) -> None:
    leaked = [f"{0xFFF << 148 | number << 116:040X}" for number in range(10_000)]
    breaches = CompiledBreaches(compiled(tmp_path, *[f"{each}:1" for each in leaked]))
    assert all(map(breaches.contains, leaked))
    assert not breaches.contains(f"{0xFFF << 148 | 10_000 << 116:040X}")


@pytest.mark.parametrize("sha1", ["0" * 40, "F" * 40])
def test_the_first_and_the_last_hash_are_found_and_an_empty_list_has_none(tmp_path: Path, sha1: str) -> None:
    assert CompiledBreaches(compiled(tmp_path, "0" * 40 + ":1", "F" * 40 + ":1")).contains(sha1)
    assert not CompiledBreaches(compiled(tmp_path)).contains(sha1)


def test_a_list_of_passwords_is_read_as_people_type_them(tmp_path: Path) -> None:
    source, target = tmp_path / "list.txt", tmp_path / "list.compiled"
    lines = [
        "\ufeffciao bella".encode(),
        b"",
        b" spaces ",
        "contrasen\u0303a".encode(),
        "contrase\u00f1as".encode("latin-1"),
    ]
    source.write_bytes(b"\r\n".join(lines))
    assert compile_list(source, target, lambda _: None) == 4
    breaches = CompiledBreaches(target)
    assert all(map(breaches.contains, map(sha1, ["ciao bella", " spaces ", "contrase\u00f1a", "contrase\u00f1as"])))
    assert not breaches.contains(sha1(""))


@pytest.mark.parametrize("line", ["correct horse", "0" * 39 + ":1", "0" * 40, "0" * 40 + ":x", "G" * 40 + ":1"])
def test_a_line_that_is_no_hash_is_named_and_the_file_of_before_stays(tmp_path: Path, line: str) -> None:
    before = compiled(tmp_path, "leaked").read_bytes()
    with pytest.raises(BadList, match="line 2 is not SHA1:COUNT"):
        compiled(tmp_path, "0" * 40 + ":1", line)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*ompiled*")} == {"leaked.compiled": before}
    assert len([*tmp_path.iterdir()]) == 2


def test_the_service_of_another_user_may_read_the_file_and_the_next_look_up_uses_a_new_one(tmp_path: Path) -> None:
    path = compiled(tmp_path, "first")
    assert path.stat().st_mode & 0o777 == 0o644
    breaches = CompiledBreaches(path)
    assert not breaches.contains(sha1("second"))
    compiled(tmp_path, "second")
    assert (breaches.contains(sha1("second")), breaches.contains(sha1("first"))) == (True, False)


def damaged(path: Path, change: Callable[[bytes], bytes]) -> CompiledBreaches:
    path.write_bytes(change(path.read_bytes()))
    return CompiledBreaches(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: b"", "is not a compiled list"),
        (lambda content: content[:10], "is not a compiled list"),
        (lambda content: b"0" * 40 + b":1\n" + content, "is not a compiled list"),
        (lambda content: content[:15] + b"\x02" + content[16:], "was compiled by another version"),
        (lambda content: content[:-1], "is damaged"),
        (lambda content: content + b"\0", "is damaged"),
        (lambda content: content[: HEADER.size + 4000], "is damaged"),
        (lambda content: content[:5000] + b"\x01" + content[5001:], "is damaged"),
    ],
)
def test_a_foreign_or_damaged_file_is_refused_with_what_to_do(
    tmp_path: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    with pytest.raises(BadList, match=f"{said}; make it with `./portero passwords compile LIST`"):
        damaged(compiled(tmp_path, "leaked"), change).check()


def test_a_file_that_disappears_or_is_cut_off_is_no_list_of_nothing(tmp_path: Path) -> None:
    path = compiled(tmp_path, "leaked")
    breaches = CompiledBreaches(path)
    os.truncate(path, HEADER.size + 100)
    with pytest.raises(BadList, match="damaged"):
        breaches.contains(sha1("leaked"))
    path.unlink()
    for look in (breaches.check, lambda: breaches.contains(sha1("leaked"))):
        with pytest.raises(BadList, match=r"cannot be read \(No such file or directory\)"):
            look()
