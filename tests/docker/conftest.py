"""Fixtures for the tests with containers: a fresh checkout, and the servers that the service calls."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.docker.stack import BASE, COMMANDS, Stack, docker, stack
from tests.support.markdown import ROOT

_NOT_SHIPPED = (".git", ".venv", ".venvs", "node_modules", "data", ".*_cache", ".hypothesis", "__pycache__")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a fresh clone."""
    folder = tmp_path_factory.mktemp("fresh") / "portero"
    shutil.copytree(ROOT, folder, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_SHIPPED))
    return folder


@pytest.fixture(scope="session")
def project() -> str:
    """A project name for the containers of this run, so that the developer's containers are left alone."""
    return f"portero-test-{uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def dogs(checkout: Path, project: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run the stack of the dogs brief, in one network with stub servers for the dog API and the relay of files."""
    folder = tmp_path_factory.mktemp("dogs") / "portero"
    shutil.copytree(checkout, folder, symlinks=True)
    with stack(folder, f"{project}-dogs", 9050) as it:
        it.sh(COMMANDS[1][0])
        env = folder / ".compose.env"
        env.write_text(
            env.read_text()
            .replace("DOG_API_URL=", "DOG_API_URL=http://outside:9000/dogs?seconds=0.2")
            .replace("FILE_RELAY_URL=", "FILE_RELAY_URL=http://outside:9000/files")
        )
        it.sh(COMMANDS[1][1])
        with outside(f"{it.project}_default"):
            yield it


@contextmanager
def outside(network: str) -> Iterator[str]:
    """Run the stub servers for the dog API and the relay of files, as the host "outside" of a network."""
    script = Path(__file__).parent / "outside.py"
    name = f"outside-{uuid4().hex[:8]}"
    options = ["--network", network, "--network-alias", "outside", "--volume", f"{script}:/outside.py:ro"]
    docker("run", "--detach", "--name", name, *options, BASE, "python3", "/outside.py")
    try:
        yield name
    finally:
        docker("rm", "--force", name)
