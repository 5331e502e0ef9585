"""The examples of the clients' pages, executed as they are written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.markdown import ROOT, steps

PAGES = [
    "clients/python/README.md",
    "docs/how-to/clients.md",
    "docs/how-to/step-up.md",
    "docs/how-to/protect-your-api.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_the_python_examples_of_a_page_print_what_it_shows(url: str, tmp_path: Path, page: str) -> None:
    examples = steps(ROOT / page, "python")
    assert examples
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "clients/python/src")}
    for program, expected in examples:
        program = program.replace("http://localhost:8000", url)
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (ran.stdout, ran.stderr) == ("".join(text for _, text in expected), "")
