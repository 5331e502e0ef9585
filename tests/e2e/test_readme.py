"""The examples of README.md and docs/, executed as they are written."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from src.settings import Settings
from tests.e2e.service import portero
from tests.support import outside
from tests.support.markdown import OUTPUT, PAGES, ROOT, blocks, steps

RUN_IN_ORDER = [
    "README.md",
    "docs/tutorial.md",
    "docs/reference/accounts.md",
    "docs/reference/sessions.md",
    "docs/reference/directory.md",
    "docs/reference/tasks.md",
    "docs/reference/dogs.md",
    "docs/reference/files.md",
    "docs/reference/datasets.md",
    "docs/reference/operations.md",
    "docs/how-to/manage-users.md",
    "docs/how-to/keys.md",
    "docs/how-to/backup.md",
]
"""Every page with shell examples. They share one service, and each makes the accounts that it needs."""
BOUNDARY = "--- next step ---"


@dataclass(frozen=True)
class Checkout:
    """A folder that looks like a checkout: `./portero` is there, and the service keeps its data in data/."""

    folder: Path
    address: str

    def run(self, script: str) -> "subprocess.CompletedProcess[str]":
        """Run a script in a new shell, with the address of the service for localhost:8000 in both directions."""
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
    """Whether they are equal, where … stands for any text."""
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
    """Assert that the output is what the blocks after an example show, and nothing more."""
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
    """All examples of a page run in one shell, in order."""
    page = steps(ROOT / name, "bash")
    ran = checkout.run(f"\necho; echo '{BOUNDARY}'\n".join(text for text, _ in page))
    assert ran.returncode == 0, ran.stderr
    for (text, expected), output in zip(page, ran.stdout.split(BOUNDARY), strict=True):
        try:
            check(output.lstrip("\n"), expected)
        except (AssertionError, ValueError) as error:
            pytest.fail(f"{text}\nsaid {output}\n{error}")


def test_every_page_with_examples_is_run() -> None:
    with_examples = {str(page.relative_to(ROOT)) for page in PAGES if steps(page, "bash")}
    assert with_examples == set(RUN_IN_ORDER)


def test_every_block_of_output_is_compared() -> None:
    """A block of output belongs to an example in the shell or in JavaScript."""
    for page in PAGES:
        compared = [output for language in ("bash", "js") for _, outputs in steps(page, language) for output in outputs]
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
