"""The service that the clients of a test file call, and the TypeScript client as it is published."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import PASSWORD, portero
from tests.support.markdown import ROOT

ADMIN = "admin@example.com"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = {"ADMIN_EMAIL": ADMIN, "ADMIN_PASSWORD": PASSWORD}
    with portero(tmp_path_factory.mktemp("data"), settings) as address:
        yield f"http://{address}"


@pytest.fixture(scope="session")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built TypeScript package, in a folder of its own."""
    folder = tmp_path_factory.mktemp("npm") / "portero-client"
    shutil.copytree(
        ROOT / "clients/typescript", folder, ignore=shutil.ignore_patterns("node_modules", "dist", ".built")
    )
    (folder / "node_modules").symlink_to((ROOT / "tests/js/node_modules").resolve())
    run(folder, "npm", "run", "build")
    return folder


def run(folder: Path, *command: str, **environment: str) -> str:
    """Return the standard output of a command that succeeds."""
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
