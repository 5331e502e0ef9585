"""Tests that run at the same time use different ports."""

import subprocess
import sys
from itertools import count
from types import SimpleNamespace

import pytest

from tests.support.emulators import free_port
from tests.support.markdown import ROOT

OTHER = """
import random, sys
from itertools import count
from tests.support.emulators import free_port

numbers = count(int(sys.argv[1]))
random.randrange = lambda *_: next(numbers)
print(free_port())
"""


def test_a_port_is_free_for_one_call_of_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    numbers = count(port)
    with monkeypatch.context() as patched:
        patched.setattr("tests.support.emulators.random", SimpleNamespace(randrange=lambda *_: next(numbers)))
        second = free_port()
    command = [sys.executable, "-c", OTHER, str(port)]
    third = int(subprocess.check_output(command, cwd=ROOT, text=True))
    assert port < second < third
