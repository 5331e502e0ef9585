"""The examples of the README, executed as they are written."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from src.interfaces.http.app import FEATURES
from tests.e2e.service import portero
from tests.support import outside

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

Step = tuple[str, list[tuple[str, str]]]


def steps(language: str) -> list[Step]:
    """Each block of a language, with the blocks of expected output that follow it."""
    found: list[Step] = []
    current: list[tuple[str, str]] | None = None
    for kind, text in BLOCK.findall(README):
        if kind == language:
            current = []
            found.append((text, current))
        elif kind in ("json", "text") and current is not None:
            current.append((kind, text))
        else:
            current = None
    return found


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
    for kind, text in expected:
        if kind == "text":
            assert output.startswith(text), (output, text)
            output = output.removeprefix(text)
        else:
            assert matches(json.loads(text), json.loads(output)), (text, output)
            output = ""
    assert output.strip() == ""


def test_the_walk_through(tmp_path: Path) -> None:
    """All of it in one shell, in order, against what `make run` serves."""
    admin = {"ADMIN_EMAIL": "admin@example.com", "ADMIN_PASSWORD": "local-portero-lantern"}
    with outside.started() as world, portero(tmp_path, {"DOG_API_URL": world.pictures.url, **admin}) as address:
        boundary = "--- next step ---"
        walk = steps("bash")
        assert len(walk) > 15
        script = f"\necho; echo '{boundary}'\n".join(text for text, _ in walk)
        ran = subprocess.run(
            ["bash", "-eu", "-c", script.replace("localhost:8000", address)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        outputs = ran.stdout.replace(address, "localhost:8000").split(boundary)
        for (text, expected), output in zip(walk, outputs, strict=True):
            try:
                check(output.lstrip("\n"), expected)
            except (AssertionError, ValueError) as error:
                pytest.fail(f"{text}\nsaid {output}\n{error}")


def test_every_route_is_in_the_readme() -> None:
    for feature in FEATURES:
        for operation in feature.all:
            assert re.search(rf"`[A-Z`, ]*{re.escape(operation.path)}`", README), operation.path


def test_the_firebase_client(
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
    [(program, expected)] = steps("js")
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
