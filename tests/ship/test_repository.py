"""Files that people expect in a repository: they name existing files and commands, and are up to date."""

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from ruamel.yaml import YAML

from src.settings import Settings
from tests.support.markdown import ROOT


@pytest.mark.parametrize(
    ("file", "schema"),
    [(".github/workflows/ci.yml", "vendor.github-workflows"), (".github/dependabot.yml", "vendor.dependabot")],
)
def test_a_file_for_github_is_valid(file: str, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_dependabot_watches_every_folder_with_requirements() -> None:
    updates = YAML(typ="safe").load(ROOT / ".github/dependabot.yml")["updates"]
    watched = {(each["package-ecosystem"], folder) for each in updates for folder in each.get("directories", ())}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    files = {"package.json": "npm", "pyproject.toml": "pip", "requirements.txt": "pip", "dev.txt": "pip"}
    folders = {
        (files[path.name], f"/{path.parent}".replace("/.", "/")) for path in map(Path, tracked) if path.name in files
    }
    assert {each for each in folders if not each[1].startswith("/bench/peers")} <= watched  # the peers stay as they are


def test_the_workflow_calls_the_commands_that_developers_call() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    targets = set(re.findall(r"run: make (\w+)", workflow))
    assert targets == {"check", "test", "audit", "sbom"}
    assert targets <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_steps_that_the_devcontainer_installs_exist() -> None:
    command = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())["postCreateCommand"].split()
    assert command[:2] == ["sh", "scripts/setup"]
    for step in command[2:]:
        assert f"\nsetup_{step}() {{" in (ROOT / "scripts/setup").read_text()


def test_the_example_of_the_environment_has_every_setting_commented_out() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    assert dotenv_values(stream=StringIO(text)) == {}
    names = dotenv_values(stream=StringIO(re.sub("^#([A-Z])", r"\1", text, flags=re.MULTILINE)))
    emulators = {"firestore_emulator_host", "firebase_auth_emulator_host"}
    assert {name.lower() for name in names} == Settings.model_fields.keys() - emulators
