"""The session of a browser: its cookie, the requests that accept it, and the protection of forms."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.working import Watch
from tests.support.world import PASSWORD, Person, build, client_of, join, services_of
from tests.web.operators import operator
from tests.web.surfer import Surfer, forms_of, said

ACCOUNT = "/console/account"


@pytest.mark.parametrize(
    ("base", "name", "flags"),
    [
        ("http://localhost:8000", "portero", {"HttpOnly", "Path=/", "SameSite=Lax"}),
        ("https://accounts.example.com", "__Host-portero", {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}),
    ],
)
def test_the_cookie_is_out_of_reach_of_scripts_and_other_hosts(
    app: Flask, anna: Person, base: str, name: str, flags: set[str]
) -> None:
    answer = Surfer(app, base).sign_in(anna.user["username"])
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith(f"{name}=")
    assert flags == {part for part in cookie.split("; ")[1:] if not part.startswith(("Max-Age", "Expires"))}
    assert (answer.status_code, answer.location) == (303, ACCOUNT)


def test_no_page_repeats_the_cookie(app: Flask) -> None:
    surfer, _ = operator(app)
    paths = [each.rule for each in app.url_map.iter_rules() if "GET" in (each.methods or ()) and "<" not in each.rule]
    pages = {path: surfer.open(path).text for path in paths if path.startswith("/console/")}
    assert len([page for page in pages.values() if "/console/signout" in page]) > 20
    assert [path for path, page in pages.items() if surfer.cookie() in page] == []


def test_no_json_route_accepts_the_cookie_and_no_page_a_token(signed_in: Surfer, anna: Person) -> None:
    for method, path in (("GET", "/user"), ("GET", "/auth/sessions"), ("DELETE", "/user"), ("POST", "/tasks")):
        assert signed_in.browser.open(path, method=method).status_code == 401
    cookie = signed_in.cookie()
    for headers in ({"Authorization": f"Bearer {cookie}"}, {}):
        assert (
            signed_in.browser.post("/auth/refresh", json={"refresh_token": cookie}, headers=headers).status_code == 401
        )
    assert signed_in.open(ACCOUNT).status_code == 200  # no attempt has ended the session
    stranger = Surfer(signed_in.app)
    assert stranger.open(ACCOUNT, headers=anna.headers).status_code == 303
    for token in (anna.token, anna.refresh, "x", "", cookie[:-2], cookie[:-1] + ("A" if cookie[-1] != "A" else "B")):
        stranger.browser.set_cookie("portero", token)
        assert stranger.open(ACCOUNT).status_code == 303


def test_a_page_without_a_session_leads_to_the_sign_in_and_back(surfer: Surfer, anna: Person) -> None:
    answer = surfer.open("/console/account/email?x=1")
    assert (answer.status_code, answer.location) == (303, "/console/signin?next=%2Fconsole%2Faccount%2Femail%3Fx%3D1")
    page = surfer.open(answer.location)
    back = surfer.post(
        "/console/signin", {**forms_of(page)["/console/signin"], "login": anna.user["username"], "password": PASSWORD}
    )
    assert back.location == "/console/account/email?x=1"


@pytest.mark.parametrize(
    "next",
    [
        *(
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/console//evil.example",
            "/console/../x",
            "/user",
        ),
        *(
            "/console/%2e%2e/x",
            "/console/.%2E/x",
            "javascript:alert(1)",
            "/console/\r\nX: y",
            "/consolex",
            "\u2215\u2215evil.example",
        ),
    ],
)
def test_a_sign_in_leads_to_no_other_place_than_a_page_of_the_console(surfer: Surfer, anna: Person, next: str) -> None:
    assert surfer.sign_in(anna.user["username"], next=next).location == ACCOUNT


def test_signing_in_replaces_the_cookie_and_ends_the_session_that_was_there(app: Flask, anna: Person) -> None:
    fixed, surfer = Surfer(app), Surfer(app)
    fixed.sign_in(anna.user["username"])
    surfer.browser.set_cookie("portero", fixed.cookie())
    surfer.sign_in(anna.user["username"])
    assert surfer.cookie() != fixed.cookie()
    assert (surfer.open(ACCOUNT).status_code, fixed.open(ACCOUNT).status_code) == (200, 303)


def test_a_cookie_that_another_host_of_the_domain_has_set_is_not_read(app: Flask, anna: Person) -> None:
    """Such a host cannot set a cookie whose name begins with __Host-, and the session has no other cookie."""
    base = "https://accounts.example.com"
    attacker, victim = Surfer(app, base), Surfer(app, base)
    attacker.sign_in(anna.user["username"])
    ben = join(client_of(app))
    own = attacker.browser.get_cookie("__Host-portero", "accounts.example.com")
    assert own
    victim.browser.set_cookie("portero", own.value, domain="accounts.example.com")
    assert victim.open(ACCOUNT).status_code == 303
    victim.sign_in(ben.user["username"])
    shown = victim.open(ACCOUNT).text
    assert (ben.user["email"] in shown, anna.user["email"] in shown) == (True, False)


def test_signing_out_ends_the_session_and_no_page_is_stored(signed_in: Surfer) -> None:
    cookie = signed_in.cookie()
    assert signed_in.open(ACCOUNT).headers["Cache-Control"] == "no-store"
    answer = signed_in.send("/console/signout", ACCOUNT)
    assert answer.location == "/console/signin?done=signed-out"
    assert signed_in.browser.get_cookie("portero") is None
    signed_in.browser.set_cookie("portero", cookie)
    assert signed_in.open(ACCOUNT).status_code == 303


def test_the_session_is_listed_and_ended_as_every_other_one(signed_in: Surfer, anna: Person) -> None:
    api = FlaskClient(signed_in.app)
    ids = {each["id"] for each in api.get("/auth/sessions", headers=anna.headers).json or []} - {anna.session}
    assert len(ids) == 1
    assert api.delete(f"/auth/sessions/{ids.pop()}", headers=anna.headers).status_code == 204
    assert signed_in.open(ACCOUNT).status_code == 303


def test_a_session_ends_when_it_is_not_used_and_at_its_end_even_if_it_is() -> None:
    watch = Watch()
    app = build(clock=watch, settings={"refresh_token_seconds": 3600, "session_seconds": 7200})
    surfer, anna = Surfer(app), join(client_of(app))
    surfer.sign_in(anna.user["username"])
    for _ in range(2):
        watch.forward(3599)
        assert surfer.open(ACCOUNT).status_code == 200
    watch.forward(2)
    assert surfer.open(ACCOUNT).status_code == 303
    surfer.sign_in(anna.user["username"])
    watch.forward(3600)
    assert surfer.open(ACCOUNT).status_code == 303


def test_a_use_is_stored_at_most_every_fifteen_minutes() -> None:
    watch = Watch()
    app = build(clock=watch)
    surfer, anna = Surfer(app), join(client_of(app))
    surfer.sign_in(anna.user["username"])
    sessions = services_of(app).sessions.sessions
    [mine] = [each for each in sessions.list_for_user(anna.user["id"]).items if each.id != anna.session]
    watch.forward(899)
    surfer.open(ACCOUNT)
    assert sessions.get(mine.id) == mine
    watch.forward(1)
    surfer.open(ACCOUNT)
    used = sessions.get(mine.id)
    assert used
    assert used.last_used_at - mine.last_used_at == timedelta(seconds=900)


# Forms


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://sub.localhost", "http://localhost:81", "https://localhost"]
)
def test_a_form_of_another_origin_is_refused(signed_in: Surfer, origin: str | None) -> None:
    page = signed_in.open(ACCOUNT)
    for path, fields in {**forms_of(page), **forms_of(signed_in.open("/console/signin"))}.items():
        headers = {"Origin": origin} if origin else {}
        assert signed_in.browser.post(path, data=fields, headers=headers).status_code == 403
    assert signed_in.open(ACCOUNT).status_code == 200


def test_a_form_without_the_token_of_its_session_is_shown_again_and_does_nothing(
    signed_in: Surfer, anna: Person
) -> None:
    ben = join(client_of(signed_in.app))
    other = Surfer(signed_in.app)
    other.sign_in(ben.user["username"])
    fields = forms_of(other.open(ACCOUNT))[ACCOUNT]
    for csrf in (fields["csrf"], "", "x"):
        answer = signed_in.post(ACCOUNT, {**fields, "csrf": csrf, "name": "Mallory"})
        assert (answer.status_code, "Mallory" in answer.text) == (403, True)
    assert "Mallory" not in signed_in.open(ACCOUNT).text


def test_what_was_typed_when_the_session_had_ended_is_sent_after_the_next_sign_in(
    signed_in: Surfer, anna: Person
) -> None:
    page = signed_in.open(ACCOUNT)
    FlaskClient(signed_in.app).post("/auth/logout-all", headers=anna.headers)
    again = signed_in.send(ACCOUNT, page, name="Ana María", last_name="<b>Ruiz & Vega</b>")
    assert (again.status_code, "Your session has ended." in again.text) == (403, True)
    kept = signed_in.send("/console/signin", again, login=anna.user["username"], password="wrong")
    assert kept.status_code == 401
    resumed = signed_in.send("/console/signin", kept, login=anna.user["username"], password=PASSWORD)
    assert (resumed.status_code, "Ana María" in said(resumed)) == (200, True)
    assert re.findall("<dt>(.*?)</dt>", resumed.text) == ["Username", "Name", "Last name"]
    assert signed_in.send(ACCOUNT, resumed).status_code in (303, 412)  # the revision is of the session that ended
    assert PASSWORD not in resumed.text


def test_no_password_is_repeated_by_a_page(signed_in: Surfer, anna: Person) -> None:
    page = signed_in.open("/console/account/password")
    wrong = signed_in.send(
        "/console/account/password", page, current_password="wrong one", new_password="another zebra"
    )
    assert (wrong.status_code, "The current password is not right." in wrong.text) == (403, True)
    FlaskClient(signed_in.app).post("/auth/logout-all", headers=anna.headers)
    again = signed_in.send("/console/account/password", page, current_password=PASSWORD, new_password="another zebra")
    for answer in (wrong, again):
        assert not re.search(f"another zebra|wrong one|{PASSWORD}", answer.text)


# Headers


@pytest.mark.parametrize("path", ["/console/signin", ACCOUNT, "/console/account/delete"])
def test_pages_run_no_inline_code_and_stand_in_no_frame(signed_in: Surfer, path: str) -> None:
    answer = signed_in.open(path, headers={"Origin": "https://evil.example"})
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert not re.search(r"<script(?! src=)|\son\w+=|\sstyle=|<style", answer.text)


def test_no_page_of_another_site_may_read_a_page_in_development(anna: Person) -> None:
    open_app = build(cors_origins=["*"])
    assert (
        "Access-Control-Allow-Origin"
        not in Surfer(open_app).open("/console/signin", headers={"Origin": "https://x.org"}).headers
    )


def test_browsers_keep_a_version_of_a_file_and_ask_again_for_any_other(surfer: Surfer) -> None:
    [url] = re.findall(r'href="(/assets/console.css[^"]*)"', surfer.open("/console/signin").text)
    assert surfer.open(url).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in ("/assets/console.css", "/assets/console.css?v=0"):
        assert surfer.open(other).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("name", [".//././console.css", "x/../console.css", "../nope"])
def test_browsers_keep_no_file_under_another_name(surfer: Surfer, method: str, name: str) -> None:
    [version] = re.findall(r'href="/assets/console.css(\?[^"]*)"', surfer.open("/console/signin").text)
    answer = surfer.browser.open(f"/assets/{name}{version}", method=method)
    assert answer.status_code in (200, 404)
    assert answer.headers["Cache-Control"] in ("no-cache", "no-store")


def test_the_first_page_is_small(surfer: Surfer) -> None:
    page = surfer.open("/console/signin")
    urls = re.findall(r'(?:href|src)="(/assets/[^"]*)"', page.text)
    files = [surfer.open(url, headers={"Accept-Encoding": "gzip"}) for url in urls]
    assert len(page.data) + sum(len(file.data) for file in files) < 20_000
    assert len(urls) == 3


# Settings


def test_a_browser_is_led_to_the_console_and_every_other_client_to_the_docs() -> None:
    surfer, off = Surfer(build()), Surfer(build(console=False))
    assert surfer.open("/").location == "/console/"
    assert surfer.open("/console").location == ACCOUNT
    for accept in ("*/*", "application/json", ""):
        assert surfer.open("/", headers={"Accept": accept}).location == "/docs"
    assert off.open("/").location == "/docs"
    for path in ("/console/", "/console/signin", ACCOUNT, "/console/x"):
        assert (off.open(path).status_code, off.post(path, {}).status_code) == (404, 404)


def test_the_language_and_the_colours_that_were_chosen_stay(surfer: Surfer) -> None:
    assert '<html lang="es">' in surfer.open("/console/signin", headers={"Accept-Language": "es"}).text
    page = surfer.open("/console/register")
    back = surfer.send("/console/appearance", page, language="es")
    assert back.location == "/console/register"
    assert surfer.send("/console/appearance", theme="dark").status_code == 303
    shown = surfer.open("/console/register").text
    assert '<html lang="es" data-theme="dark">' in shown
    assert "Crear una cuenta" in shown


def test_a_button_of_an_outdated_page_becomes_no_form_for_another_page(signed_in: Surfer) -> None:
    outdated = signed_in.post("/console/account/sessions/end-others", {"csrf": "of an earlier session"})
    assert (outdated.status_code, "/console/account" in forms_of(outdated)) == (403, False)
