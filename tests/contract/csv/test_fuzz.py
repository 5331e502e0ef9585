"""Generated files and schemas: the checker agrees with a naive one."""

import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from operator import add
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from src.application.ports import EncodedRow
from src.domain.csv import ColumnType, InvalidOption, NotCsv, ReadOptions, parse_schema
from src.infrastructure.csv import PolarsCsvChecker
from src.infrastructure.csv.checking import duplicates, passes, patterns
from src.infrastructure.csv.reading import blocks, encodings, normalising, records
from tests.support import naive_csv
from tests.support.csv_values import INVALID, VALID
from tests.support.rows import decoded


@contextmanager
def small_blocks(chunk: int, largest: int, smallest: int, longest: int, wide: int) -> Iterator[None]:
    """Make blocks of a few bytes, and call files of more than ``wide`` columns wide."""
    before = csv.field_size_limit()
    try:
        with (
            patch.object(encodings, "CHUNK", chunk),
            patch.object(blocks, "MAX_SIZE", largest),
            patch.object(blocks, "ROWS", 3),
            patch.object(blocks, "LONG", longest),
            patch.object(normalising, "WINDOW", smallest),
            patch.object(normalising, "WIDE", wide),
            patch.object(records, "MAX_ROW", longest),
            patch.object(passes, "BATCH", 3),
            patch.object(duplicates, "AT_ONCE", 5),
        ):
            yield
    finally:
        csv.field_size_limit(before)


def verdict(file: Path, schema: object, **options: Any) -> object:
    """Return the report and the rows of a file, or the reason why it is refused."""
    checker, rows = PolarsCsvChecker(), list[EncodedRow]()
    read_options = ReadOptions(parse_schema(schema, checker.pattern_flaws), **options)
    try:
        report = checker.check(file, read_options, store=rows.extend)
        assert report == checker.check(file, read_options)
    except (NotCsv, InvalidOption) as refused:
        return vars(refused)
    assert not [text for _, _, text in rows if text.endswith(',""]')]
    return naive_csv.found_in(report), decoded(rows, len(report.columns))


def naive_verdict(file: Path, schema: object, **options: Any) -> object:
    """Return what the naive checker finds in a file, in the form of ``verdict``."""
    try:
        return naive_csv.check(file, ReadOptions(parse_schema(schema, patterns.flaws), **options))
    except (NotCsv, InvalidOption) as refused:
        return vars(refused)


def cells() -> st.SearchStrategy[str]:
    """Generate values that belong to a type or almost do."""
    return st.one_of(
        st.sampled_from(["", " ", "  ", "1", " 1", "1 ", "x", " x"]),
        st.sampled_from(["é", "\ufeff", "true", "a@b.cd", "\u2028", "x^", "\x0b", "\x01"]),
        st.sampled_from([value for values in [*VALID.values(), *INVALID.values()] for value in values]),
        st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e-?[0-9]{1,3})?", fullmatch=True),
        st.from_regex(r"-?[1-9][0-9]{17,38}", fullmatch=True),
        st.from_regex(r"[a.]{1,5}@[a.-]{1,3}\.[a1]{1,3}", fullmatch=True),
        st.from_regex(r"(19|20|00)(00|0[0-9]|1[0-9])-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5]0Z)?", fullmatch=True),
        st.text('ab" \n\r,;', max_size=4),
    )


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """Generate text that a program may write as CSV."""
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(cells(), min_size=width, max_size=width), max_size=12))
    rows += draw(st.lists(st.sampled_from(rows), max_size=3)) if rows else []
    delimiter = draw(st.sampled_from(",;\t|"))
    quoting: Any = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(
        [["a", "b", "c", "d"][:width], *rows]
    )
    codec = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"]))
    return text.getvalue().encode(codec, "replace")


RAW_HEADER = st.sampled_from([b"a,b\n"] * 5 + [b"a,\xff\n", b"a,\xc3\xa9\n", b"a,a\n", b",b\n", b"a,\x01\n"])
RAW_BODY = st.lists(
    st.sampled_from(
        [
            b'"',
            b'""',
            b",",
            b",",
            b"\n",
            b"\n",
            b"\r",
            b"\r\n",
            b"a",
            b"1",
            b"x^",
            b" ",
            b";",
            b"\xef\xbb\xbf",
            b"\xc3\xa9",
            b"\x01",
            b"1,2,3\n",
            b"1\n",
            b"1,\n",
            b"\xff,2,3\n",
        ]
        + [b"\xff", b"\x81", b"\xc3", b"2024-02-29", b"1.5", b"true", b"1,2\n", b"a,b\n", b'"x","y"\n', b'"\n"']
    ),
    max_size=30,
).map(b"".join)

