"""Saves pictures of the pages that the tests open, for CI or on demand."""

import os
import re
from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.service import ROOT

FOLDER = os.environ.get("PICTURES") or (ROOT / ".pictures" if os.environ.get("CI") else None)
"""The folder of the pictures. Nothing is kept unless PICTURES names a folder, or CI is set."""


def keep_picture(page: Page) -> None:
    """Save a picture of the whole page, named after its path, language, colours and width."""
    if FOLDER:
        path = re.sub("/([0-9a-f]{32}|[^/]*%[^/]*)", "", page.url.partition("/console/")[2].partition("?")[0])
        language, is_dark, width = page.evaluate(
            "[document.documentElement.lang, matchMedia('(prefers-color-scheme: dark)').matches, innerWidth]"
        )
        name = f"{path.replace('/', '-') or 'start'}.{language}.{'dark' if is_dark else 'light'}.{width}.png"
        page.screenshot(path=Path(FOLDER) / name, full_page=True)
