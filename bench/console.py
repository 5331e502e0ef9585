"""Measures what a browser loads to show the first page of the console, and how long that takes."""

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Request

from bench.contestants import PORTERO, serving
from bench.results import Figure, Options, Result
from tests.support.browsers import chromium

_SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
"""A phone with a slow connection: 150 ms for a round trip, and 1.6 Mbit/s."""


def first_page(options: Options) -> Result:
    """Open the page of the sign-in with an empty cache, on this machine and over a slow connection."""
    loads: list[tuple[int, int, float]] = []
    slow: list[float] = []
    with TemporaryDirectory(prefix="portero-bench-") as name, serving(PORTERO, Path(name)) as live:
        url = live.url.replace("127.0.0.1", "localhost") + "/console/signin"
        with chromium() as browser:
            load(browser, url)  # the browser starts
            for _ in range(options.rounds):
                loads.append(load(browser, url))
                slow.append(load(browser, url, is_slow=True)[2])
    sizes, requests, times = zip(*loads, strict=True)
    figures = [
        Figure("first page", [size / 1000 for size in sizes], "kB", goal=60, better="lower"),
        Figure("first page: requests, the icon among them", requests, goal=4, better="lower"),
        Figure("first page: until it can be used", times, "ms", goal=300, better="lower"),
        Figure("first page: the same over a slow connection", slow, "ms", goal=1500, better="lower"),
    ]
    return Result("The first page of the console in Chromium", figures=figures)


def load(browser: Browser, url: str, *, is_slow: bool = False) -> tuple[int, int, float]:
    """Return the bytes and the requests of a page, and the milliseconds until its script has run."""
    context = browser.new_context()
    page, sizes = context.new_page(), list[int]()

    def count(request: Request) -> None:
        answer = request.sizes()
        sizes.append(answer["responseBodySize"] + answer["responseHeadersSize"])

    page.on("requestfinished", count)
    if is_slow:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", _SLOW)
    page.goto(url, wait_until="networkidle")
    usable = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    context.close()
    return sum(sizes), len(sizes), usable
