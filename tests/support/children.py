"""Runs functions in child processes, which may be killed in the middle."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.support.markdown import ROOT

# The fork server has one thread. A fork of pytest, which has several, could inherit locks that are held.
_context = multiprocessing.get_context("forkserver")
_preloaded: list[str] = []

_SECONDS = 300.0


def preload(module: str) -> None:
    """Let children start with this module loaded. Call it while the module is imported, before the first child."""
    _preloaded.append(module)
    _context.set_forkserver_preload(_preloaded)


@contextmanager
def child(function: Callable[..., object], *arguments: object) -> Iterator[BaseProcess]:
    """Run a function of a module in a child process with the folder and the environment of this one.

    The child is killed at the end of the block if it still runs.
    """
    process = _context.Process(target=_call, args=(Path.cwd(), dict(os.environ), function, arguments))
    with chdir(ROOT):  # the folder where the fork server finds the modules
        process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def exit_code(function: Callable[..., object], *arguments: object) -> int:
    """Return the exit code of a child process that has run the function; a signal that killed it is negative."""
    with child(function, *arguments) as process:
        process.join(_SECONDS)
        assert process.exitcode is not None, f"still running after {_SECONDS:g} s"
        return process.exitcode


def _call(
    folder: Path, environment: Mapping[str, str], function: Callable[..., object], arguments: tuple[object, ...]
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    function(*arguments)
