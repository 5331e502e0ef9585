"""Every page of the console has no barriers and fits its window, in both languages, light and dark, wide and narrow.

These are eight combinations. A run looks at each page in two of them, which differ from those of the next page.
``PAIRINGS=all`` looks at every page in all eight.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.pictures import keep_picture
from tests.e2e.test_console import HOSTILE
from tests.e2e.test_console_data import demo
from tests.e2e.test_mail_pages import AXE

__all__ = ["demo"]  # a fixture
GATE = ("signin", "signin/mail", "register", "forgot", "appearance", "welcome", "nowhere", "register?invitation=x")
OWN = (
    *(f"account{path}" for path in ("", "/email", "/password", "/history", "/metadata", "/delete", "/keys")),
    *("account/factors", "account/factors/app", "account/factors/passkey", "step-up", "nowhere"),
    *("tasks", "tasks?show=done", "dogs", "dogs?show=yours", "files", "datasets"),
)
OPERATORS = (
    *("users", "users?q=zzz", "users/new", "users/import", "events", "events?who=nobody", "invitations"),
    *("keys", "webhooks"),
    *("webhooks/new", "jobs", "jobs?status=queued", "health", "settings"),
)
LINKS = {
    "tasks": ["main .rows a.ic"],
    "dogs?show=yours": ["main .tiles a.ic"],
    "files": ["main td a.kill"],
    "datasets": ["main th a"],
    "users?q=anna": ["main th a"],
    "keys": ["main td a.btn", "main td a.kill"],
    "webhooks": ["main .rows a"],
}
"""The pages that lead to things, and the links to their pages."""
ACTS = {
    "datasets": ["/rows", "/rows?valid=all", "/delete"],
    "users?q=anna": ["/role", "/disable", "/end-sessions", "/reset-factors", "/delete"],
    "webhooks": ["/secret", "/delete"],
}
"""The further pages of a thing, below its own page."""
Scheme = Literal["light", "dark"]
Pairing = tuple[str, Scheme, int]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PAIRINGS: list[Pairing] = [each for language in ("en", "es") for each in product([language], SCHEMES, (1280, 360))]
SOME: Sequence[Sequence[Pairing]] = [
    (("en", "light", 1280), ("en", "dark", 320)),
    (("es", "dark", 1280), ("es", "light", 320)),
]
IS_FULL = os.environ.get("PAIRINGS") == "all"


def fill(page: Page, origin: str) -> list[Any]:
    """Create things with long, hostile and right-to-left names. Return the barriers that axe finds on their pages."""
    found = []
    for path, field, text in (
        *(("tasks", "title", HOSTILE), ("dogs", "name", HOSTILE[:64]), ("account/keys", "name", HOSTILE[:64])),
        *(("keys", "name", HOSTILE[:64]), ("invitations", "email", f"{'n' * 60}@{'long-name.' * 6}example.com")),
        *(("webhooks/new", "url", f"https://hooks.example.com/{'path' * 40}"), ("account/delete", "confirm", "x")),
    ):
        page.goto(f"{origin}/console/{path}")
        page.locator(f"#{field}").fill(text)
        page.locator("main form .go").last.click()
        page.wait_for_load_state()
        found += barriers(page, 320, "dark")
    page.goto(f"{origin}/console/files")
    page.locator("#file").set_input_files({"name": f"{HOSTILE}.csv", "mimeType": "", "buffer": b"x"})
    page.locator("form.drop .go").click()
    expect(page.get_by_role("status")).to_be_visible()
    return found


def sign_in(page: Page, origin: str, password: str) -> None:
    """Sign in as the admin of the demo."""
    page.goto(f"{origin}/console/users")
    page.locator("#login").fill("root")
    page.locator("#password").fill(password)
    page.locator("form[action='/console/signin'] .go").click()
    page.wait_for_load_state()


def pages_of_things(page: Page, origin: str) -> Iterator[str]:
    """Yield the paths of pages of single things."""
    for path, links in LINKS.items():
        page.goto(f"{origin}/console/{path}")
        for link in links:
            found = page.locator(link).first.get_attribute("href") or ""
            for act in ("", *ACTS.get(path, ())):
                yield f"{found.removeprefix('/console/')}{act}"


def barriers(page: Page, size: int, scheme: Scheme) -> list[Any]:
    """Return what axe finds on the page in a window of this width with these colours, and whether it is too wide.

    Animations are stopped at the end of their first cycle, where fading elements are faintest.
    """
    page.set_viewport_size({"width": size, "height": 900})
    page.emulate_media(color_scheme=scheme)
    found: list[Any] = page.evaluate(
        """() => {
          for (const each of document.getAnimations()) {
            each.pause();
            each.currentTime = each.effect.getComputedTiming().duration;
          }
          return axe.run({resultTypes: ["violations"]}).then(({violations}) => [
            ...violations.map(each => [each.id, each.nodes[0].html]),
            ...(document.documentElement.scrollWidth > innerWidth ? ["wider than its window"] : [])]);
        }"""
    )
    keep_picture(page)
    return [(page.url, size, scheme, each) for each in found]


def look(context: BrowserContext, origin: str, paths: Sequence[str]) -> list[Any]:
    """Return the barriers of all pages. A page is opened once for a language."""
    page, found = context.new_page(), list[Any]()
    page.on("pageerror", lambda error: found.append((page.url, str(error))))
    page.on("console", lambda said: found.append((page.url, said.text)) if "Content Security" in said.text else None)
    for number, path in enumerate(paths):
        for language in ("en", "es"):
            pairings = [each for each in (PAIRINGS if IS_FULL else SOME[number % 2]) if each[0] == language]
            if not pairings:
                continue
            context.add_cookies([{"name": "language", "value": language, "url": origin}])
            page.goto(f"{origin}/console/{path}")
            for _, scheme, size in pairings:
                found += barriers(page, size, scheme)
    return found


def test_no_page_has_barriers_or_is_wider_than_its_window(browser: Browser, demo: tuple[str, str]) -> None:
    origin, password = demo
    context = browser.new_context()
    context.add_init_script(AXE)
    found = look(context, origin, GATE)
    page = context.new_page()
    sign_in(page, origin, "wrong")
    found += barriers(page, 320, "dark")
    sign_in(page, origin, password)
    found += fill(page, origin)
    found += look(context, origin, [*OWN, *OPERATORS, *pages_of_things(page, origin)])
    context.close()
    assert not found, "\n".join(map(str, found))
