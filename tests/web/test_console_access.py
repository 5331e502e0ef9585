"""Every URL of the console for every kind of visitor. Each new page belongs into one of the groups below."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from src.domain.values import Role
from tests.support.world import Person, build, client_of, join
from tests.web.surfer import Surfer, forms_of

VISITORS = ["anonymous", "bearer", *(role.value for role in Role)]
EVERYBODY = {
    *("/", "/signin", "/signin/mail", "/signin/mail/sent", "/signin/code", "/signin/passkey", "/register"),
    *("/register/invited", "/forgot", "/appearance", "/guest", "/welcome"),
}
"""The pages of visitors without a session."""
GUESTS = {
    *("/account", "/account/delete", "/account/export", "/account/history", "/account/sessions/<id>/end"),
    *("/account/sessions/end-others", "/account/verify", "/signout"),
    *("/tasks", "/tasks/<id>", "/tasks/<id>/tick", "/tasks/<id>/remove"),
}
"""The pages of guests and members."""
MEMBERS = {
    *("/account/email", "/account/password", "/account/metadata", "/step-up"),
    *("/account/factors", "/account/factors/app", "/account/factors/passkey", "/account/factors/codes"),
    *("/account/factors/<id>/remove", "/account/keys", "/account/keys/<id>/delete"),
    *("/dogs", "/dogs/<name>", "/dogs/<name>/picture", "/dogs/<name>/remove"),
    *("/files", "/files/<id>/content", "/files/<id>/delete"),
}
UPLOADERS = {
    *("/datasets", "/datasets/<id>", "/datasets/<id>/rows", "/datasets/<id>/file", "/datasets/<id>/delete"),
    *("/datasets/<id>/check", "/datasets/<id>/cancel"),
}
READ_BY_AUDITORS = {
    *("/users", "/users/<id>", "/users/export", "/events", "/events/export", "/invitations", "/jobs", "/health"),
    *("/settings", "/webhooks", "/webhooks/<id>", "/keys"),
}
"""The pages of operators, whose forms only admins may send."""
ADMINS = {
    *(
        "/users/new",
        "/users/import",
        "/users/import/confirm",
        "/users/several",
        "/users/<id>/sessions/<session_id>/end",
    ),
    *(f"/users/<id>/{act}" for act in ("delete", "disable", "enable", "end-sessions", "reset-factors", "role")),
    *("/invitations/<id>/delete", "/jobs/<id>/cancel", "/jobs/<id>/retry"),
    *("/webhooks/new", "/webhooks/<id>/delete", "/webhooks/<id>/ping", "/webhooks/<id>/secret"),
    *("/webhooks/<id>/deliveries/<delivery_id>/retry", "/keys/<id>/delete", "/keys/<id>/secret"),
}
_ROLES = frozenset(role.value for role in Role)
READERS = {
    **dict.fromkeys(EVERYBODY, frozenset(VISITORS)),
    **dict.fromkeys(GUESTS, _ROLES),
    **dict.fromkeys(MEMBERS, _ROLES - {"guest"}),
    **dict.fromkeys(UPLOADERS, frozenset({"uploader", "admin"})),
    **dict.fromkeys(READ_BY_AUDITORS, frozenset({"auditor", "admin"})),
    **dict.fromkeys(ADMINS, frozenset({"admin"})),
}
"""The visitors who may open each URL."""
SENDERS = {**READERS, **dict.fromkeys(READ_BY_AUDITORS, frozenset({"admin"}))}
"""The visitors who may send the form to each URL."""


def urls(app: Flask, method: str) -> Iterator[str]:
    """Yield the rules of the console that take a method, below /console."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("web.console.") and method in (rule.methods or ()):
            yield rule.rule.removeprefix("/console")


@pytest.fixture(scope="module")
def people(app: Flask) -> dict[str, Person]:
    return {role.value: join(client_of(app), role.value) for role in Role}


@pytest.fixture(params=VISITORS)
def visitor(request: pytest.FixtureRequest, app: Flask, people: dict[str, Person]) -> tuple[str, Surfer]:
    """A visitor with a fresh session, or without one."""
    who, surfer = request.param, Surfer(app)
    if who == "guest":
        surfer.send("/console/guest", "/console/signin")
    elif who in people:
        surfer.sign_in(people[who].user["username"])
    return who, surfer


def test_every_url_of_the_console_is_in_one_group(app: Flask) -> None:
    assert {*urls(app, "GET"), *urls(app, "POST")} == {*READERS}


def test_every_page_is_shown_to_its_roles_only(visitor: tuple[str, Surfer], people: dict[str, Person]) -> None:
    who, surfer = visitor
    headers = people["admin"].headers if who == "bearer" else {}
    for url in urls(surfer.app, "GET"):
        answer = surfer.open(f"/console{re.sub('<.*?>', 'x', url)}", headers=headers)
        if who in READERS[url]:
            assert answer.status_code in (200, 303, 404), url
            assert not (answer.location or "").startswith("/console/signin"), url
        elif who in ("anonymous", "bearer"):
            assert (answer.status_code, answer.location.split("?")[0]) == (303, "/console/signin"), url
        else:
            assert answer.status_code == 403, url
        assert answer.headers["Cache-Control"] == "no-store" or answer.status_code == 303, url


def test_no_form_is_taken_from_others_nor_without_its_token(
    visitor: tuple[str, Surfer], people: dict[str, Person]
) -> None:
    who, surfer = visitor
    headers = people["admin"].headers if who == "bearer" else {}
    page = surfer.open("/console/account")
    csrf = forms_of(page).get("/console/signout", {}).get("csrf", "")
    for url in urls(surfer.app, "POST"):
        path = f"/console{re.sub('<.*?>', 'x', url)}"
        foreign = {**headers, "Origin": "https://evil.example"}
        assert surfer.post(path, {"csrf": csrf}, **foreign).status_code == 403, url
        if url not in EVERYBODY:
            assert surfer.post(path, {"name": "x"}, **headers).status_code == 403, url
        if who not in SENDERS[url]:
            refused = surfer.post(path, {"csrf": csrf}, **headers)
            assert refused.status_code == 403, url
            if who in people:  # nothing of the page is shown with the refusal
                assert {*forms_of(refused)} == {"/console/appearance", "/console/signout"}, url
    assert surfer.open("/console/account").status_code == page.status_code


def test_the_console_is_gone_when_it_is_off(app: Flask) -> None:
    off = Surfer(build(console=False))
    for url in (*urls(app, "GET"), *urls(app, "POST")):
        assert off.open(f"/console{url}").status_code == 404
