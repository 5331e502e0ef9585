"""Chromium, which tests drive."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def chromium(*switches: str) -> Iterator[Browser]:
    """Run Chromium, which asks nothing of the network by itself. ``switches`` are further ones of its command line."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
            args=["--no-sandbox", "--disable-background-networking", "--disable-quic", *switches],
        )
        yield browser
        browser.close()
