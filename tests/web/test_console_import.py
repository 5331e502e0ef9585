"""The page on which admins import users of another system, without scripts."""

import csv
import io
import json
from pathlib import Path

import pytest
from flask import Flask

from src.domain.values import Role
from src.interfaces.web.console import user_import
from tests.support import exports
from tests.support.remote import FakeProvider
from tests.support.second_steps import give_phone
from tests.support.working import Watch
from tests.support.world import build, client_of, join, services_of
from tests.web.operators import HOSTILE, operator
from tests.web.surfer import Surfer, forms_of, said
from tests.web.test_console_files import send_file

IMPORT, CONFIRM = "/console/users/import", "/console/users/import/confirm"
[HASH, *_] = exports.hashes("django")


@pytest.fixture(scope="module")
def app() -> Flask:
    return build()


@pytest.fixture(scope="module")
def admin(app: Flask) -> Surfer:
    return operator(app)[0]


def table(*rows: tuple[str, ...]) -> bytes:
    """Return a CSV file of users with a username, an address, a hash, a role and a phone number."""
    text = io.StringIO()
    csv.writer(text).writerows([("username", "email", "password", "role", "phone"), *rows])
    return text.getvalue().encode()


def listed(app: Flask, role: Role | None = None) -> set[str]:
    return {user.username.key for user in services_of(app).administration.list_users(role).items if user.username}


def test_a_file_is_shown_first_and_then_those_are_imported_who_can_be(app: Flask, admin: Surfer) -> None:
    taken, both = join(client_of(app)).user["username"], join(client_of(app), email="both@x.org").user["username"]
    file = table(
        ("Nina", "nina@x.org", HASH, "uploader", "1"),
        ("bad name", "", HASH, "", ""),
        (taken, "", "", "", ""),
        (both, "both@x.org"),
    )
    before = listed(app)
    preview = send_file(admin, IMPORT, file)
    assert listed(app) == before
    for text in (
        "Would be imported1",
        "Would be refused3",
        "nina@x.org",
        "username: Use letters",
        "username: a user of this service has it.",
        "email, username: a user of this service has it.",
    ):
        assert text in said(preview)
    assert HASH not in preview.text
    done = admin.send(CONFIRM, preview)
    assert "Imported: 1. Already there: 0. Refused: 3." in said(done)
    assert listed(app) == before | {"nina"}
    login = {"username": "nina", "password": exports.PASSWORD}
    assert client_of(app).post("/login", json=login).status_code == 200
    assert listed(app, Role.UPLOADER) == {"nina"}
    again = admin.send(CONFIRM, preview)
    assert "Imported: 0. Already there: 1." in said(again)
    events = services_of(app).events.events.find(limit=10).items
    [event] = [each for each in events if each.type == "users-imported"]
    assert (event.actor.kind, event.data, bool(event.session_id)) == ("admin", {"count": 1}, True)


def test_an_import_that_takes_long_is_continued_by_further_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    app = build()
    admin, _ = operator(app)
    monkeypatch.setattr(user_import, "SECONDS", 0)  # a batch for each request
    page = send_file(admin, IMPORT, table(*((f"person{n}", "", HASH) for n in range(250)), ("bad name", "", HASH)))
    for stored, present, left in ((100, 0, 150), (100, 100, 50), (50, 200, 0)):
        page = admin.send(CONFIRM, page)
        assert f"Imported: {stored}. Already there: {present}. Refused: 1." in said(page)
        assert (f"Import these people: {left}" in said(page)) == (left > 0)
    assert CONFIRM not in forms_of(page)
    found = services_of(app).administration.list_users(limit=500).items
    assert sum(user.username.key.startswith("person") for user in found if user.username) == 250
    events = services_of(app).events.events.find(limit=10).items
    assert sorted(each.data["count"] for each in events if each.type == "users-imported") == [50, 100, 100]


@pytest.mark.parametrize("system", exports.SYSTEMS)
def test_the_export_of_every_system_is_read(admin: Surfer, system: str, tmp_path: Path) -> None:
    content = Path(exports.write(system, tmp_path / "export", [*exports.users(system, 3)])).read_bytes()
    given = exports.OPTIONS.get(system, ())
    names = {"--hash-key": "signer_key", "--flask-security-salt": "flask_security_salt"}
    options = {
        names.get(name, name.strip("-").replace("-", "_")): value
        for name, value in zip(given[::2], given[1::2], strict=True)
    }
    preview = send_file(admin, IMPORT, content, system=system, **options)
    assert "Would be imported3" in said(preview)
    assert not any(value in preview.text for name, value in options.items() if name in names.values())


