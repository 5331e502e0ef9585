"""``scripts/setup``, which installs what a make target needs, and the command ``portero``."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from tests.ship.dockerfile import ROOT

PYTHON = """#!/bin/sh
case "$*" in
    "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip"*) echo begin >>log && echo Collecting click && cat gate >>log ;;
    *) exec "{python}" "$@" ;;
esac
"""
"""A Python whose pip installs nothing: it writes to a log, and waits until something is written to the pipe `gate`."""


class Checkout:
    """A folder with the script and an empty requirements file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []
        (folder / "scripts").mkdir()
        shutil.copy(ROOT / "scripts/setup", folder / "scripts/setup")
        (folder / "requirements.txt").touch()
        (folder / "python").write_text(PYTHON.format(python=sys.executable))
        (folder / "python").chmod(0o755)
        os.mkfifo(folder / "gate")

    def setup(self, language: str = "C") -> "subprocess.Popen[str]":
        """Start the script in its own process group. It is killed after three minutes."""
        self.started.append(
            subprocess.Popen(
                ["timeout", "180", "sh", "scripts/setup", "runtime"],
                cwd=self.folder,
                env={**os.environ, "PYTHON": str(self.folder / "python"), "LC_ALL": language},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return self.started[-1]

    def end_pip(self) -> None:
        """Wait until a pip has begun, and end it."""
        subprocess.run(["sh", "-c", "echo end >gate"], cwd=self.folder, timeout=60, check=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path)
    yield checkout
    for process in checkout.started:
        if process.poll() is None:
            os.killpg(process.pid, 9)
        process.communicate()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline()


def begins(process: "subprocess.Popen[str]") -> bool:
    """Return whether a script creates the environment and begins to install into it."""
    return (line(process), line(process)) == ("Creating .venv\n", "Installing requirements.txt\n")


def test_a_second_setup_waits_for_the_first_one_and_installs_nothing_again(checkout: Checkout) -> None:
    first = checkout.setup()
    assert begins(first)
    second = checkout.setup()
    assert line(second) == "Waiting for another installation\n"
    checkout.end_pip()
    assert (first.wait(60), second.wait(60)) == (0, 0)
    assert (checkout.folder / "log").read_text() == "begin\nend\n"


def test_a_setup_that_was_killed_holds_up_no_other_one(checkout: Checkout) -> None:
    killed = checkout.setup()
    assert begins(killed)
    os.killpg(killed.pid, 9)
    with (checkout.folder / "scripts/setup").open() as lock:  # its children may end a moment later
        flock(lock, LOCK_EX)
    following = checkout.setup()
    checkout.end_pip()
    assert following.communicate(timeout=60)[0] == "Creating .venv\nInstalling requirements.txt\n"
    assert following.returncode == 0


def test_an_installation_that_takes_some_seconds_says_how_far_it_is(checkout: Checkout) -> None:
    (checkout.folder / "requirements.txt").write_text("click==1\nflask==2\n")
    running = checkout.setup()
    assert begins(running)
    assert line(running) == "  1 of 2 packages fetched, 0 installed\n"


def test_an_installation_speaks_the_language_of_the_system(checkout: Checkout) -> None:
    (checkout.folder / "requirements.txt").write_text("click==1\nflask==2\n")
    first = checkout.setup("es_ES.UTF-8")
    assert [line(first), line(first)] == ["Se crea .venv\n", "Se instala requirements.txt\n"]
    second = checkout.setup("es_ES.UTF-8")
    assert line(second) == "Se espera a que acabe otra instalación\n"
    assert line(first) == "  1 de 2 paquetes descargados, 0 instalados\n"


def test_an_interrupt_ends_an_installation_without_a_word(checkout: Checkout) -> None:
    running = checkout.setup()
    assert begins(running)
    os.killpg(running.pid, 2)
    assert running.communicate(timeout=60) == ("", "")
    with suppress(ProcessLookupError):
        os.killpg(running.pid, 9)  # the shell that replaces pip may have left a child


def test_a_command_before_the_installation_is_complete_says_so() -> None:
    without_packages = [sys.executable, "-S", "-P", "-m", "src", "--version"]
    ran = subprocess.run(
        without_packages, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    hint = "type 'make run', or wait until a running installation is done"
    assert ran.stderr == f"portero: click is not installed; {hint}\n"


def test_a_missing_file_of_the_service_is_not_taken_for_a_missing_package(tmp_path: Path) -> None:
    for name in ("__main__.py", "bootstrap/__init__.py", "bootstrap/garbage.py"):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "src" / name, tmp_path / "src" / name)
    ran = subprocess.run([sys.executable, "-S", "-m", "src"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert ran.stderr.endswith("ModuleNotFoundError: No module named 'src.main'\n")
