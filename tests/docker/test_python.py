"""The tests that need no servers, run by the Python of the image, which is newer than that of most checkouts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.stack import BASE, docker

INSTALL = (
    "python3 -m venv /venv && /venv/bin/pip install --quiet --no-cache-dir --only-binary=:all: --require-hashes"
    " -r requirements.txt -r requirements/extras.txt -r requirements/dev.txt"
)
PYTEST = ["/venv/bin/pytest", "-q", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider"]
ENVIRONMENT = {
    "PATH": "/venv/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HYPOTHESIS_STORAGE_DIRECTORY": "/tmp/hypothesis",
}
"""Variables that keep Python from writing to the checkout, which is read-only."""


@pytest.fixture(scope="module")
def python(checkout: Path) -> Iterator[str]:
    """A container with the base of the image, the files of the project, and all their requirements.

    Its CPU shares are the smallest, because other tests stop containers in their grace period at the same time.
    """
    environment = [option for name, value in ENVIRONMENT.items() for option in ("--env", f"{name}={value}")]
    options = ["--init", "--cpu-shares", "2", "--volume", f"{checkout}:/portero:ro", "--workdir", "/portero"]
    name = docker("run", "--detach", *options, *environment, BASE, "sleep", "infinity")
    try:
        docker("exec", name, "sh", "-c", INSTALL)
        yield name
    finally:
        docker("rm", "--force", name)


@pytest.mark.parametrize(
    "selected",
    [["tests/unit"], ["tests/http"], ["tests/contract", "-k", "memory or sqlite"]],
    ids=["unit", "http", "contract on memory and SQLite"],
)
def test_the_tests_pass_on_python_3_13(python: str, selected: list[str]) -> None:
    assert docker("exec", python, "/venv/bin/python", "--version").startswith("Python 3.13.")
    report = docker("exec", python, *PYTEST, *selected)
    assert re.fullmatch(r"\d+ passed.* in .*", report.splitlines()[-1]), report[-2000:]
