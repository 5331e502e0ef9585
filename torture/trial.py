"""Runs tests on mutants, each in a forked process.

``python -m torture.trial`` reads trials and writes verdicts, each a line of JSON. The process loads the libraries once,
and nothing of src.
"""

import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType
from typing import Any

from torture.mutations import mutated
from torture.runs import ROOT

_LIBRARIES = ("pytest", "hypothesis", "schemathesis", "flask", "pydantic_settings", "jwt", "argon2", "jsonschema_rs")


class _Mutated(SourceFileLoader):
    """Loads a mutant instead of a module."""

    number = 0

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compile(mutated(os.path.relpath(path, ROOT), self.number), path, "exec")


class _Finder(MetaPathFinder):
    """Finds the module of a mutant."""

    def __init__(self, path: str, number: int) -> None:
        self._path, self._number = ROOT / path, number
        self._name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        loader = _Mutated(fullname, str(self._path))
        loader.number = self._number
        return spec_from_file_location(fullname, self._path, loader=loader)


class _FirstFailure:
    """A plugin of pytest that keeps the first test that fails."""

    name = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.name = report.nodeid


def _attempt(path: str | None, number: int, tests: list[str], seconds: float, out: int) -> int:
    """Run tests in this process, with a mutant if there is one; write the test that fails."""
    import pytest

    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (round(seconds), round(seconds) + 9))  # SIGXCPU, then SIGKILL
    null = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(null, each)
    if path:
        sys.meta_path.insert(0, _Finder(path, number))
    failure = _FirstFailure()
    code = pytest.main(
        ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist", *tests], plugins=[failure]
    )
    os.write(out, failure.name.encode())
    return int(code)


def verdict(path: str | None, number: int, tests: list[str], seconds: float) -> tuple[str, str]:
    """Return "killed", "survived" or "out of time", and the test that fails.

    ``seconds`` bounds the processor time, so that a busy machine makes no difference. Tests that wait have five
    times as long.
    """
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        try:
            os._exit(_attempt(path, number, tests, seconds, writable))
        finally:
            os._exit(9)
    os.close(writable)
    end = time.monotonic() + 5 * seconds
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(readable)
            return "out of time", ""
        time.sleep(0.02)
    with os.fdopen(readable) as pipe:
        test = pipe.read()
    code = os.waitstatus_to_exitcode(ended[1])
    return {0: "survived", -signal.SIGXCPU: "out of time"}.get(code, "killed"), test


def main() -> None:
    """Read trials from standard input, and write their verdicts."""
    for each in _LIBRARIES:
        importlib.import_module(each)
    for line in sys.stdin:
        print(json.dumps(verdict(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
