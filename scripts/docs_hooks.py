"""Hooks of MkDocs: lists the pages of a folder, adds the page of all operations and mermaid, removes links to code."""

import re
import sys
from pathlib import Path
from posixpath import normpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parents[1]))  # MkDocs does not add the folder of the project

from scripts.reference.operations import operations
from src.interfaces.app import FEATURES
from src.interfaces.http.openapi import describe
from src.main import VERSION

_MERMAID = Path(__file__).parents[1] / ".venv/mermaid.min.js"
_SCRIPT = "assets/mermaid.min.js"
_NOT_RUN = re.compile(r"^(```\w+) notest$", re.MULTILINE)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s:]+)\)")


_DETAIL = "reference/operations-in-detail.md"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Replace each folder in the navigation by its pages, and load mermaid if `make docs` has installed it."""
    for section in config.nav or []:
        for title, target in section.items() if isinstance(section, dict) else ():
            if isinstance(target, str) and not target.endswith(".md"):
                pages = sorted(Path(config.docs_dir, target).glob("*.md"))
                section[title] = [page.relative_to(config.docs_dir).as_posix() for page in pages]
                section[title] += [_DETAIL] if _DETAIL.startswith(f"{target}/") else []
    if _MERMAID.exists():
        config.extra_javascript.append(_SCRIPT)
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the page of all operations, and mermaid."""
    files.append(File.generated(config, _DETAIL, content=operations(describe(FEATURES, VERSION))))
    if _MERMAID.exists():
        files.append(File.generated(config, _SCRIPT, abs_src_path=str(_MERMAID)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Keep only the text of links that lead out of the documentation, because the site does not have the code.

    Remove ``notest`` after the language of a code block. It is an instruction for the tests, which MkDocs would show.
    """
    folder = Path(page.file.src_uri).parent.as_posix()

    def text_only(link: re.Match[str]) -> str:
        is_outside = normpath(f"{folder}/{link[3]}").startswith("../")
        return ("" if link[1] else link[2]) if is_outside else link[0]

    return _LINK.sub(text_only, _NOT_RUN.sub(r"\1", markdown))
