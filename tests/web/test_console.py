"""The pages of the console: signing in, registering, and one's own account."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.domain.values import new_id
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from tests.support.working import Watch
from tests.support.world import PASSWORD, Person, build, client_of, join, logged_in, registration, services_of
from tests.web.operators import operator
from tests.web.surfer import Surfer, forms_of, said

ACCOUNT = "/console/account"


def alert(answer: object) -> str:
    """Return the text of the alert of a page."""
    [found] = re.findall(r'role="alert"(?! hidden).*?>(.*?)</div>', getattr(answer, "text", ""), re.DOTALL)
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", "", found)).strip()


COMPUTED_NAME = r"[\w)\]]\[(?![\d\"'])[^\]]*\]\s*(?:\?\?|\|\||&&|[-+*])?=(?![=>])"
MERGING = r"assign\(|fromEntries|etPrototypeOf|__proto__|defineProp| in \w"


@pytest.mark.parametrize("name", ["console.js", "docs.js"])
def test_scripts_write_no_property_whose_name_others_choose(surfer: Surfer, name: str) -> None:
    """Assigning to a name such as ``__proto__`` would change every object. A spread copies it like any other name."""
    script = surfer.open(f"/assets/{name}").text
    assert "const " in script
    code = re.sub(r"(?<!:)//.*|/\*[\s\S]*?\*/", "", script)
    assert re.findall(f".*(?:{COMPUTED_NAME}|{MERGING}).*", code) == []


@pytest.mark.parametrize(("name", "budget"), [("console.css", 14_000), ("console.js", 6_000)])
def test_the_stylesheet_and_the_script_keep_their_budgets(surfer: Surfer, name: str, budget: int) -> None:
    assert len(surfer.open(f"/assets/{name}").data) <= budget


# Signing in


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_wrong_password_keeps_the_name_and_says_what_to_do(surfer: Surfer, anna: Person, language: str) -> None:
    surfer.browser.set_cookie("language", language)
    answer = surfer.sign_in(anna.user["username"], "wrong")
    assert answer.status_code == 401
    assert alert(answer).startswith(
        {"en": "The username, e-mail or password is not right.", "es": "El usuario, el correo o la contraseña no"}[
            language
        ]
    )
    assert forms_of(answer)["/console/signin"]["login"] == anna.user["username"]


def test_too_many_tries_say_when_passwords_are_taken_again() -> None:
    watch, store = Watch(), MemoryStore()
    surfer = Surfer(build(store, clock=watch, limiter=StoreLimiter(store, watch)))
    for _ in range(10):
        assert surfer.sign_in("anna", "wrong").status_code == 401
    answer = surfer.sign_in("anna", "wrong")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    assert alert(answer) == "Too many tries from here. Too many requests; try again in 300 seconds."


def test_registering_signs_in_and_names_every_bad_field(surfer: Surfer, anna: Person) -> None:
    bad = {"username": anna.user["username"], "email": "nobody", "password": "short"}
    answer = surfer.send("/console/register", **bad)
    assert answer.status_code == 422
    assert {*re.findall(r'<a href="#(\w+)"', answer.text)} >= {"email", "password"}
    assert forms_of(answer)["/console/register"]["email"] == "nobody"
    assert "short" not in answer.text
    good = registration()
    taken = surfer.send("/console/register", **{**good, "username": anna.user["username"]})
    assert (taken.status_code, "This username is already taken" in taken.text) == (409, True)
    assert surfer.send("/console/register", **good).location == ACCOUNT
    assert good["username"] in surfer.open(ACCOUNT).text


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("/console/signin", {"current-password"}),
        ("/console/register", {"new-password"}),
        ("/console/account/password", {"current-password", "new-password"}),
        ("/console/account/email", {"current-password"}),
        ("/auth/password/reset?token=x", {"new-password"}),
    ],
)
def test_passwords_are_masked_and_left_to_password_managers(
    surfer: Surfer, anna: Person, path: str, kinds: set[str]
) -> None:
    if path.startswith(ACCOUNT):
        surfer.sign_in(anna.user["username"])
    page = surfer.open(path).text
    fields = [
        field for field in re.findall(r"<input[^>]*>", page) if "password" in re.findall(r' name="(\w+)"', field)[0]
    ]
    assert {re.findall(r' autocomplete="([^"]*)"', field)[0] for field in fields} == kinds
    assert all(' type="password"' in field for field in fields)
    assert "onpaste" not in page


def test_a_guest_becomes_a_member_and_keeps_its_data(surfer: Surfer) -> None:
    assert surfer.send("/console/guest", "/console/signin").location == ACCOUNT
    assert "You are here as a guest" in surfer.open(ACCOUNT).text
    for path in ("/console/account/email", "/console/account/password"):
        assert surfer.open(path).status_code == 403
    guest = json.loads(surfer.open("/console/account/export").data)["user"]
    cookie = surfer.cookie()
    body = registration()
    assert surfer.send("/console/register", **body).status_code == 303
    member = json.loads(surfer.open("/console/account/export").data)["user"]
    assert (member["id"], member["username"]) == (guest["id"], body["username"])
    surfer.browser.set_cookie("portero", cookie)
    assert surfer.open(ACCOUNT).status_code == 303


# One's own account


def test_names_are_changed_and_a_conflict_is_a_choice(signed_in: Surfer, anna: Person) -> None:
    page = signed_in.open(ACCOUNT)
    api = FlaskClient(signed_in.app)
    assert api.put("/user", json={"name": "Ana"}, headers=anna.headers).status_code == 200
    conflict = signed_in.send(ACCOUNT, page, name="Anna María", last_name="")
    assert conflict.status_code == 412
    assert "Anna María" in said(conflict)
    assert "Ana · Ruiz" in said(conflict)
    kept = forms_of(conflict)[ACCOUNT]
    assert signed_in.post(ACCOUNT, {**kept, "keep": "theirs"}).status_code == 303
    assert forms_of(signed_in.open(ACCOUNT))[ACCOUNT]["name"] == "Ana"
    assert signed_in.post(ACCOUNT, {**kept, "keep": "mine"}).location == f"{ACCOUNT}?done=names"
    now = forms_of(signed_in.open(ACCOUNT))[ACCOUNT]
    assert (now["name"], now["last_name"], now["username"]) == ("Anna María", "", anna.user["username"])


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 1234567 * 2 }}"])
def test_names_are_texts_wherever_they_are_shown(app: Flask, name: str) -> None:
    surfer = Surfer(app)
    ben = join(client_of(app), name=name)
    api = FlaskClient(app)
    api.post("/login", json={"username": ben.user["username"], "password": PASSWORD}, headers={"User-Agent": name})
    surfer.sign_in(ben.user["username"])
    for path in (ACCOUNT, f"{ACCOUNT}/delete", f"/console/signin?next={name}", f"{ACCOUNT}?done={name}"):
        shown = surfer.open(path).text
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "2469134" not in shown


def test_a_password_is_changed_and_other_sessions_end(signed_in: Surfer, anna: Person) -> None:
    weak = signed_in.send("/console/account/password", current_password=PASSWORD, new_password="password")
    assert weak.status_code == 422
    done = signed_in.send("/console/account/password", current_password=PASSWORD, new_password="another zebra battery")
    assert done.location == f"{ACCOUNT}?done=password"
    assert "All other sessions have ended." in signed_in.open(done.location).text
    assert FlaskClient(signed_in.app).get("/user", headers=anna.headers).status_code == 401


def test_an_address_is_changed(signed_in: Surfer, anna: Person) -> None:
    assert signed_in.send("/console/account/email", email="nobody").status_code == 422
    assert signed_in.send("/console/account/email", email=f"new-{anna.user['email']}").status_code == 303
    assert f"new-{anna.user['email']}" in signed_in.open(ACCOUNT).text


def test_sessions_are_ended_one_by_one_and_all_others_at_once(signed_in: Surfer, anna: Person) -> None:
    api = client_of(signed_in.app)
    page = signed_in.open(ACCOUNT)
    path = f"/console/account/sessions/{anna.session}/end"
    assert signed_in.send(path, page).location == f"{ACCOUNT}?done=session"
    assert api.get("/user", headers=anna.headers).status_code == 401
    assert signed_in.send(path, page).status_code == 404
    again = logged_in(api, anna)
    assert signed_in.send("/console/account/sessions/end-others", ACCOUNT).status_code == 303
    assert api.get("/user", headers=again.headers).status_code == 401
    assert signed_in.open(ACCOUNT).status_code == 200
    ben = join(api)
    foreign = forms_of(signed_in.open(ACCOUNT))[ACCOUNT]["csrf"]
    assert signed_in.post(f"/console/account/sessions/{ben.session}/end", {"csrf": foreign}).status_code == 404


def test_200_sessions_are_paged_for_their_user_and_for_operators(signed_in: Surfer, anna: Person) -> None:
    sessions = services_of(signed_in.app).sessions.sessions
    [newest, first] = sessions.list_for_user(anna.user["id"]).items
    for number in range(198):
        old = first.created_at - timedelta(hours=number)
        sessions.add_for_login((), replace(first, id=new_id(), created_at=old, revision=""))
    expected = [each.id for each in sessions.list_for_user(anna.user["id"], limit=300).items]
    for surfer, path in ((signed_in, ACCOUNT), (operator(signed_in.app)[0], f"/console/users/{anna.user['id']}")):
        found: list[str] = []
        page, pages = path, 0
        while page:
            text = surfer.open(page).text
            ended = re.findall(r"/sessions/(\w+)/end", text)
            assert len(ended) <= 50
            found += ended
            more = re.findall(rf'href="({path}\?cursor=[^"#]*)', text)
            page, pages = more[-1].replace("&amp;", "&") if more else "", pages + 1
        assert pages == 4
        assert found == [id for id in expected if id != newest.id or surfer is not signed_in]


def test_an_account_is_deleted_when_its_name_is_typed(signed_in: Surfer, anna: Person) -> None:
    refused = signed_in.send("/console/account/delete", confirm="somebody")
    assert (refused.status_code, "Type the name as it is shown." in refused.text) == (422, True)
    gone = signed_in.send("/console/account/delete", confirm=anna.user["username"])
    assert gone.location == "/console/signin?done=deleted"
    assert "The account is deleted." in signed_in.open(gone.location).text
    assert FlaskClient(signed_in.app).get("/user", headers=anna.headers).status_code == 401


def test_an_export_is_the_one_of_the_api(signed_in: Surfer, anna: Person) -> None:
    mine = json.loads(signed_in.open("/console/account/export").data)
    [current] = [each for each in mine["sessions"] if each["current"]]
    assert (mine["user"]["id"], current["amr"]) == (anna.user["id"], ["pwd"])
    assert Surfer(signed_in.app).open("/console/account/export").status_code == 303


def test_nobody_is_invited_to_what_the_service_does_not_offer() -> None:
    surfer = Surfer(build(settings={"registration": "closed", "guests": False}))
    page = surfer.open("/console/signin")
    assert not {"/console/register", "/console/guest"} & {*re.findall(r'(?:href|action)="([^"?]*)', page.text)}
    assert surfer.send("/console/register", **registration()).status_code == 403
    assert surfer.post("/console/guest", {}).status_code == 403


def test_a_form_of_many_fields_is_refused_before_it_is_parsed(surfer: Surfer) -> None:
    fields = {f"field{number}": "x" for number in range(101)}
    for path in (ACCOUNT, "/console/signin", "/auth/email/login/form", "/auth/token"):
        assert surfer.post(path, fields).status_code == 400


def test_a_form_that_is_longer_than_any_page_has_is_not_repeated(app: Flask, signed_in: Surfer) -> None:
    for browser in (Surfer(app), signed_in):
        refused = browser.post(ACCOUNT, {"name": "<" * 100_000})
        assert refused.status_code == 403
        assert len(refused.data) < 10_000
