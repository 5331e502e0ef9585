"""The pages of operators in a real browser: an operator finds and disables a person."""

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.service import portero
from tests.e2e.test_console import Visitor, browser

__all__ = ["browser"]
ADMIN = {"ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "correct horse battery"}


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
