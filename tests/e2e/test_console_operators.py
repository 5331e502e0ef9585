"""The pages of operators in a real browser: an operator finds and disables a person."""

import json
from collections.abc import Iterator
from typing import Any, Literal
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.service import portero
from tests.e2e.test_console import LOOKS, Visitor

ADMIN = {"ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "correct horse battery"}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with portero(tmp_path_factory.mktemp("data"), ADMIN) as address:
        yield f"http://{address}"


@pytest.fixture(scope="module")
def ben(origin: str) -> str:
    """Return the id of a person with a long username in wide letters and a last name from right to left."""
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


def test_an_operator_finds_and_disables_a_person_with_one_word_and_five_clicks(
    browser: Browser, origin: str, ben: str
) -> None:
    """The operator uses only what the page shows, and no scripts."""
    context = browser.new_context(java_script_enabled=False)
    root = Visitor(context.new_page(), origin, "root@example.com")
    page = root.page
    root.go("/console/")
    root.sign_in()
    name = "bartholomew.featherstonehaugh-2"
    page.get_by_role("link", name="Users").click()
    page.get_by_role("searchbox").fill("BARTHOLOMEW")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Disable…").click()
    page.get_by_role("button", name=f"Disable {name}").click()
    expect(page.get_by_role("status")).to_contain_text("The account is disabled")
    root.go("/console/users")
    page.get_by_label("Role, state or last sign-in").select_option("Disabled")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("checkbox", name=f"Choose {name}").check()  # the checkbox, and not the link of the row
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Enable…").click()
    page.get_by_role("button", name=f"Enable {name}").click()
    expect(page.get_by_role("status")).to_contain_text("The account is enabled")
    context.close()


@pytest.mark.parametrize(("language", "scheme", "size"), LOOKS)
def test_a_long_name_of_wide_letters_and_one_from_right_to_left_fit_every_window(
    browser: Browser, origin: str, ben: str, language: str, scheme: Literal["light", "dark"], size: Any
) -> None:
    context = browser.new_context(locale=language, color_scheme=scheme, viewport=size)
    root = Visitor(context.new_page(), origin, "root@example.com")
    root.go("/console/users?q=bartholomew")
    root.sign_in({"en": "Sign in", "es": "Entrar"}[language])
    for path in ("?q=bartholomew", "?only=no-sign-in", f"/{ben}", f"/{ben}/disable"):
        root.go(f"/console/users{path}")
        expect(root.page.get_by_text("bartholomew.featherstonehaugh-2").first).to_be_visible()
        root.check()
    context.close()


def test_a_file_of_users_is_looked_at_and_imported_with_the_script(browser: Browser, origin: str) -> None:
    context = browser.new_context()
    root = Visitor(context.new_page(), origin, "root@example.com")
    page = root.page
    root.go("/console/users/import")
    root.sign_in()
    file = b"username,phone\nzoe,1\nbad name,\n"
    page.locator("#file").set_input_files({"name": "users.csv", "mimeType": "text/csv", "buffer": file})
    page.get_by_role("button", name="Look first…").click()
    expect(page.get_by_role("heading", name="Refused")).to_be_visible()
    root.check()
    page.get_by_role("button", name="Import these people: 1").click()
    expect(page.get_by_role("status")).to_contain_text("Imported: 1")
    root.check()
    context.close()
