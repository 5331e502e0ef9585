"""Markdown from docstrings and tables."""

import ast
import inspect
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from os.path import relpath
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PAGE = re.compile(r"\bdocs/([\w/-]+\.md)(#[\w-]+)?")
_URL = re.compile(r"(?<![`<(])https?://[\w./-]*\w")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table. A cell may be any text."""
    lines = [_row(head), "|---" * len(head) + "|", *(_row([_cell(cell) for cell in row]) for row in rows)]
    return "\n".join(lines)


def prose(text: str) -> str:
    """Return the text of a docstring: code in single backquotes, and links to the pages and URLs that it names."""
    text = _URL.sub(r"<\g<0>>", text.replace("``", "`"))
    return _PAGE.sub(_link, text)


def attributes(owner: type) -> dict[str, str]:
    """Return the docstring below each attribute of a class, by the name of the attribute, in the order of the code."""
    [body] = [node.body for node in ast.parse(inspect.getsource(owner)).body if isinstance(node, ast.ClassDef)]
    found: dict[str, str] = {}
    for node, following in pairwise(body):
        match node, following:
            case (
                ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = inspect.cleandoc(text)
    return found


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as GitHub and MkDocs make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _link(match: re.Match[str]) -> str:
    """Return a link from a page of the reference to another page, with the title of the page or of the section."""
    page, fragment = match[1], match[2] or ""
    headings = re.findall(r"^#+ (.*)$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
    title = next(each for each in headings if not fragment or f"#{anchor(each)}" == fragment)
    return f"[{title}]({relpath(page, 'reference')}{fragment})"
