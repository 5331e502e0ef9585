"""The script of the image that replaces modules with their bytecode."""

import subprocess
import sys
from pathlib import Path

from tests.support.markdown import ROOT

MODULE = '''
"""Says what the module is for."""
from __future__ import annotations


class Animal:
    """Is fed."""

    async def eat(self) -> None:
        """Has no other body."""


def refuse() -> None:
    """Raises."""
    assert not __doc__, "an assertion"
'''
USE = """
import asyncio, module
assert [it.__doc__ for it in (module, module.Animal, module.Animal.eat, module.refuse)] == [""] * 4
assert asyncio.run(module.Animal().eat()) is None
module.__doc__ = "set"
module.refuse()
"""


def test_bytecode_has_empty_docstrings_and_keeps_the_assertions_and_lines_of_tracebacks(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(MODULE)
    subprocess.run([sys.executable, ROOT / "docker/compile.py", tmp_path], check=True)
    assert [file.name for file in tmp_path.iterdir()] == ["module.pyc"]

    done = subprocess.run([sys.executable, "-c", USE], cwd=tmp_path, capture_output=True, text=True)
    line = MODULE.splitlines().index('    assert not __doc__, "an assertion"') + 1
    assert f'"{module}", line {line}, in refuse\nAssertionError: an assertion' in done.stderr
