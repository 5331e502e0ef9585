"""The documentation against the code: its links lead somewhere, and its reference pages are complete."""

import ast
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import click
import pytest

from scripts.reference import PART
from src.domain import errors
from src.domain.csv import Column
from src.domain.errors import PorteroError
from src.domain.metadata import RESERVED_CLAIMS
from src.infrastructure.stores.schema import COLLECTIONS
from src.interfaces.cli.commands import cli
from src.interfaces.errors.catalogue import status_of
from tests.support.markdown import PAGES, ROOT, blocks
from tests.support.world import DOCUMENT

REFERENCE = ROOT / "docs/reference"
CODE_ARGUMENT = {"FieldError": 1, "InvalidValue": 0, "NotCsv": 0, "PydanticCustomError": 0, "refused": 0, "choice": 1}
"""The position of the code of a field in calls of these functions."""


def read(page: str) -> str:
    return (REFERENCE / page).read_text("utf-8")


def rows(page: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables on a page of the reference."""
    for line in read(page).splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def source_calls() -> Iterator[ast.Call]:
    for path in (ROOT / "src").rglob("*.py"):
        yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def commands(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)
        else:
            yield *names, name


def documented_commands() -> Iterator[tuple[str, ...]]:
    """Yield the arguments of each call of `./portero` in the documentation, except in the generated usage."""
    for page in PAGES:
        inline = re.findall(r"`\./portero ([a-z][^`]*)`", PART.sub("", prose(page)))
        shown = [
            line.strip().partition("./portero ")[2]
            for language, text in blocks(page)
            if language in ("sh", "bash")
            for line in text.splitlines()
            if "./portero " in line
        ]
        for text in inline + shown:
            words = shlex.split(text, comments=True)
            ends = [index for index, word in enumerate(words) if word[0] in "|>)&"]
            yield tuple(words[: min(ends, default=len(words))])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


def test_every_page_is_listed_in_the_table_of_contents() -> None:
    contents = ROOT / "docs/README.md"
    listed = {(contents.parent / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)\)", prose(contents))}
    assert listed >= {*PAGES} - {contents, ROOT / "README.md", ROOT / "README.es.md"}


def test_the_readme_is_a_front_page() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 220


@pytest.mark.parametrize("page", ["README.md", "README.es.md"])
def test_the_readme_has_every_canonical_route(page: str) -> None:
    rows = [line.split(" | ")[0] for line in (ROOT / page).read_text("utf-8").splitlines() if line.startswith("| `")]
    listed = {
        f"{method} {path}"
        for row in rows
        for methods, path in re.findall(r"`([A-Z, ]+) (/\S+)`", row)
        for method in methods.split(", ")
    }
    operations = DOCUMENT["paths"].items()
    assert listed == {
        f"{method.upper()} {path.replace('{', '<').replace('}', '>')}"
        for path, methods in operations
        for method, operation in methods.items()
        if "x-alias-of" not in operation
    }


def test_every_documented_command_can_be_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "texts").mkdir()
    names = ("dogs.csv", "users.csv", "users.json", "realm.json", "signer-key", "salt", "pwned-passwords.txt")
    for name in (*names, "services.jsonl"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    commands = [*documented_commands()]
    assert len(commands) > 20
    for words in commands:
        command: click.Command = cli
        arguments = [*words]
        while isinstance(command, click.Group):
            command = command.commands[arguments.pop(0)]
        if any(option.name == "password" for option in command.params) and "--password" not in arguments:
            arguments += ["--password", "typed in"]
        command.make_context(words[0], arguments, help_option_names=["-h", "--help"])


def test_every_command_that_is_mentioned_exists() -> None:
    existing = {*commands(cli)}
    for page in PAGES:
        for text in re.findall(r"`portero ([a-z][^`]*)`", prose(page)):
            words = tuple(text.split())
            assert any(words[: len(command)] == command for command in existing), (page, text)


def test_every_error_is_documented_with_its_status() -> None:
    documented = {
        code: int(row[1]) for row in rows("errors.md") if row[1].isdecimal() for code in re.findall("`([^`]+)`", row[0])
    }
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, PorteroError):
            with suppress(KeyError):  # an error that only fails a job
                assert status_of(kind) == documented[kind.code], kind


def test_the_documented_codes_of_fields_are_those_of_the_code() -> None:
    table = read("errors.md").partition("## Codes of fields")[2]
    documented = {code for line in table.splitlines() for code in re.findall("`([^`]+)`", line.split(" | ")[0])}
    raised = set()
    for call in source_calls():
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        position = CODE_ARGUMENT.get(name, len(call.args))
        if position < len(call.args) and isinstance(code := call.args[position], ast.Constant):
            raised.add(str(code.value).removeprefix("string_"))
    # The checker of a schema computes these: they are the names of its rules. A flaw of the others has the code type.
    computed = {rule.name for rule in fields(Column)} - {"name", "type", "required", "unique"}
    assert documented == raised | computed


def test_the_versions_of_the_tools_of_others_are_those_that_are_pinned() -> None:
    pinned = ["interop/package.json", "tests/js/package.json", "requirements/dev.txt", "requirements/interop.txt"]
    text = "".join((ROOT / file).read_text("utf-8") for file in pinned)
    stated = re.findall(r"\d+\.\d+\.\d+", (ROOT / "docs/explanation/interop.md").read_text("utf-8"))
    assert len(stated) > 10
    assert {*stated} <= {*re.findall(r'(?:==|": ")(\d+\.\d+\.\d+)', text)}


def test_the_reserved_claims_are_documented() -> None:
    section = read("directory.md").partition("### Claims")[2].partition("An API behind")[0]
    lines = [line for line in section.splitlines() if line[:2] in ("- ", "  ")]
    listed = {name for line in lines for name in re.findall(r"`(\w+)`", line)}
    assert listed == RESERVED_CLAIMS


def test_the_page_on_personal_data_names_every_collection() -> None:
    page = (ROOT / "docs/explanation/personal-data.md").read_text("utf-8")
    rows = [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall("`([a-z_]+)`", row)} == {each.name for each in COLLECTIONS}