PATTERNS = [
    "[0-9]+",
    r"\w*",
    r"[^\d\-]*",
    r"\p{L}+",
    "(?i)TRUE|x",
    r"\S+@\S+",
    ".*",
    "(?s).*",
    "^$|a|1$",
    "[[:alpha:]]",
    "x*?",
]


@st.composite
def schemas(draw: st.DrawFn) -> object:
    if draw(st.booleans()):
        return None
    schema = {}
    for name in draw(st.sets(st.sampled_from("abce"), min_size=1)):
        type = draw(st.sampled_from(ColumnType))
        rules: dict[str, object] = {"type": type, "required": draw(st.booleans()), "unique": draw(st.booleans())}
        if draw(st.booleans()):
            rules["pattern"] = draw(st.sampled_from(PATTERNS))
        bounds: dict[str, list[object]] = {
            "integer": [-1, 0, 5, 10**17, 10**20, -(10**37)],
            "number": [-1.5, 0, 1, 1e20, -1e300, sys.float_info.max],
            "date": ["2000-02-29", "2024-02-29"],
            "datetime": ["2024-01-01T00:00:00Z", "2024-01-01T10:00+02:00"],
        }
        if type in bounds and draw(st.booleans()):
            rules[draw(st.sampled_from(["min", "max"]))] = draw(st.sampled_from(bounds[type]))
        if draw(st.booleans()) and type in VALID:
            rules["enum"] = VALID[type][:2]
        schema[name] = rules
    return schema


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "fuzzed.csv"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=st.one_of(written(), st.builds(add, RAW_HEADER, RAW_BODY)),
    schema=schemas(),
    sizes=st.tuples(st.integers(1, 40), st.integers(30, 80), st.integers(8, 30)),
    longest=st.integers(40, 400),
    encoding=st.sampled_from([None, None, None, "utf-8", "windows-1252", "utf-16"]),
    delimiter=st.sampled_from([None, None, ",", ";"]),
    wide=st.sampled_from([0, 500, 500]),
)
@example(b"a,b\n\xef\xbb\xbf1,2\n", None, (1, 30, 8), 100, None, None, 500)
@example(b"a,b\n" + b'1,"\r\n"\r\n' * 20, None, (7, 30, 9), 100, None, None, 500)
@example(b"a,b\n" + b'1,"\n",\n' * 20, None, (7, 30, 9), 9, None, None, 500)
@example(b"a,b\n1,\n1\n1,,\n1,2\n1,2,3\n1,2,4\n" * 2, None, (7, 30, 9), 100, None, ",", 500)
@example(b"a,b\n" + b"\xe2\x82,2,3\n" * 9, None, (7, 30, 9), 100, "utf-8", None, 500)
@example(b"a,b\n" + (b"\xe2\x82" * 150 + b",\n") * 2, None, (7, 30, 9), 1000, "utf-8", None, 500)
@example(b"a\n1900-00-00\n2024-01-01T24:00\n1900-00-00T00:00Z\n", None, (1, 30, 8), 40, None, None, 500)
def test_the_checker_agrees_with_a_naive_one(
    fuzzed: Path,
    data: bytes,
    schema: object,
    sizes: tuple[int, int, int],
    longest: int,
    encoding: str | None,
    delimiter: str | None,
    wide: int,
) -> None:
    fuzzed.write_bytes(data)
    with small_blocks(*sizes, longest, wide):
        assert verdict(fuzzed, schema, encoding=encoding, delimiter=delimiter) == naive_verdict(
            fuzzed, schema, encoding=encoding, delimiter=delimiter
        )


TOKENS = ["a", "b", "1", "-", "é", "[a-c]", "[^a1]", r"\d", r"\w", r"\s", r"\D", r"\.", r"\-", ".", "^", "$", "("]
TOKENS += ["(?:", ")", "|", "*", "+", "?", "{2}", "{1,2}", "{0,}", "[-a]", r"[\w-]", r"[\]a]", " ", "#", "&", "~"]
TOKENS += ["/", "[!-b]", "[a&&b]", "[a~~b]", r"\x", "[", "]", "{", "}"]


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.sampled_from(TOKENS), max_size=8).map("".join),
    st.lists(st.text("ab1-é \n.]\\&~c_٣", max_size=4), min_size=1),
)
def test_a_translated_pattern_matches_the_same_texts(pattern: str, texts: list[str]) -> None:
    if not pattern or patterns.flaws([pattern]) or (translated := patterns.portable(pattern)) is None:
        return
    matches = patterns.compiled(pattern)
    assert pl.Series(texts).str.contains(translated).to_list() == [bool(matches(text)) for text in texts]
