"""A plugin of pytest that records which functions of src each test calls. ``python -m pytest -p torture.covered``."""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

SRC = str(Path(__file__).parents[1] / "src") + os.sep
FOLDER = "TORTURE_COVERED"
"""The environment variable that names the folder for the recorded calls, with one file for each process."""

_calls: set[CodeType] = set()
_tests: dict[str, tuple[float, list[str]]] = {}


def _note(frame: FrameType, event: str, argument: Any) -> None:
    _calls.add(frame.f_code)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Record the calls of a test and of its fixtures."""
    _calls.clear()
    began = time.process_time()
    threading.settrace(_note)
    sys.settrace(_note)
    try:
        return (yield)
    finally:
        sys.settrace(None)
        threading.settrace(None)
        functions = {function_of(code) for code in _calls.copy() if code.co_filename.startswith(SRC)}
        _tests[item.nodeid] = time.process_time() - began, sorted(functions)


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
