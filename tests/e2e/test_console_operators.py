"""The pages of operators in a real browser: an operator finds and disables a person, and no page has barriers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.service import portero
from tests.e2e.test_console import DESK, HOSTILE, LOOKS, Visitor, browser

__all__ = ["browser"]
ADMIN = {"ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "correct horse battery"}
PAGES = (
    "users",
    "users?q=zzz",
    "users/new",
    "events",
    "invitations",
    "keys",
    "webhooks",
    "webhooks/new",
    "jobs",
    "health",
    "settings",
)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with portero(tmp_path_factory.mktemp("data"), ADMIN) as address:
        yield f"http://{address}"


@pytest.fixture(scope="module")
def ben(origin: str) -> str:
    """The id of a person with a long name, of the right and of the left."""
    body = {
        "username": "bartholomew.featherstonehaugh-2",
        "email": f"{'b' * 60}@{'long-name.' * 6}example.com",
        "password": "correct zebra battery",
        "name": "夏目漱石" * 8,
        "last_name": "محمد عبد الرحمن",
    }
    request = Request(f"{origin}/register", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request) as answer:
        return str(json.load(answer)["id"])


def test_an_operator_finds_and_disables_a_person_without_scripts(browser: Browser, origin: str, ben: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    root = Visitor(context.new_page(), origin, "root@example.com")
    page = root.page
    root.go("/console/")
    root.sign_in()
    page.get_by_role("link", name="Users").click()
    page.get_by_role("searchbox").fill("BARTHOLOMEW")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("checkbox", name="Choose bartholomew.featherstonehaugh-2").check()  # and not the link of its row
    page.get_by_role("link", name="bartholomew.featherstonehaugh-2").click()
    page.get_by_role("link", name="Disable…").click()
    page.get_by_role("button", name="Disable bartholomew.featherstonehaugh-2").click()
    expect(page.get_by_role("status")).to_contain_text("The account is disabled")
    page.get_by_role("link", name="Enable…").click()
    page.get_by_role("button", name="Enable bartholomew.featherstonehaugh-2").click()
    expect(page.get_by_role("status")).to_contain_text("The account is enabled")
    context.close()


@pytest.mark.parametrize(("language", "scheme", "size"), LOOKS)
def test_the_pages_of_operators_have_no_barriers_and_fit_on_a_phone(
    browser: Browser,
    origin: str,
    ben: str,
    language: str,
    scheme: Literal["light", "dark"],
    size: Any,
    tmp_path: Path,
) -> None:
    context = browser.new_context(locale=language, color_scheme=scheme, viewport=size)
    root = Visitor(context.new_page(), origin, "root@example.com")
    page = root.page
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    root.go("/console/users/new")
    root.sign_in({"en": "Sign in", "es": "Entrar"}[language])
    if size is DESK and language == "en":
        for path, field, typed in (
            ("/console/webhooks/new", "url", "https://hooks.invalid/portero"),
            ("/console/invitations", "email", "nina@example.com"),
            ("/console/keys", "name", HOSTILE[:64]),
        ):
            root.go(path)
            page.locator(f"#{field}").fill(typed)
            page.locator("main form .go").click()
            root.check()
    root.go("/console/webhooks")
    hook = page.locator("main li a").first.get_attribute("href")
    assert hook
    person = f"users/{ben}"
    for path in (*PAGES, person, f"{person}/role", f"{person}/delete", hook.removeprefix("/console/")):
        root.go(f"/console/{path}")
        root.check()
        page.screenshot(path=tmp_path / f"{path.replace('/', '-')}.png", full_page=True)
    page.locator("details summary").last.click()
    context.close()
    assert said == []
