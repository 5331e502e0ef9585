"""A plugin of pytest that records which functions of src each test calls, and which lines of mutated code it runs.

``python -m pytest -p torture.covered``
"""

import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import pytest

from torture.mutations import PACKAGES, files_of
from torture.runs import ROOT

SRC = str(ROOT / "src") + os.sep
FOLDER = "TORTURE_COVERED"
"""The environment variable that names the folder for the recorded calls, with one file for each process."""


class Covered(NamedTuple):
    """The processor time of a test, the functions that it calls, and the lines of each mutated file that it runs."""

    seconds: float
    functions: list[str]
    lines: dict[str, list[int]]


_MUTATED = {str(ROOT / path): path for package in PACKAGES for path in files_of(package)}
_calls: set[CodeType] = set()
_lines: set[tuple[CodeType, int]] = set()
_tests: dict[str, Covered] = {}


def _note(frame: FrameType, event: str, argument: Any) -> Callable[[FrameType, str, Any], Any] | None:
    _calls.add(frame.f_code)
    return _note_line if frame.f_code.co_filename in _MUTATED else None


def _note_line(frame: FrameType, event: str, argument: Any) -> Callable[[FrameType, str, Any], Any]:
    if event == "line":
        _lines.add((frame.f_code, frame.f_lineno))
    return _note_line


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Record the calls and the lines of a test and of its fixtures."""
    _calls.clear()
    _lines.clear()
    began = time.process_time()
    threading.settrace(_note)
    sys.settrace(_note)
    try:
        return (yield)
    finally:
        sys.settrace(None)
        threading.settrace(None)
        functions = {function_of(code) for code in _calls.copy() if code.co_filename.startswith(SRC)}
        lines = defaultdict[str, set[int]](set)
        for code, line in _lines.copy():
            lines[_MUTATED[code.co_filename]].add(line)
        kept = {path: sorted(numbers) for path, numbers in lines.items()}
        _tests[item.nodeid] = Covered(time.process_time() - began, sorted(functions), kept)


def function_of(code: CodeType) -> str:
    """Return the path of a function and its qualified name; of nested functions, that of the outermost one."""
    path = f"src/{code.co_filename.removeprefix(SRC)}"
    return f"{path} {code.co_qualname.partition('.<locals>')[0]}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Forget the calls of a test that has failed."""
    if not report.passed:
        _failed.add(report.nodeid)


_failed: set[str] = set()


def pytest_sessionfinish() -> None:
    """Write the recorded calls."""
    kept = {name: noted for name, noted in _tests.items() if name not in _failed}
    file = Path(os.environ[FOLDER]) / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.json"
    file.write_text(json.dumps(kept), "utf-8")
