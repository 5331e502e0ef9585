"""The pages of mails in a real browser, by keyboard only, in both languages, without barriers and without scripts."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.service import portero
from tests.support.clock import until
from tests.support.emulators import NODE_MODULES

AXE = (NODE_MODULES / "axe-core/axe.min.js").read_text("utf-8")
PASSWORD, NEW_PASSWORD = "correct horse battery", "another zebra battery"
WORDS = {
    "en": {
        "verify": "Confirm your e-mail address",
        "confirm": "Confirm",
        "confirmed": "Your address is confirmed.",
        "reset": "Set a new password",
        "password": "New password",
        "short": "Use at least 8 characters.",
        "set": "Your new password is set.",
        "login": "Sign in",
        "entered": "You are signed in.",
        "token": "Access token",
        "send": "Send me a code",
        "email": "E-mail address",
        "code": "Six-digit code of the mail",
        "wrong": "The link or code is wrong",
    },
    "es": {
        "verify": "Confirma tu correo electrónico",
        "confirm": "Confirmar",
        "confirmed": "Tu dirección está confirmada.",
        "reset": "Elige una contraseña nueva",
        "password": "Contraseña nueva",
        "short": "Usa al menos 8 caracteres.",
        "set": "Tu contraseña ha cambiado.",
        "login": "Entrar",
        "entered": "Has entrado.",
        "token": "Token de acceso",
        "send": "Enviarme un código",
        "email": "Correo electrónico",
        "code": "Código de seis cifras del correo",
        "wrong": "El enlace o el código no es correcto",
    },
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def address(data_dir: Path) -> Iterator[str]:
    with portero(data_dir) as address:
        yield address


@dataclass(frozen=True)
class Person:
    """A person with an account who asks for mails, and uses the pages by keyboard."""

    page: Page
    origin: str
    folder: Path
    language: str
    email: str
    scripts: bool

    @property
    def words(self) -> dict[str, str]:
        return WORDS[self.language]

    def call(self, path: str, token: str = "", method: str = "POST", **body: str) -> Any:
        """Call the service, and return the answer."""
        headers = {"Content-Type": "application/json", "Accept-Language": self.language}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        data = json.dumps(body).encode() if body else None
        with urlopen(Request(self.origin + path, data, headers, method=method)) as answer:
            return json.load(answer)

    def receive_mail(self, path: str, token: str = "", **body: str) -> str:
        """Ask for a mail, open the page of the caught mails, and return the text of the mail."""
        text = self.receive(lambda: self.call(path, token, **body))
        self.page.goto(f"{self.origin}/dev/mail")
        self.check_page()
        return text

    def receive(self, ask: Callable[[], object]) -> str:
        """Ask for a mail, and return its text."""
        before = {*self.folder.glob("*.json")}
        ask()
        until(lambda: {*self.folder.glob("*.json")} > before, "a mail")
        [file] = {*self.folder.glob("*.json")} - before
        return str(json.loads(file.read_text())["text"])

    def open_link(self, heading: str) -> None:
        """Open the link of the newest caught mail by keyboard."""
        self.page.keyboard.press("Tab")  # to the link that skips the header
        self.page.keyboard.press("Enter")
        newest = self.page.get_by_role("article").first.get_by_role("link")
        for index in range(newest.count()):
            self.page.keyboard.press("Tab")
            expect(newest.nth(index)).to_be_focused()
        self.page.keyboard.press("Enter")  # on the last link, after those to mail addresses
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.check_page()
        assert self.page.locator("html").get_attribute("lang") == self.language

    def type_into(self, label: str, text: str) -> None:
        """Go to the next field by keyboard, and type."""
        self.page.keyboard.press("Tab")
        expect(self.page.get_by_label(label, exact=True)).to_be_focused()
        self.page.keyboard.type(text)

    def press_button(self, name: str) -> None:
        """Go to the button by keyboard, and press it."""
        self.page.keyboard.press("Tab")
        expect(self.page.get_by_role("button", name=name, exact=True)).to_be_focused()
        self.page.keyboard.press("Enter")

    def see(self, role: Any, text: str) -> None:
        """Expect the outcome on the page."""
        expect(self.page.get_by_role(role)).to_contain_text(text)
        self.check_page()

    def check_page(self) -> None:
        """Assert that axe finds no barrier on the page."""
        if self.scripts:
            self.page.wait_for_load_state()
            self.page.evaluate(AXE)
            found = self.page.evaluate("axe.run().then(result => result.violations)")
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


@pytest.fixture(
    params=[("en", "light", True), ("es", "dark", True), ("es", "light", False)],
    ids=["english", "spanish-dark", "spanish-without-scripts"],
)
def person(request: pytest.FixtureRequest, browser: Browser, address: str, data_dir: Path) -> Iterator[Person]:
    """Yield a person. Fail if a page loads from elsewhere, breaks its content security policy, or raises an error."""
    language, scheme, scripts = request.param
    context = browser.new_context(locale=language, color_scheme=scheme, java_script_enabled=scripts)
    page, asked, said = context.new_page(), list[str](), list[str]()
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    origin, name = f"http://{address}", f"u{uuid4().hex[:12]}"
    person = Person(page, origin, data_dir / "mail", language, f"{name}@example.com", scripts)
    person.call("/register", username=name, email=person.email, password=PASSWORD)
    yield person
    context.close()
    assert [url for url in asked if not url.startswith(f"{origin}/")] == []
    assert [text for text in said if not re.search(r"status of (401|422)", text)] == []


def test_the_pages_are_used_by_keyboard(person: Person) -> None:
    words, email = person.words, person.email
    token = person.call("/login", email=email, password=PASSWORD)["access_token"]

    person.receive_mail("/auth/email/verify", token)
    person.open_link(words["verify"])
    link = person.page.url
    expect(person.page.get_by_role("strong")).to_have_text(email.partition("@")[0])
    person.press_button(words["confirm"])
    person.see("status", words["confirmed"])
    person.type_into(words["password"], PASSWORD)
    person.page.keyboard.press("Enter")
    person.see("status", words["set"])
    token = person.call("/login", email=email, password=PASSWORD)["access_token"]
    assert person.call("/user", token, "GET")["email_verified"] is True
    person.page.goto(link)
    person.press_button(words["confirm"])
    person.see("alert", words["wrong"])

    person.receive_mail("/auth/password/forgot", email=email)
    person.open_link(words["reset"])
    person.type_into(words["password"], "short")
    person.page.keyboard.press("Enter")
    person.see("alert", words["short"])
    person.type_into(words["password"], NEW_PASSWORD)
    person.press_button(person.page.get_by_role("button").inner_text())
    person.see("status", words["set"])
    assert person.call("/login", email=email, password=NEW_PASSWORD)

    person.receive_mail("/auth/email/login", email=email)
    person.open_link(words["login"])
    person.press_button(words["login"])
    person.see("status", words["entered"])
    token = person.page.get_by_label(words["token"]).input_value()
    assert person.call("/user", token, "GET")["email"] == email

    person.page.goto(f"{person.origin}/auth/email/login")
    person.type_into(words["email"], email)
    text = person.receive(lambda: person.page.get_by_role("button", name=words["send"]).press("Enter"))
    [code] = re.findall(r"\b\d{6}\b", text)
    for typed, role, outcome in (("wrong", "alert", words["wrong"]), (code, "status", words["entered"])):
        person.page.goto(f"{person.origin}/auth/email/login")
        person.check_page()
        person.type_into(words["email"], email)
        person.type_into(words["code"], typed)
        person.page.keyboard.press("Enter")
        person.see(role, outcome)
