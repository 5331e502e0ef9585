"""Hooks of MkDocs: lists the pages of a folder, writes pages from the code, removes links to it, and adds mermaid."""

import re
import sys
from functools import cache
from pathlib import Path
from posixpath import normpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parents[1]))  # MkDocs does not add the folder of the project

from scripts.docs_reference import commands, operations
from src.interfaces.cli.commands import cli
from src.interfaces.http.app import FEATURES
from src.interfaces.http.openapi import describe
from src.main import VERSION

_MERMAID = Path(__file__).parents[1] / ".venv/mermaid.min.js"
_SCRIPT = "assets/mermaid.min.js"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s:]+)\)")


@cache
def _written() -> dict[str, str]:
    """Return the pages that are written from the code, by path."""
    return {
        "reference/operations-in-detail.md": operations(describe(FEATURES, VERSION)),
        "reference/commands-in-detail.md": commands(cli),
    }


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Replace each folder in the navigation by its pages, and load mermaid if `make docs` has installed it."""
    for section in config.nav or []:
        for title, target in section.items() if isinstance(section, dict) else ():
            if isinstance(target, str) and not target.endswith(".md"):
                pages = sorted(Path(config.docs_dir, target).glob("*.md"))
                section[title] = [page.relative_to(config.docs_dir).as_posix() for page in pages]
                section[title] += [page for page in _written() if page.startswith(f"{target}/")]
    if _MERMAID.exists():
        config.extra_javascript.append(_SCRIPT)
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that are written from the code, and mermaid."""
    for path, content in _written().items():
        files.append(File.generated(config, path, content=content))
    if _MERMAID.exists():
        files.append(File.generated(config, _SCRIPT, abs_src_path=str(_MERMAID)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Keep only the text of links that lead out of the documentation, because the site does not have the code."""
    folder = Path(page.file.src_uri).parent.as_posix()

    def text_only(link: re.Match[str]) -> str:
        is_outside = normpath(f"{folder}/{link[3]}").startswith("../")
        return ("" if link[1] else link[2]) if is_outside else link[0]

    return _LINK.sub(text_only, markdown)
