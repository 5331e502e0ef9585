"""Runs third-party tools."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENV = Path(__file__).parent / ".venv/bin"


class Complaint(Exception):
    """A tool has found something, or could not run. The message is its output."""


def run(*command: object, cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> str:
    """Run a tool and return its output. Raises Complaint when it fails."""
    path = os.pathsep.join([str(VENV), str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **(environment or {})}
    ran = subprocess.run(list(map(str, command)), cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Complaint(f"{ran.stdout[-6000:]}\n{ran.stderr[-3000:]}")
    return ran.stdout
