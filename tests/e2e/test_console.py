"""The console in a real browser: with and without scripts, in both languages, on a desk and on a phone."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Literal
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from src.infrastructure.factors.totp import code_at
from tests.e2e.pictures import keep_picture
from tests.e2e.service import portero
from tests.e2e.test_mail_pages import AXE

PASSWORD = "correct horse battery"
PICTURE = "https://images.dog.ceo/breeds/hound/1.jpg"
HOSTILE = "<img src=x onerror=alert(1)> \u05d0\u05e0\u05d4 \uff37" + "\uff37" * 40
DESK: Any = {"width": 1280, "height": 900}
PHONE: Any = {"width": 320, "height": 700}
LOOKS: list[tuple[str, Literal["light", "dark"], Any]] = [
    ("en", "light", DESK),
    ("es", "dark", DESK),
    ("en", "dark", PHONE),
    ("es", "light", PHONE),
]


class DogApi(BaseHTTPRequestHandler):
    """The API of pictures. It answers when ``asked`` is set."""

    asked = Event()

    def do_GET(self) -> None:
        self.asked.wait(60)
        body = json.dumps({"status": "success", "message": PICTURE}).encode()
        with suppress(ConnectionError):  # a client that waited too long is gone
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def served(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve ``handler`` on a free port of this machine, and yield the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("data")
    DogApi.asked.set()
    with served(DogApi) as port, portero(folder, {"DOG_API_URL": f"http://127.0.0.1:{port}/"}) as address:
        yield f"http://{address}"


@dataclass(frozen=True)
class Visitor:
    """A person with an account, in front of a browser."""

    page: Page
    origin: str
    name: str

    def go(self, path: str) -> None:
        self.page.goto(self.origin + path)

    def sign_in(self, button: str = "Sign in", password: str = PASSWORD) -> None:
        """Fill in the form of the page, and send it."""
        self.page.locator("#login").fill(self.name)
        self.page.locator("#password").fill(password)
        self.page.get_by_role("button", name=button, exact=True).click()

    def add_device(self) -> Callable[[bool], None]:
        """Add a virtual device that keeps passkeys. Return a function that sets whether it answers without a touch."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        answers = {"isUserVerified": True, "automaticPresenceSimulation": True}
        id = session.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, **answers}})["authenticatorId"]

        def touch(enabled: bool) -> None:
            session.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": id, "enabled": enabled})

        return touch

    def sign_out(self) -> None:
        """Sign out with the menu of the page."""
        self.page.locator("button.me").click()
        self.page.locator("form[action='/console/signout'] button").click()

    def check(self) -> None:
        """Assert that axe finds no barrier, and that nothing is wider than the window. Keep a picture if asked to."""
        self.page.wait_for_load_state()
        self.page.evaluate(AXE)
        found = self.page.evaluate("axe.run().then(result => result.violations)")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        keep_picture(self.page)


