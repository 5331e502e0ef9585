"""The pages that links in mails open."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from src.bootstrap.wiring import wire
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.tokens.signing_keys import KeyRing, as_jwk_set
from src.interfaces.app import create_app
from src.interfaces.languages import translated
from src.settings import Settings
from tests.support.mailing import NEW_PASSWORD, MailWorld, anna, world
from tests.support.working import RecordingQueue, Watch
from tests.support.world import (
    KEY,
    Person,
    build,
    log_in,
)

__all__ = ["anna", "world"]  # fixtures


ShowMails = Callable[..., TestResponse]


class TestPages:
    @pytest.fixture
    def mails(self, tmp_path: Path) -> ShowMails:
        """Return a function that opens the page of the mails with a Host header, from an address."""

        def show(host: str, peer: str, headers: Mapping[str, str] = {}, *, published: bool = False) -> TestResponse:
            app = build(settings={"data_dir": tmp_path}, dev_mail_published=published, trusted_proxies=1)
            sent = {**headers, "Host": host}
            return FlaskClient(app).get("/dev/mail", headers=sent, environ_overrides={"REMOTE_ADDR": peer})

        return show

    @pytest.fixture
    def browser(self, world: MailWorld) -> FlaskClient:
        """Return a client for pages, which the OpenAPI document does not describe."""
        return FlaskClient(world.app)

    @pytest.mark.parametrize("path", ["/auth/email/login", "/auth/email/verify", "/auth/password/reset"])
    def test_opening_a_link_spends_nothing(
        self, browser: FlaskClient, world: MailWorld, anna: Person, path: str
    ) -> None:
        world.ask("/auth/email/login", anna.user["email"])
        for _ in range(2):
            page = browser.get(path, query_string={"token": world.token})
            assert (page.status_code, page.mimetype) == (200, "text/html")
            assert "script" not in page.headers["Content-Security-Policy"]
        assert world.confirm(token=world.token).status_code == 200

    def test_the_button_sets_the_password(self, browser: FlaskClient, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        form = {"token": world.token, "new_password": "short"}
        refused = browser.post("/auth/password/reset/form", data=form)
        assert (refused.status_code, "Use at least 8 characters." in refused.text) == (422, True)
        done = browser.post("/auth/password/reset/form", data={**form, "new_password": NEW_PASSWORD})
        assert (done.status_code, "Your new password is set" in done.text) == (200, True)
        assert log_in(world.client, anna, NEW_PASSWORD).status_code == 200

    def ask_to_verify(self, world: MailWorld, anna: Person) -> None:
        world.client.post("/auth/email/verify", headers=anna.headers)
        world.deliver()

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_the_page_that_confirms_names_the_account_and_says_what_ends(
        self, browser: FlaskClient, world: MailWorld, anna: Person, language: str
    ) -> None:
        self.ask_to_verify(world, anna)
        shown = {"query_string": {"token": world.token}, "headers": {"Accept-Language": language}}
        page = browser.get("/auth/email/verify", **shown).text
        says = translated(
            "Somebody else may have registered your address. So confirming it ends all sessions of this account and "
            "removes its password. You then choose a new password here.",
            language,
        )
        assert (anna.user["username"] in page, says in page) == (True, True)
        world.prove(anna)
        page = browser.get("/auth/email/verify", **shown).text
        assert (anna.user["username"] in page, says in page) == (True, False)
        assert anna.user["username"] not in browser.get("/auth/email/verify?token=x").text

    def test_the_button_that_confirms_leads_to_a_new_password(
        self, browser: FlaskClient, world: MailWorld, anna: Person
    ) -> None:
        self.ask_to_verify(world, anna)
        done = browser.post("/auth/email/verify/form", data={"token": world.token})
        assert (done.status_code, "Your address is confirmed." in done.text) == (200, True)
        assert 'action="/auth/password/reset/form"' in done.text
        assert world.client.get("/user", headers=anna.headers).status_code == 401
        form = {"token": world.token, "new_password": NEW_PASSWORD}
        assert browser.post("/auth/password/reset/form", data=form).status_code == 200
        assert log_in(world.client, anna, NEW_PASSWORD).status_code == 200

    def test_the_button_that_confirms_a_proved_address_ends_nothing(
        self, browser: FlaskClient, world: MailWorld, anna: Person
    ) -> None:
        self.ask_to_verify(world, anna)
        world.prove(anna)
        done = browser.post("/auth/email/verify/form", data={"token": world.token})
        assert ("Your address is confirmed." in done.text, "<form" in done.text) == (True, False)
        assert world.client.get("/user", headers=anna.headers).status_code == 200

    def test_a_form_in_parts_is_refused_before_it_is_read(
        self, browser: FlaskClient, world: MailWorld, anna: Person
    ) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        form = {"token": world.token, "new_password": NEW_PASSWORD}
        for path in ("/auth/email/login/form", "/auth/email/verify/form", "/auth/password/reset/form"):
            assert browser.post(path, data=form, content_type="multipart/form-data").status_code == 415

    def test_pages_of_other_sites_cannot_read_the_mails_of_development(self, world: MailWorld) -> None:
        browser = FlaskClient(build(cors_origins=["*"]))
        origin = {"Origin": "https://evil.example"}
        assert "Access-Control-Allow-Origin" not in browser.get("/dev/mail", headers=origin).headers
        assert "Access-Control-Allow-Origin" in browser.get("/health", headers=origin).headers

    def test_mails_are_shown_in_development_without_a_mail_server_only(self, tmp_path: Path) -> None:
        assert FlaskClient(build(settings={"data_dir": tmp_path})).get("/dev/mail").status_code == 200
        with_server = build(settings={"smtp_url": "smtp://localhost"})
        assert FlaskClient(with_server).get("/dev/mail").status_code == 404
        in_production = Settings(app_env="production", data_dir=tmp_path)
        services = wire(in_production, store=MemoryStore(), keys=KeyRing(as_jwk_set([KEY])), queue=RecordingQueue())
        app = create_app(services, "0")
        assert FlaskClient(app).get("/dev/mail").status_code == 404

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000"])
    @pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])
    def test_the_mails_of_development_are_shown_to_this_machine(self, mails: ShowMails, host: str, peer: str) -> None:
        assert mails(host, peer).status_code == 200

    @pytest.mark.parametrize(
        ("host", "peer", "headers"),
        [
            ("localhost", "192.0.2.7", {}),
            ("localhost", "172.18.0.1", {}),
            ("evil.example", "127.0.0.1", {}),
            ("localhost.evil.example", "127.0.0.1", {}),
            ("127.0.0.1.evil.example", "127.0.0.1", {}),
            ("localhost:80@evil.example", "127.0.0.1", {}),
            ("0.0.0.0", "127.0.0.1", {}),
            ("localhost", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
            ("localhost", "192.0.2.7", {"X-Forwarded-For": "127.0.0.1"}),
            ("localhost", "127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
            ("localhost", "127.0.0.1", {"X-Forwarded-Proto": "https"}),
            ("localhost", "127.0.0.1", {"X-Real-IP": "192.0.2.7"}),
            ("localhost", "127.0.0.1", {"Via": "1.1 proxy"}),
        ],
    )
    def test_the_mails_of_development_are_shown_to_nobody_else(
        self, mails: ShowMails, host: str, peer: str, headers: dict[str, str]
    ) -> None:
        refused = mails(host, peer, headers)
        assert refused.status_code == 403
        assert "DEV_MAIL_PUBLISHED=on" in refused.text
        behind_a_port = mails(host, peer, headers, published=True)
        assert behind_a_port.status_code == (200 if host == "localhost" and not headers else 403)

    def test_a_page_escapes_what_a_stranger_put_into_the_link(self, browser: FlaskClient, world: MailWorld) -> None:
        page = browser.get("/auth/password/reset", query_string={"token": '"><script>alert(1)</script>'})
        assert "<script>" not in page.text

    def test_a_page_is_in_spanish_for_those_who_prefer_it(self, browser: FlaskClient, world: MailWorld) -> None:
        page = browser.get("/auth/password/reset", headers={"Accept-Language": "es"})
        assert '<html lang="es">' in page.text
        assert (page.headers["Content-Language"], page.headers["Vary"]) == ("es", "Accept-Language")
        assert "Elige una contraseña nueva" in page.text

    def test_the_code_of_a_mail_is_typed_on_a_page(self, browser: FlaskClient, world: MailWorld, anna: Person) -> None:
        assert 'name="code"' in browser.get("/auth/email/login").text
        world.ask("/auth/email/login", anna.user["email"])
        form = {"email": anna.user["email"], "code": "wrong"}
        refused = browser.post("/auth/email/login/form", data=form)
        assert (refused.status_code, anna.user["email"] in refused.text) == (401, True)
        unknown = browser.post("/auth/email/login/form", data={**form, "email": "nobody"})
        assert (unknown.status_code, "@-sign" in unknown.text) == (422, True)
        done = browser.post("/auth/email/login/form", data={**form, "code": f" {world.code} "})
        assert (done.status_code, bool(re.search('id="access_token"[^>]* value="ey', done.text))) == (200, True)

    @pytest.mark.parametrize("known", [True, False])
    def test_the_page_sends_a_code_and_answers_alike_for_every_address(
        self, browser: FlaskClient, world: MailWorld, anna: Person, known: bool
    ) -> None:
        form = {"email": anna.user["email"] if known else "nobody@example.com", "code": "", "send": "code"}
        sent = browser.post("/auth/email/login/form", data=form)
        world.deliver()
        assert (sent.status_code, "a mail is on its way" in sent.text) == (200, True)
        assert (f'value="{form["email"]}"' in sent.text, len(world.box.mails)) == (True, int(known))
        refused = browser.post("/auth/email/login/form", data={**form, "email": "nobody"})
        assert (refused.status_code, "@-sign" in refused.text) == (422, True)

    def test_a_page_of_another_site_cannot_send_the_form(
        self, browser: FlaskClient, world: MailWorld, anna: Person
    ) -> None:
        form = {"email": anna.user["email"], "send": "code"}
        for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200)):
            headers = {"Sec-Fetch-Site": site}
            assert browser.post("/auth/email/login/form", data=form, headers=headers).status_code == status
        world.deliver()
        assert len(world.box.mails) == 1

    @pytest.mark.parametrize("path", ["/docs", "/docs/guide", "/problems", "/dev/mail"])
    def test_the_pages_speak_the_language_of_the_browser_and_share_a_header(self, path: str, tmp_path: Path) -> None:
        browser = FlaskClient(build(settings={"data_dir": tmp_path}))
        for language, word in (("en", "All errors"), ("es-ES", "Todos los errores")):
            shown = browser.get(path, headers={"Accept-Language": language})
            assert f'<html lang="{language[:2]}">' in shown.text
            assert word in shown.text
            assert (shown.headers["Content-Language"], shown.headers["Vary"][:15]) == (language[:2], "Accept-Language")
            assert "<style" not in shown.text
            assert not re.search(r"<script(?! src=)|\son\w+=|\sstyle=", shown.text)

    def test_wrong_codes_on_the_page_are_limited_as_wrong_passwords_are(self) -> None:
        watch = Watch()
        browser = FlaskClient(build(clock=watch, limiter=StoreLimiter(MemoryStore(), watch)))

        def guess(number: int, ip: str = "192.0.2.1") -> int:
            form, environ = {"email": f"u{number}@example.com", "code": "000000"}, {"REMOTE_ADDR": ip}
            return browser.post("/auth/email/login/form", data=form, environ_overrides=environ).status_code

        assert [guess(number) for number in range(101)] == [401] * 100 + [429]
        assert guess(0, "192.0.2.2") == 401

    @pytest.mark.parametrize("token", ["%00", "%ff", "%F0%9F%98%80", "a" * 5000])
    def test_a_page_shows_any_token(self, browser: FlaskClient, token: str) -> None:
        for path in ("/auth/email/login", "/auth/password/reset"):
            assert browser.get(f"{path}?token={token}").status_code == 200
            form = {"data": f"token={token}", "content_type": "application/x-www-form-urlencoded"}
            assert browser.post(f"{path}/form", **form).status_code in (400, 401, 422)
