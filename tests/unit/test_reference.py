"""The parts of the documentation that are made from the code."""

import re
from pathlib import Path

import pytest

from scripts.reference import PART, PARTS, ROOT, files
from scripts.reference.badges import badges
from scripts.reference.markdown import attributes, prose, table
from scripts.reference.operations import operations
from scripts.reference.settings import settings
from src.domain.events import EventType
from src.interfaces.app import FEATURES
from src.interfaces.http.openapi import describe
from src.settings import Settings

FILES = files()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_of_the_reference_has_what_follows_from_the_code(file: Path) -> None:
    assert file.read_text("utf-8") == FILES[file], "type `make reference`"


def test_the_readme_shows_every_badge() -> None:
    for language in ("README.md", "README.es.md"):
        shown = re.findall(r"\((docs/badges/\w+\.svg)\)", (ROOT / language).read_text("utf-8"))
        assert {ROOT / each for each in shown} == badges().keys()


def test_every_part_is_on_one_page() -> None:
    pages = "".join(page.read_text("utf-8") for page in (ROOT / "docs").rglob("*.md"))
    assert sorted(part[2] for part in PART.finditer(pages)) == sorted(PARTS)
    assert pages.count("<!-- made by make reference") == len(PARTS)


def test_every_setting_is_described_in_a_group() -> None:
    assert {each.name.lower() for each in settings()} == Settings.model_fields.keys()
    assert all(each.group and each.meaning for each in settings())


def test_a_default_is_that_of_the_field_unless_the_docstring_states_it() -> None:
    defaults = {each.name: each.default for each in settings()}
    assert defaults["PORT"] == "``8000``"
    assert defaults["RATE_LIMIT"] == "``on``"
    assert defaults["SMTP_URL"] == ""
    assert defaults["CORS_ORIGINS"] == "``*`` in development, none in production"


def test_every_audit_event_is_described_with_its_fields() -> None:
    described = attributes(EventType)
    assert [EventType[name] for name in described] == [*EventType]
    assert all("Fields: " in text for text in described.values())


def test_the_page_of_operations_lists_the_fields_of_both_ways_to_log_in() -> None:
    login = operations(describe(FEATURES, version="")).partition("### `POST /login`")[2].partition("###")[0]
    fields = re.findall(r"^\| `(\w+)` \| application/json \| (yes|no) \|", login, re.MULTILINE)
    assert dict(fields) == {"username": "no", "email": "no", "password": "yes", "otp": "no"}


def test_a_docstring_becomes_markdown_with_links() -> None:
    assert prose("``on``: docs/how-to/keys.md.") == "`on`: [Rotate the signing keys](../how-to/keys.md)."
    assert prose("See docs/reference/settings.md#production.") == "See [Production](settings.md#production)."
    assert (
        prose("See https://example.com/a.html. Or ``http://b``.") == "See <https://example.com/a.html>. Or `http://b`."
    )


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert table(["a", "b"], [("x|y", "")]).splitlines() == ["| a | b |", "|---|---|", "| x\\|y | |"]
