"""The interactive documentation, in a real browser that may only load from the service."""

import json
import re
import shutil
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.service import portero

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with portero(tmp_path_factory.mktemp("data")) as address:
        body = {"username": "anna", "email": "anna@example.com", "password": PASSWORD}
        request = Request(f"http://{address}/register", json.dumps(body).encode(), {"Content-Type": "application/json"})
        urlopen(request).close()
        yield address


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """The opened documentation. Fails when the page loads from another host or logs an error."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-background-networking", "--disable-quic"],
        )
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"http://{address}/docs")
        expect(page.get_by_role("heading", name="Portero")).to_be_visible()
        yield page
        browser.close()
        assert errors == []
        assert [url for url in asked if not url.startswith((f"http://{address}/", "data:"))] == []


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


def test_authorize_accepts_a_pasted_token(page: Page, address: str) -> None:
    body = json.dumps({"username": "anna", "password": PASSWORD}).encode()
    with urlopen(Request(f"http://{address}/login", body, {"Content-Type": "application/json"})) as answer:
        token = json.load(answer)["access_token"]
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".auth-container", has_text="bearer")
    dialog.get_by_label("auth-bearer-value").fill(f"Bearer {token}")
    dialog.get_by_role("button", name="Apply").click()
    page.locator(".modal-ux .close-modal").click()
    assert call_get_user(page).startswith("200")
