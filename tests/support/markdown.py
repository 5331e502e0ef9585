"""The documentation as data: its pages, and the code blocks on a page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *ROOT.glob("README.es.md"), *sorted((ROOT / "docs").rglob("*.md"))]
SPANISH = [page for page in PAGES if page.name.endswith(".es.md")]
OUTPUT = ("json", "text")
"""The languages of blocks that hold the output of the block before."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

Step = tuple[str, list[tuple[str, str]]]


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return the code blocks of a page in order, as (language, text)."""
    return _BLOCK.findall(page.read_text("utf-8"))


def steps(page: Path, language: str) -> list[Step]:
    """Return each block of a language on a page, with the blocks of expected output that follow it."""
    found: list[Step] = []
    current: list[tuple[str, str]] | None = None
    for kind, text in blocks(page):
        if kind == language:
            current = []
            found.append((text, current))
        elif kind in OUTPUT and current is not None:
            current.append((kind, text))
        else:
            current = None
    return found