@pytest.mark.parametrize(
    ("content", "said_why"),
    [
        (b"\xff", "it is not UTF-8"),
        (b"{", "line 1 is not JSON"),
        (b"a,b\n1,2\n", "its first line names no column"),
        (b"username\n" + b"a\n" * 4, "it has more than 3 users"),
        (b"username\n" + b"a\n" * 4 + b'"not read any more', "it has more than 3 users"),
        (b"username\n" + b"a" * 200, "too large"),
    ],
)
def test_what_is_no_export_or_is_too_large_is_refused(
    admin: Surfer, monkeypatch: pytest.MonkeyPatch, content: bytes, said_why: str
) -> None:
    monkeypatch.setattr(user_import, "MOST_USERS", 3)
    monkeypatch.setattr(user_import, "MOST_BYTES", 100)
    refused = send_file(admin, IMPORT, content)
    assert refused.status_code in (413, 422)
    assert said_why in said(refused)
    assert CONFIRM not in forms_of(refused)


@pytest.mark.parametrize("name", ["metadata", "claims", "factors", "keys"])
@pytest.mark.parametrize("text", ["\ud800", "\0"])
def test_a_text_that_cannot_be_stored_refuses_its_user_wherever_it_stands(admin: Surfer, name: str, text: str) -> None:
    for value in ({"a": [text]}, {text: 1}):
        preview = send_file(admin, IMPORT, json.dumps([{"username": "zoe", name: value}]).encode())
        assert f"{name}: this is not a text that can be stored" in said(preview)


def test_a_preview_is_of_its_admin_only_and_cannot_be_forged(app: Flask, admin: Surfer) -> None:
    preview = send_file(admin, IMPORT, table(("zoe", "", "", "admin", "")))
    other, _ = operator(app)
    csrf = forms_of(other.open(IMPORT))["/console/signout"]["csrf"]
    for sealed in (forms_of(preview)[CONFIRM]["sealed"], "x", ""):
        assert other.post(CONFIRM, {"csrf": csrf, "sealed": sealed}).status_code == 422
    assert "zoe" not in listed(app)


def test_an_import_asks_an_admin_with_a_factor_for_it_first() -> None:
    watch = Watch()
    app = build(clock=watch)
    surfer, admin = operator(app)
    preview = send_file(surfer, IMPORT, table(("zoe", "", "", "admin", "")))
    give_phone(app, admin.user["id"])
    assert surfer.open(IMPORT).location == f"/console/step-up?next={IMPORT.replace('/', '%2F')}"
    asked = surfer.send(CONFIRM, preview)
    assert (asked.status_code, "Confirm that it is you" in asked.text) == (403, True)
    assert "zoe" not in listed(app)


def test_auditors_and_members_import_nobody(app: Flask, admin: Surfer) -> None:
    preview = send_file(admin, IMPORT, table(("zoe", "", "", "admin", "")))
    sealed = forms_of(preview)[CONFIRM]["sealed"]
    for role in ("auditor", "user"):
        surfer, _ = operator(app, role)
        csrf = forms_of(surfer.open("/console/account"))["/console/signout"]["csrf"]
        assert surfer.open(IMPORT).status_code == 403
        assert surfer.post(CONFIRM, {"csrf": csrf, "sealed": sealed}).status_code == 403
    assert IMPORT not in operator(app, "auditor")[0].open("/console/users").text
    assert "zoe" not in listed(app)


def test_what_a_file_holds_is_text_on_the_page_and_reasons_are_in_spanish(app: Flask, admin: Surfer) -> None:
    content = table((HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE), ("yan{{7777*7}}", "", "", "", ""))
    shown = send_file(admin, IMPORT, content).text
    assert "<script>alert" not in shown
    assert "54439" not in shown
    admin.browser.set_cookie("language", "es")
    spanish = send_file(admin, IMPORT, table(("ok-name", "", "plain", "", "")))
    admin.browser.delete_cookie("language")
    assert "línea 2" in said(spanish)
    assert "password: No es un hash que se pueda comprobar." in said(spanish)


def test_where_a_provider_keeps_the_passwords_the_page_says_how_to_import() -> None:
    surfer, _ = operator(build(remote=FakeProvider()))
    assert "firebase auth:import" in said(send_file(surfer, IMPORT, table(("zoe", "", "", "", ""))))