def code_of_app(page: Page) -> str:
    """Return the code that an app shows for the key on the page."""
    secret = page.locator("#key").inner_text().replace(" ", "")
    return code_at(base64.b32decode(secret + "=" * (-len(secret) % 8)), int(time.time()) // 30)


def visitor(context: BrowserContext, origin: str) -> Visitor:
    name = f"u{uuid4().hex[:12]}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "name": "Anna"}
    request = Request(f"{origin}/register", json.dumps(body).encode(), {"Content-Type": "application/json"})
    urlopen(request).close()
    return Visitor(context.new_page(), origin, name)


@pytest.fixture
def anna(browser: Browser, origin: str) -> Iterator[Visitor]:
    """Yield a visitor. Fail if a page loads from elsewhere, breaks its own policy, or raises an error."""
    context = browser.new_context()
    anna, asked, said = visitor(context, origin), list[str](), list[str]()
    anna.page.on("request", lambda sent: asked.append(sent.url))
    anna.page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    anna.page.on("pageerror", lambda error: said.append(str(error)))
    yield anna
    context.close()
    assert [url for url in asked if not url.startswith(f"{origin}/")] == []
    assert [text for text in said if "Failed to load resource" not in text] == []


def test_a_person_lives_with_an_account_without_scripts(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    anna = visitor(context, origin)
    page = anna.page
    anna.go("/")
    expect(page).to_have_url(f"{origin}/console/signin?next=%2Fconsole%2Faccount")
    anna.sign_in()
    page.get_by_label("First name").fill("Ana María")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Your names are saved.")
    page.reload()
    expect(page.get_by_label("First name")).to_have_value("Ana María")
    page.get_by_role("link", name="Change the password").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill("another zebra battery")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("status")).to_contain_text("Your new password is set.")
    page.get_by_role("link", name="Delete…").click()
    page.get_by_label(f"Type {anna.name} to confirm").fill(anna.name)
    page.get_by_role("button", name="Delete the account").click()
    expect(page.get_by_role("status")).to_have_text("The account is deleted.")
    context.close()


def test_tasks_are_added_ticked_changed_and_removed_without_scripts(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    anna = visitor(context, origin)
    page = anna.page
    anna.go("/console/tasks")
    anna.sign_in()
    page.get_by_label("New task").fill("Walk the dog")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("checkbox", name="Walk the dog").click()
    expect(page.get_by_role("checkbox", name="Walk the dog")).to_be_checked()
    page.get_by_role("link", name="Change: Walk the dog").click()
    page.get_by_label("Title").fill("Walk both dogs")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("The task is saved.")
    page.get_by_role("link", name="Open tasks").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("No open tasks")
    page.go_back()
    page.get_by_role("link", name="Change: Walk both dogs").click()
    page.get_by_role("button", name="Remove the task").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Nothing to do")
    context.close()


def test_what_people_type_is_text_and_a_double_click_adds_one_task(anna: Visitor) -> None:
    anna.go("/console/tasks")
    anna.sign_in()
    anna.page.get_by_label("New task").fill(HOSTILE)
    anna.page.get_by_role("button", name="Add").dblclick()
    expect(anna.page.get_by_role("checkbox")).to_have_count(1)
    expect(anna.page.get_by_role("checkbox", name="<img src=x")).to_be_visible()
    anna.page.go_back()
    anna.page.reload()
    expect(anna.page.get_by_role("checkbox")).to_have_count(1)


def test_a_picture_appears_when_its_job_has_ended_unless_the_page_is_paused(browser: Browser, origin: str) -> None:
    context = browser.new_context()
    anna = visitor(context, origin)
    page = anna.page
    square = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    page.route("https://images.dog.ceo/**", lambda route: route.fulfill(body=square, content_type="image/svg+xml"))
    DogApi.asked.clear()
    anna.go("/console/dogs")
    anna.sign_in()
    page.get_by_label("Name of the dog").fill(anna.name)
    page.get_by_role("button", name="Add a dog").click()
    page.get_by_role("link", name="Your dogs").click()
    expect(page.get_by_text("A picture is on its way")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    with page.expect_response("**/console/dogs?show=yours"):
        page.get_by_role("button", name="Go on").click()
        DogApi.asked.set()
    picture = page.locator(f"img[src='{PICTURE}']")
    expect(picture).to_have_count(1)
    expect(picture).to_have_js_property("naturalWidth", 9)  # the content security policy allows the host of the picture
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    context.close()


def test_names_that_changed_in_another_tab_are_a_choice(anna: Visitor) -> None:
    anna.go("/console/account")
    anna.sign_in()
    other = anna.page.context.new_page()
    other.goto(f"{anna.origin}/console/account")
    for page, name in ((other, "Ana"), (anna.page, "Annie")):
        page.get_by_label("First name").fill(name)
        page.get_by_role("button", name="Save").click()
    expect(anna.page.get_by_role("alert")).to_contain_text("changed in another window")
    anna.page.get_by_role("radio").last.check()
    anna.page.get_by_role("button", name="Keep the chosen names").click()
    expect(anna.page.get_by_label("First name")).to_have_value("Ana")


def test_what_was_typed_when_the_session_ended_is_not_lost(anna: Visitor) -> None:
    anna.go("/console/account")
    anna.sign_in()
    anna.page.get_by_label("First name").fill("Ana María")
    anna.page.context.clear_cookies()
    anna.page.get_by_role("button", name="Save").click()
    expect(anna.page.get_by_role("heading", level=1)).to_have_text("Sign in again")
    anna.sign_in()
    expect(anna.page.get_by_text("Ana María")).to_be_visible()
    anna.page.get_by_role("button", name="Send it").click()
    expect(anna.page.get_by_label("First name")).to_have_value("Ana María")


def test_the_keyboard_reaches_the_menu_and_signs_out_and_back_shows_nothing(anna: Visitor) -> None:
    anna.go("/console/account")
    anna.sign_in()
    expect(anna.page.get_by_role("heading", level=1)).to_have_text("My account")
    anna.page.get_by_role("button", name="Anna").press("Enter")
    anna.page.get_by_role("button", name="Sign out").press("Enter")
    expect(anna.page.get_by_role("status")).to_have_text("You are signed out.")
    anna.page.go_back()
    expect(anna.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_no_script_reads_the_cookie_and_a_second_click_sends_nothing(anna: Visitor) -> None:
    anna.go("/console/signin")
    posted: list[str] = []
    anna.page.on("request", lambda sent: posted.append(sent.url) if sent.method == "POST" else None)
    anna.page.locator("#login").fill(anna.name)
    anna.page.locator("#password").fill(PASSWORD)
    anna.page.get_by_role("button", name="Sign in", exact=True).dblclick()
    expect(anna.page.get_by_role("heading", level=1)).to_have_text("My account")
    assert len(posted) == 1
    assert anna.page.evaluate("document.cookie") == ""
    assert anna.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    [cookie] = anna.page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("portero", True, "Lax")


class _Attacker(BaseHTTPRequestHandler):
    """A page of another origin that sends a form to the console, and a page that puts the console into a frame."""

    def __init__(self, target: str, *arguments: Any) -> None:
        self._target = target
        super().__init__(*arguments)

    def do_GET(self) -> None:
        form = f'<form method=post action="{self._target}/console/account/sessions/end-others"></form>'
        frame = f'<iframe src="{self._target}/console/signin"></iframe>'
        body = frame if self.path == "/frame" else f"{form}<script>document.forms[0].submit()</script>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def attacker(origin: str) -> Iterator[str]:
    with served(partial(_Attacker, origin)) as port:
        yield f"http://localhost:{port}"


def test_a_page_of_another_origin_sends_no_form_and_frames_no_page(
    anna: Visitor, attacker: str, browser: Browser
) -> None:
    context = browser.new_context()
    victim = visitor(context, anna.origin)
    victim.go("/console/account")
    victim.sign_in()
    # Both origins are at localhost, which is one site: the browser sends the cookie, and only the origin differs.
    with victim.page.expect_response("**/end-others") as sent:
        victim.page.goto(attacker)
    assert sent.value.status == 403
    victim.page.goto(f"{attacker}/frame")
    assert victim.page.frames[1].url == "chrome-error://chromewebdata/"
    context.close()


@pytest.mark.parametrize(("language", "scheme", "size"), LOOKS[1:3])
def test_a_passkey_is_added_and_signs_in_by_button_and_by_autofill(
    browser: Browser, origin: str, language: str, scheme: Literal["light", "dark"], size: Any
) -> None:
    context = browser.new_context(locale=language, color_scheme=scheme, viewport=DESK)
    anna = visitor(context, origin)
    page = anna.page
    touch = anna.add_device()
    anna.go("/console/account/factors")
    anna.sign_in({"en": "Sign in", "es": "Entrar"}[language])
    anna.check()
    page.locator("a[href$='/factors/passkey']").click()
    page.locator("#name").fill("Laptop")
    anna.check()
    page.locator("[data-passkey] button").click()
    expect(page.locator("li code")).to_have_count(10)
    anna.check()
    page.locator("a[href$='/factors'].go").click()
    expect(page.get_by_text("Laptop")).to_be_visible()
    page.set_viewport_size(size)
    anna.check()
    page.set_viewport_size(DESK)
    touch(False)
    anna.sign_out()
    expect(page.locator("#login")).to_be_visible()
    touch(True)
    page.locator("[data-passkey] button").click()
    expect(page).to_have_url(f"{origin}/console/account")
    with page.expect_response("**/console/signin/passkey") as sent:  # the autofill, which the device answers
        anna.sign_out()
    assert sent.value.status == 303
    expect(page).to_have_url(f"{origin}/console/account")
    context.close()


def test_an_app_is_set_up_and_takes_the_second_step_without_scripts(browser: Browser, origin: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    anna = visitor(context, origin)
    page = anna.page
    anna.go("/console/account/factors/app")
    anna.sign_in()
    expect(page.get_by_role("img", name="QR code of the key")).to_be_visible()
    code = code_of_app(page)
    page.locator("#code").fill(code)
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator("li code")).to_have_count(10)
    codes = page.locator("li code").all_inner_texts()
    page.context.clear_cookies()
    anna.go("/console/signin")
    anna.sign_in()
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    expect(page.locator("#code")).to_have_attribute("autocomplete", "one-time-code")
    page.locator("#code").fill("000000" if code != "000000" else "111111")
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("That is not right.")
    page.get_by_text("Use a recovery code").click()
    page.locator("#recovery_code").fill(codes[0])
    page.get_by_role("button", name="Go on with this code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    context.close()


@pytest.mark.parametrize(("language", "scheme", "size"), LOOKS[::3])
def test_the_pages_of_codes_have_no_barriers(
    browser: Browser, origin: str, language: str, scheme: Literal["light", "dark"], size: Any
) -> None:
    context = browser.new_context(locale=language, color_scheme=scheme, viewport=size)
    anna = visitor(context, origin)
    button = {"en": "Sign in", "es": "Entrar"}[language]
    anna.go("/console/account/factors/app")
    anna.sign_in(button)
    anna.check()
    anna.page.locator("#code").fill(code_of_app(anna.page))
    anna.page.locator("form.card button").click()
    expect(anna.page.locator("li code")).to_have_count(10)
    anna.check()
    anna.go("/console/step-up")
    anna.check()
    anna.page.context.clear_cookies()
    anna.go("/console/signin")
    anna.sign_in(button)
    expect(anna.page.locator("#code")).to_be_visible()
    anna.check()
    context.close()
