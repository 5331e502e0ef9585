"""The interactive documentation, in a real browser that may only load from the service."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.service import portero
from tests.e2e.test_mail_pages import AXE

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with portero(tmp_path_factory.mktemp("data")) as address:
        body = {"username": "anna", "email": "anna@example.com", "password": PASSWORD}
        request = Request(f"http://{address}/register", json.dumps(body).encode(), {"Content-Type": "application/json"})
        urlopen(request).close()
        yield address


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[Page]:
    """Yield an empty page. Fail when it has loaded from another host or logged an error."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []
    assert [url for url in asked if not url.startswith((f"http://{address}/", "data:"))] == []


def opened(tab: Page, address: str) -> Page:
    """Open the documentation, which takes some seconds to draw."""
    tab.goto(f"http://{address}/docs")
    expect(tab.get_by_role("heading", name="Portero")).to_be_visible()
    expect(tab.locator(".opblock").first).to_be_visible()
    return tab


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    with watched(browser, address) as tab:
        yield tab


@pytest.fixture
def page(tab: Page, address: str) -> Page:
    """The opened documentation."""
    return opened(tab, address)


@pytest.fixture(scope="module")
def untouched(browser: Browser, address: str) -> Iterator[Page]:
    """The opened documentation, for tests that do not change it."""
    with watched(browser, address) as tab:
        yield opened(tab, address)


def call_get_user(page: Page) -> str:
    """Send GET /user with the page and return the response that it shows, which begins with the status."""
    operation = page.locator("#operations-Accounts-getUser")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response").first
    expect(answer).to_be_visible()
    return answer.inner_text()


def test_a_request_without_a_token_shows_401(page: Page) -> None:
    assert call_get_user(page).startswith("401")


def test_authorize_logs_in_with_a_password(page: Page) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".auth-container", has_text=re.compile("password", re.IGNORECASE)).first
    dialog.locator("#oauth_username").fill("anna")
    dialog.locator("#oauth_password").fill(PASSWORD)
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog.get_by_role("button", name="Remove authorization")).to_be_visible()
    page.locator(".modal-ux .close-modal").click()
    answer = call_get_user(page)
    assert answer.startswith("200")
    assert '"username": "anna"' in answer


def test_authorize_begins_at_the_username_and_asks_for_no_credential_of_a_client(page: Page) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    expect(page.locator("#oauth_username")).to_be_focused()
    expect(page.locator("#oauth_username")).to_be_in_viewport()
    for field in ("#client_id_password", "#client_secret_password", "#password_type"):
        expect(page.locator(field)).to_be_hidden()


def test_a_wrong_password_is_refused_in_a_sentence(page: Page) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".auth-container").first
    dialog.locator("#oauth_username").fill("anna")
    dialog.locator("#oauth_password").fill("wrong")
    dialog.get_by_role("button", name="Apply").click()
    refusal = "The username, e-mail or password is not right."
    expect(dialog.locator(".errors")).to_have_text(re.compile(f"^auth error ?{re.escape(refusal)}$"))


def test_only_operations_that_need_a_token_have_a_lock(untouched: Page) -> None:
    for operation, locks in (("register", 0), ("getUser", 1)):
        row = untouched.locator(f"#operations-Accounts-{operation}")
        expect(row).to_be_visible()
        expect(row.locator(".authorization__btn")).to_have_count(locks)


def test_groups_stand_in_the_order_in_which_a_newcomer_needs_them(untouched: Page) -> None:
    tags = [tag.get_attribute("data-tag") for tag in untouched.locator(".opblock-tag").all()]
    assert tags[:4] == ["Accounts", "Sessions", "Tasks", "Dogs"]
    assert untouched.locator(".opblock").first.get_attribute("id") == "operations-Accounts-register"


def test_the_page_opens_with_the_operations_of_the_first_day_in_at_most_40_rows(untouched: Page) -> None:
    groups = {
        tag.get_attribute("data-tag"): tag.get_attribute("data-is-open")
        for tag in untouched.locator(".opblock-tag").all()
    }
    assert [name for name, is_open in groups.items() if is_open == "true"] == ["Accounts", "Sessions", "Tasks"]
    operations = untouched.locator(".opblock:visible").count()
    assert operations == untouched.locator(".opblock").count() == 24
    assert operations + len(groups) <= 40


def test_the_keyboard_opens_a_closed_group_and_closes_it_again(page: Page) -> None:
    group = page.locator(".opblock-tag-section", has=page.locator('[data-tag="Datasets"]'))
    expect(group.locator(".opblock")).to_have_count(0)
    group.locator(".expand-operation").focus()
    page.keyboard.press("Enter")
    expect(group.locator(".opblock:visible")).to_have_count(7)
    page.keyboard.press("Enter")
    expect(group.locator(".opblock:visible")).to_have_count(0)


def test_a_link_to_an_operation_opens_its_closed_group(page: Page, address: str) -> None:
    page.goto("about:blank")
    page.goto(f"http://{address}/docs#/Datasets/createDataset")
    operation = page.locator("#operations-Datasets-createDataset")
    expect(operation).to_have_class(re.compile("is-open"))
    expect(operation).to_be_in_viewport()
    expect(operation.get_by_role("button", name="Try it out")).to_be_visible()


def test_the_page_fits_on_a_phone_and_leads_to_the_guide(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.locator(".topbar")).to_have_count(0)
    page.get_by_role("link", name="Guide").first.click()
    expect(page.get_by_role("heading", name="Your first requests")).to_be_visible()
    page.wait_for_load_state()  # with the style sheets
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_commands_of_the_guide_are_whole_on_the_page_and_run_when_they_are_copied(tab: Page, address: str) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.goto(f"http://{address}/docs/guide")
    for block in tab.locator("pre").all():
        assert block.evaluate("each => each.scrollWidth <= each.clientWidth")
    copied = []
    for button in tab.locator("[data-copy]").all():
        button.click()
        expect(button).to_have_text("Copied")
        copied.append(tab.evaluate("navigator.clipboard.readText()"))
    ran = subprocess.run(["bash", "-c", "\n".join(copied)], capture_output=True, text=True, timeout=60, check=True)
    assert re.findall(r"/problems/\w+", ran.stdout) == ["/problems/taken"]  # anna has an account already
    assert ran.stdout.count("Walk the dog") == 2
    assert '"refresh_token"' in ran.stdout


@pytest.mark.parametrize("path", ["/docs/guide", "/problems", "/problems/taken", "/nope", "/dev/mail"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_no_barriers(tab: Page, address: str, path: str, scheme: Literal["light", "dark"]) -> None:
    tab.emulate_media(color_scheme=scheme)
    tab.goto(f"http://{address}{path}")
    tab.evaluate(AXE)
    found = tab.evaluate("axe.run().then(result => result.violations)")
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_authorize_accepts_a_pasted_token(page: Page, address: str) -> None:
    body = json.dumps({"username": "anna", "password": PASSWORD}).encode()
    with urlopen(Request(f"http://{address}/login", body, {"Content-Type": "application/json"})) as answer:
        token = json.load(answer)["access_token"]
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".auth-container", has_text="Paste an access token")
    dialog.get_by_label("auth-bearer-value").fill(f"Bearer {token}")
    dialog.get_by_role("button", name="Apply").click()
    page.locator(".modal-ux .close-modal").click()
    assert call_get_user(page).startswith("200")
