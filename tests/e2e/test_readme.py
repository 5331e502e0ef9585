"""The examples of README.md and docs/, executed as they are written."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from dotenv import dotenv_values

from src.settings import Settings
from tests.e2e.service import portero
from tests.support import outside
from tests.support.emulators import free_port, running
from tests.support.markdown import OUTPUT, PAGES, ROOT, SPANISH, blocks, steps

RUN_IN_ORDER = [
    "README.md",
    "docs/tutorial.md",
    "docs/reference/accounts.md",
    "docs/reference/sessions.md",
    "docs/reference/email.md",
    "docs/reference/errors.md",
    "docs/reference/directory.md",
    "docs/reference/events.md",
    "docs/reference/webhooks.md",
    "docs/reference/factors.md",
    "docs/reference/passkeys.md",
    "docs/reference/invitations.md",
    "docs/reference/keys.md",
    "docs/reference/tasks.md",
    "docs/reference/dogs.md",
    "docs/reference/files.md",
    "docs/reference/datasets.md",
    "docs/reference/operations.md",
    "docs/how-to/manage-users.md",
    "docs/how-to/keys.md",
    "docs/how-to/programs.md",
    "docs/how-to/backup.md",
    "docs/how-to/send-mails.md",
]
"""Every page with shell examples. They share one service, and each makes the accounts that it needs."""
RUN_ALONE = {
    "docs/briefs/accounts.md": "brief-a.env",
    "docs/briefs/tasks.md": "brief-b.env",
    "docs/briefs/dogs.md": "brief-c.env",
    "docs/briefs/datasets.md": "brief-d.env",
    "docs/briefs/versioned-auth.md": "brief-e.env",
}
"""Pages with a service of their own, and the file in examples/ that has its settings."""
BOUNDARY = "--- next step ---"


@dataclass(frozen=True)
class Checkout:
    """A folder like a checkout: it has `./portero`, and the service keeps its data in data/."""

    folder: Path
    address: str

    def run(self, script: str) -> "subprocess.CompletedProcess[str]":
        """Run a script in a new shell, with the real address in place of localhost:8000, and back in the output."""
        ours = {name.upper() for name in Settings.model_fields}
        done = subprocess.run(
            ["bash", "-eu", "-c", script.replace("localhost:8000", self.address)],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name not in ours},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        done.stdout = done.stdout.replace(self.address, "localhost:8000")
        return done


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A fresh checkout with what `make run` serves."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "portero").symlink_to(ROOT / "portero")
    with outside.started() as world, portero(folder / "data", {"DOG_API_URL": world.pictures.url}) as address:
        yield Checkout(folder, address)


def matches(expected: Any, actual: Any) -> bool:
    """Return whether two values are equal, where … in the expected one stands for any text."""
    match expected:
        case "…":
            return isinstance(actual, str) and actual != ""
        case dict():
            return (
                isinstance(actual, dict)
                and expected.keys() == actual.keys()
                and all(matches(value, actual[key]) for key, value in expected.items())
            )
        case list():
            return isinstance(actual, list) and len(expected) == len(actual) and all(map(matches, expected, actual))
    return bool(expected == actual)


def check(output: str, expected: list[tuple[str, str]]) -> None:
    """Assert that the output is exactly what the blocks after an example show."""
    for kind, text in expected:
        if kind == "text":
            assert output.startswith(text), (output, text)
            output = output.removeprefix(text)
        else:
            assert matches(json.loads(text), json.loads(output)), (text, output)
            output = ""
    assert output.strip() == ""


@pytest.mark.parametrize("name", RUN_IN_ORDER)
def test_the_examples_of_a_page_print_what_the_page_shows(checkout: Checkout, name: str) -> None:
    run_page(checkout, name)


@pytest.mark.parametrize(("name", "environment"), RUN_ALONE.items())
def test_the_examples_of_a_brief_work_with_its_environment(tmp_path: Path, name: str, environment: str) -> None:
    settings = {key: value or "" for key, value in dotenv_values(ROOT / "examples" / environment).items()}
    assert settings.pop("PORT") == "8000"
    with (
        outside.started() as world,
        portero(tmp_path / "data", {"DOG_API_URL": world.pictures.url, **settings}) as address,
    ):
        run_page(Checkout(tmp_path, address), name)


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.env")), ids=lambda file: file.name)
def test_an_environment_file_has_only_known_settings_commented_out_or_not(file: Path) -> None:
    names = re.findall(r"^#?([A-Z_]+)=", file.read_text("utf-8"), re.MULTILINE)
    assert names
    assert {name.lower() for name in names} <= {*Settings.model_fields}


def test_the_service_starts_with_the_command_of_flask(tmp_path: Path) -> None:
    """The manual start of the tutorial and of the briefs, in a fresh checkout."""
    lines = (line for page in PAGES for _, text in blocks(page) for line in text.splitlines())
    [command] = {line for line in lines if "flask run" in line}
    for name in (".venv", "run.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    variable, *words, port = command.split()
    assert (variable, port) == ("FLASK_APP=run.py", "8000")
    port = str(free_port())
    environment = {**os.environ, "FLASK_APP": "run.py"}
    ready = f"http://127.0.0.1:{port}/ready"
    with running([*words, port], cwd=tmp_path, env=environment, ready=ready, timeout=60):
        assert urlopen(f"http://127.0.0.1:{port}/openapi.json").status == 200


def run_page(checkout: Checkout, name: str) -> None:
    """Run all examples of a page in one shell, in order, and compare their output."""
    page = steps(ROOT / name, "bash")
    ran = checkout.run(f"\necho; echo '{BOUNDARY}'\n".join(text for text, _ in page))
    assert ran.returncode == 0, ran.stderr
    for (text, expected), output in zip(page, ran.stdout.split(BOUNDARY), strict=True):
        try:
            check(output.lstrip("\n"), expected)
        except (AssertionError, ValueError) as error:
            pytest.fail(f"{text}\nsaid {output}\n{error}")


def test_every_page_with_examples_is_run() -> None:
    """A page in Spanish has the examples of the page in English."""
    with_examples = {str(page.relative_to(ROOT)) for page in PAGES if steps(page, "bash") and page not in SPANISH}
    assert with_examples == {*RUN_IN_ORDER, *RUN_ALONE}


def test_every_page_with_examples_that_are_not_run_says_how_they_are_tested() -> None:
    page = ROOT / "docs/explanation/not-run.md"
    explained = page.read_text("utf-8").partition("## Examples that are not run")[2]
    named = {(page.parent / link).resolve() for link in re.findall(r"\]\(([^)]+\.md)\)", explained)}
    not_run = {each for each in PAGES if {"sh", "sql"} & {language for language, _ in blocks(each)}}
    assert named == not_run - {*SPANISH}


@pytest.mark.parametrize("page", SPANISH, ids=lambda page: page.name)
def test_a_spanish_page_has_the_code_and_the_headings_of_the_english_page(page: Path) -> None:
    original = page.with_name(page.name.replace(".es.md", ".md"))
    assert code(page) == code(original)
    assert outline(page) == outline(original)


def code(page: Path) -> list[tuple[str, str]]:
    """Return the blocks of a page without their comments, which are translated."""
    return [(language, re.sub(" +# .*", "", text)) for language, text in blocks(page)]


def outline(page: Path) -> list[int]:
    """Return the levels of the headings of a page."""
    return [len(marks) for marks in re.findall("^(#+) ", page.read_text("utf-8"), re.MULTILINE)]


def test_every_block_of_output_is_compared() -> None:
    """A block of output belongs to an example that the tests run."""
    languages = ("bash", "js", "python", "ts")
    for page in PAGES:
        compared = [output for language in languages for _, outputs in steps(page, language) for output in outputs]
        assert sorted(compared) == sorted(block for block in blocks(page) if block[0] in OUTPUT), page


def test_the_example_of_the_firebase_client_works(
    tmp_path: Path, firestore_emulator: str, auth_emulator: str, firestore_project: str, auth_project: str
) -> None:
    """The official Firebase JavaScript SDK signs up and calls the service with its ID token."""
    emulators = {"FIRESTORE_EMULATOR_HOST": firestore_emulator, "FIREBASE_AUTH_EMULATOR_HOST": auth_emulator}
    settings = {
        "STORE_URL": f"firestore://{firestore_project}",
        "GOOGLE_CLOUD_PROJECT": auth_project,
        "IDENTITY": "firebase",
        "FIREBASE_WEB_API_KEY": "any",
    }
    [(program, expected)] = steps(ROOT / "docs/how-to/firebase.md", "js")
    unique = f"{firestore_project}@example.com"
    with portero(tmp_path, emulators | settings) as address:
        program = program.replace("localhost:8000", address).replace("demo-portero", auth_project)
        ran = subprocess.run(
            ["node", "--input-type=module", "-e", program.replace("dora@example.com", unique)],
            cwd=ROOT / "tests/js",
            env=os.environ | emulators,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    check(ran.stdout.replace(unique, "dora@example.com"), expected)
