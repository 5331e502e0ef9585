"""The pages of one's own data, of the first start, of invitations and of errors."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.domain.metadata import merge_patch, merged
from src.infrastructure.stores.memory import MemoryStore
from tests.support.world import PASSWORD, SECRET, Person, build, client_of, crash, join, services_of
from tests.web.surfer import Surfer, forms_of, said

HISTORY, METADATA = "/console/account/history", "/console/account/metadata"


def invitation(app: Flask, email: str, role: str = "user") -> str:
    """Return the path of the link of a new invitation."""
    api = client_of(app)
    admin = join(api, "admin")
    made = api.post("/invitations", json={"email": email, "role": role}, headers=admin.headers)
    return "/" + str(made.json["url"]).split("/", 3)[3]


# History and metadata


def test_the_history_says_in_words_what_happened(signed_in: Surfer, anna: Person) -> None:
    FlaskClient(signed_in.app).post("/login", json={"username": anna.user["username"], "password": "wrong"})
    signed_in.send("/console/account", name="Ana")
    words = said(signed_in.open(HISTORY))
    assert "Signed in with a password" in words
    assert "The profile was changed" in words
    signed_in.browser.set_cookie("language", "es")
    assert "Entró con contraseña" in said(signed_in.open(HISTORY))


def test_the_history_shows_no_markup(app: Flask) -> None:
    ben, hostile = join(client_of(app)), {"User-Agent": "<script>alert(1)</script>"}
    login = {"username": ben.user["username"], "password": PASSWORD}
    FlaskClient(app).post("/login", json=login, headers=hostile)
    other = Surfer(app)
    other.sign_in(ben.user["username"])
    assert "<script>alert" not in other.open(HISTORY).text


def test_a_long_history_is_paged(signed_in: Surfer, anna: Person) -> None:
    for number in range(51):
        FlaskClient(signed_in.app).put("/user", json={"name": f"Ana {number}"}, headers=anna.headers)
    [older] = re.findall(r'href="(/console/account/history\?cursor=[^"]*)"', signed_in.open(HISTORY).text)
    assert "Registered" in said(signed_in.open(older))


def test_metadata_is_replaced_whole(signed_in: Surfer, anna: Person) -> None:
    for text in ('{"a": {"b": 1, "c": [1, null]}, "d": "ñ"}', '{"a": {"c": 2}}', "{}"):
        assert signed_in.send(METADATA, metadata=text).location == "/console/account?done=metadata"
        api = FlaskClient(signed_in.app).get("/user", headers=anna.headers)
        assert api.json
        assert api.json["metadata"] == json.loads(text)


@pytest.mark.parametrize(
    "text", ["", "[1]", "{", '{"a": 1, "a": 2}', '"x"', '{"a": "\\ud800"}', "[" * 9000, '{"a": ' * 9 + "1" + "}" * 9]
)
def test_wrong_metadata_stays_in_the_form(signed_in: Surfer, text: str) -> None:
    refused = signed_in.send(METADATA, metadata=text)
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    assert len(text) > 100 or not text or text in refused.text.replace("&#34;", '"')


def test_metadata_that_changed_in_another_tab_is_a_choice_and_never_markup(signed_in: Surfer) -> None:
    page = signed_in.open(METADATA)
    hostile = "</textarea><script>alert(1)</script>"
    signed_in.send(METADATA, metadata=json.dumps({"theirs": hostile}))
    conflict = signed_in.send(METADATA, page, metadata='{"mine": 1}')
    assert (conflict.status_code, "mine" in said(conflict), "theirs" in said(conflict)) == (412, True, True)
    assert "<script>alert" not in conflict.text + signed_in.open(METADATA).text
    assert signed_in.send(METADATA, conflict, metadata='{"mine": 1}').status_code == 303
    assert "theirs" not in said(signed_in.open(METADATA))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}),
        ({"a": 1}, {"a": {"b": {}}}),
        ({"a": {"b": 1}}, {"a": 2}),
    ],
)
def test_a_merge_patch_turns_one_object_into_another(old: dict[str, object], new: dict[str, object]) -> None:
    assert merged(old, merge_patch(old, new)) == new


# Invitations


@pytest.mark.parametrize("mode", ["open", "closed"])
def test_the_link_of_an_invitation_leads_to_a_page_that_registers_and_signs_in(mode: str) -> None:
    store = MemoryStore()
    link = invitation(build(store), "ana@example.com", "uploader")
    surfer = Surfer(build(store, settings={"registration": mode}))
    moved = surfer.open(link)
    assert (moved.status_code, moved.location.split("=")[0]) == (303, "/console/register?invitation")
    page = surfer.open(moved.location)
    assert "ana@example.com" in said(page)
    weak = surfer.send("/console/register/invited", page, username="ana", password="short")
    assert (weak.status_code, "ana@example.com" in said(weak)) == (422, True)
    done = surfer.send("/console/register/invited", weak, username="ana", password=PASSWORD)
    assert done.location == "/console/account"
    user = json.loads(surfer.open("/console/account/export").data)["user"]
    assert (user["email"], user["role"]) == ("ana@example.com", "uploader")
    spent = Surfer(surfer.app).send("/console/register/invited", page, username="other", password=PASSWORD)
    assert (spent.status_code, "ask for a new one" in said(spent)) == (422, True)


def test_a_guest_keeps_its_data_when_it_accepts_an_invitation(app: Flask, surfer: Surfer) -> None:
    surfer.send("/console/guest", "/console/signin")
    guest = json.loads(surfer.open("/console/account/export").data)["user"]["id"]
    page = surfer.open(surfer.open(invitation(app, "gast@example.com")).location)
    surfer.send("/console/register/invited", page, username="gast", password=PASSWORD)
    assert json.loads(surfer.open("/console/account/export").data)["user"]["id"] == guest


def test_a_wrong_invitation_is_said_and_names_nobody(surfer: Surfer) -> None:
    page = surfer.open("/console/register?invitation=<script>")
    assert (page.status_code, "ask for a new one" in said(page), "<script>" in page.text) == (200, True, False)


# The first start


def test_a_first_start_shows_how_to_make_an_admin_and_makes_none() -> None:
    app = build()
    surfer = Surfer(app)
    assert 'href="/console/welcome"' in surfer.open("/console/signin").text
    page = surfer.open("/console/welcome")
    assert "./portero admin create" in said(page)
    assert "/console/welcome" not in forms_of(page)
    join(client_of(app), "admin")
    assert "/console/welcome" not in surfer.open("/console/signin").text


def test_strangers_learn_nothing_of_admins_where_the_console_of_operators_is_off() -> None:
    assert "/console/welcome" not in Surfer(build(console_admin=False)).open("/console/signin").text


# Errors


def test_an_unknown_page_is_said_in_the_frame_of_the_visitor(signed_in: Surfer) -> None:
    for surfer, menu in ((signed_in, True), (Surfer(signed_in.app), False)):
        page = surfer.open("/console/<script>alert(1)</script>?done=<b>")
        assert (page.status_code, "There is no door here" in said(page)) == (404, True)
        assert ("/console/signout" in forms_of(page)) is menu
        assert "<script>" not in page.text
    api = FlaskClient(signed_in.app).get("/console/x", headers={"Accept": "application/json"})
    assert (api.status_code, api.mimetype) == (404, "application/problem+json")


def test_a_crash_is_said_with_its_number_and_without_its_reason(
    signed_in: Surfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(services_of(signed_in.app).tasks), "list", crash)
    page = signed_in.open("/console/tasks", headers={"X-Request-Id": "281257654478262365b4e4685762b4a9"})
    assert (page.status_code, "281257654478262365b4e4685762b4a9" in said(page)) == (500, True)
    assert SECRET not in page.text
    assert "/console/signout" in forms_of(page)  # the page shows who is signed in
    monkeypatch.setattr(type(services_of(signed_in.app).browsers), "authenticate", crash)
    page = signed_in.open("/console/tasks")
    assert (page.status_code, "/console/signout" in forms_of(page)) == (500, False)
