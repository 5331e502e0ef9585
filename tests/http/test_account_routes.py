"""The routes of accounts: registration, login, profile, password and deletion."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from src.application.caller import RECENT
from src.domain.errors import InsufficientAuthentication, Invalid, InvalidToken, WrongPassword
from src.domain.sessions import NO_CLIENT, Method, Proof
from src.domain.users import Claim
from src.domain.values import Email
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.stores.driver import Key
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import USERS
from tests.support.proofs import TWO, give_factor
from tests.support.working import caller_of
from tests.support.world import (
    HASHER,
    PASSWORD,
    TOKEN_FIELDS,
    USER_FIELDS,
    V1_FIELDS,
    Answer,
    Client,
    Person,
    build,
    client_of,
    errors_of,
    join,
    log_in,
    logged_in,
    registration,
    services_of,
    without_instance,
)

OTHER_PASSWORD = "a stapled battery"
FORBIDDEN_FIELDS = {
    "id": "0" * 32,
    "role": "admin",
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
    "password_hash": "x",
    "email_verified": True,
    "disabled": True,
    "state": "deleted",
    "session_epoch": 7,
    "revision": "x",
    "__class__": "x",
}


# Registering


@pytest.mark.parametrize("path", ["/register", "/auth/register", "/users"])
def test_registering_returns_the_whole_user(client: Client, path: str) -> None:
    body = registration(name="Anna", last_name="Ruiz")
    response = client.post(path, json=body)
    user = response.json
    assert response.status_code == 201
    assert set(user) == USER_FIELDS
    assert {name: user[name] for name in ("username", "email", "name", "last_name")} == {
        name: body[name] for name in ("username", "email", "name", "last_name")
    }
    assert (user["role"], user["email_verified"], user["disabled"]) == ("user", False, False)
    assert user["created_at"] == user["updated_at"]
    assert user["created_at"].endswith("Z")
    assert len(user["id"]) == 32
    assert response.headers["Location"] == f"/users/{user['id']}"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_email_is_optional_at_post_users_only(client: Client) -> None:
    for given in ({}, {"email": None}):
        body = {**registration(email=None), **given}
        assert client.post("/users", json=body).json["email"] is None
        assert client.post("/register", json=body).status_code == 422


def test_signing_up_returns_user_and_tokens_together(client: Client) -> None:
    response = client.post("/api/v1/auth/signup", json=registration())
    answer = response.json
    assert response.status_code == 201
    assert set(answer) == USER_FIELDS | V1_FIELDS
    assert answer["token"] == answer["accessToken"] == answer["access_token"]
    assert answer["refreshToken"] == answer["refresh_token"]
    assert response.headers["Location"] == f"/users/{answer['id']}"
    seen = client.get("/user", headers=Person(answer, answer["token"]).headers)
    assert seen.json == {name: answer[name] for name in USER_FIELDS}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"username": "\uff21\uff2eNA-\ufb01"}, {"username": "\uff21\uff2eNA-\ufb01"}),
        ({"username": "Ζωή.1"}, {"username": "Ζωή.1"}),
        ({"email": "Zoe@EXAMPLE.Com"}, {"email": "Zoe@example.com"}),
        ({"email": "zoe@Bücher.example.com"}, {"email": "zoe@bücher.example.com"}),
        ({"name": "  Zoë \U0001f33b", "last_name": ""}, {"name": "  Zoë \U0001f33b", "last_name": ""}),
        ({"name": "x" * 200}, {"name": "x" * 200}),
        (
            {"name": "\u0646\u200c\u0627 \u200f"},
            {"name": "\u0646\u200c\u0627 \u200f"},
        ),  # joiners and marks that scripts need
        ({}, {"name": None, "last_name": None}),
    ],
)
def test_names_are_stored_as_typed_and_domains_in_lower_case(
    client: Client, given: dict[str, str], kept: dict[str, str | None]
) -> None:
    user = client.post("/register", json=registration(**given)).json
    assert {name: user[name] for name in kept} == kept


def test_names_can_be_null(client: Client) -> None:
    body = {**registration(), "name": None, "last_name": None}
    user = client.post("/register", json=body).json
    assert (user["name"], user["last_name"]) == (None, None)


@pytest.mark.parametrize("path", ["/register", "/users", "/api/v1/auth/signup"])
def test_unknown_fields_are_ignored(client: Client, path: str) -> None:
    response = client.post(path, json=registration(**FORBIDDEN_FIELDS))
    assert response.status_code == 201
    user = response.json
    assert (user["role"], user["email_verified"], user["disabled"]) == ("user", False, False)
    assert user["id"] != FORBIDDEN_FIELDS["id"]
    assert user["created_at"] > "2020"


REQUIRED = {("username", "required"), ("email", "required"), ("password", "required")}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, REQUIRED),
        ([], {("body", "type")}),
        (
            {"username": 5, "email": ["a@b.co"], "password": None, "name": 1, "last_name": {}},
            {(name, "type") for name in ("username", "email", "password", "name", "last_name")},
        ),
        (
            {"username": "a@b", "email": "b", "password": True, "name": "x" * 201, "last_name": "a\nb"},
            {
                ("username", "characters"),
                ("email", "email"),
                ("password", "type"),
                ("name", "name"),
                ("last_name", "name"),
            },
        ),
        (
            {"username": "an", "email": "", "password": "short", "name": "a\u2028b"},
            {("username", "length"), ("email", "email"), ("password", "too_short"), ("name", "name")},
        ),
        ({**registration(), "username": None}, {("username", "type")}),
        (registration(username="a" * 33), {("username", "length")}),
        (registration(username="ﷺ" * 2), {("username", "length")}),  # 2 characters, 36 after NFKC
        (registration(username=".anna"), {("username", "start")}),
        (registration(username="\u0430nna"), {("username", "script")}),  # begins with a Cyrillic letter
        (registration(username="a" + "\u0301" * 26 + "nna"), {("username", "marks")}),
        (registration(username="anna ruiz"), {("username", "characters")}),
        (registration(username="an\u200bna"), {("username", "characters")}),
        (registration(email="anna@localhost"), {("email", "email")}),
        (registration(email="anna@test"), {("email", "email")}),
        (registration(email="anna@com"), {("email", "email")}),
        (registration(email="anna@example.com\n"), {("email", "email")}),
        (registration(password="x" * 7), {("password", "too_short")}),
        (registration(password="x" * 129), {("password", "too_long")}),
        (registration(password="password1"), {("password", "common")}),
        (registration(password="PassWord1"), {("password", "common")}),
        (registration(password="eeeeeeee"), {("password", "weak")}),
        (registration(password=" " * 8), {("password", "weak")}),
        (registration(password="Password1!"), {("password", "weak")}),
        (registration(username="zorglubina", password="zorglubina1"), {("password", "weak")}),
        (registration(username="anna.ruiz", password="ANNA.RUIZ"), {("password", "same_as_name")}),
        (registration(email="a@example.com", password="A@Example.com"), {("password", "same_as_name")}),
    ],
)
def test_every_bad_field_is_named_at_once(client: Client, body: Any, errors: set[tuple[str, str]]) -> None:
    response = client.post("/register", json=body)
    assert response.status_code == 422
    assert errors_of(response) == errors
    assert len(response.json["errors"]) == len(errors)


@pytest.mark.parametrize(
    "password",
    [
        "\U0001f33b\U0001f511\U0001f60e\U0001f33b\U0001f98a\U0001f33d\U0001f511\U0001f600",
        "".join(chr(0x1F300 + 37 * place % 128) for place in range(128)),
        " ñ  ñ ñ   ñ  ññ ñ   ñ",
        "éèéêéëèêëé" * 10,
        "\u0001\u0002\u0004\u0008\u0003\u0006\u000c\u0007",
    ],
)
def test_any_unicode_is_a_password_and_all_of_it_counts(client: Client, password: str) -> None:
    person = join(client, password=password)
    login = {"username": person.user["username"], "password": password[:-1]}
    assert client.post("/login", json=login).status_code == 401


@pytest.mark.parametrize("path", ["/login", "/auth/token", "/user/password"])
def test_a_password_is_the_same_in_every_canonical_form(client: Client, path: str) -> None:
    composed, decomposed = "contrase\u00f1a de \u00c5sa", "contrasen\u0303a de A\u030asa"
    anna = join(client, password=decomposed)
    credentials = {"username": anna.user["username"], "password": composed}
    if path == "/auth/token":
        assert client.post(path, data={"grant_type": "password", **credentials}).status_code == 200
    elif path == "/login":
        assert client.post(path, json=credentials).status_code == 200
    else:
        change = {"current_password": composed, "new_password": f"{decomposed} 2"}
        assert client.put(path, json=change, headers=anna.headers).status_code == 204
        assert log_in(client, anna, f"{composed} 2").status_code == 200


@pytest.mark.parametrize(
    ("again", "fields"),
    [
        ({"username": "Taken.Ñ", "email": "TAKEN@Example.com"}, {"username", "email"}),
        ({"username": "TAKEN.Ñ"}, {"username"}),
        ({"username": "\uff54aken.n\u0303"}, {"username"}),
        ({"email": "taken@EXAMPLE.COM"}, {"email"}),
    ],
)
def test_a_name_taken_in_another_spelling_returns_409(again: dict[str, str], fields: set[str]) -> None:
    client = client_of(build())
    join(client, username="taken.ñ", email="taken@example.com")
    for path in ("/register", "/users", "/api/v1/auth/signup"):
        response = client.post(path, json=registration(**again))
        assert response.status_code == 409
        assert errors_of(response) == {(field, "taken") for field in fields}
        assert len(response.json["errors"]) == len(fields)


def test_of_simultaneous_registrations_exactly_one_succeeds(app: Flask) -> None:
    body = registration()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client_of(app).post("/register", json=body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


# Logging in


@pytest.mark.parametrize("path", ["/login", "/auth/login", "/api/v1/auth/login", "/auth/token"])
@pytest.mark.parametrize(
    "login",
    ["Zoë.Ruiz", "ZOË.RUIZ", "Zoe\u0308.Ruiz", "\uff5aoë.Ruiz", "zoe@example.com", "ZOE@Example.COM"],
)
def test_any_spelling_of_username_or_email_logs_in(path: str, login: str) -> None:
    client = client_of(build())
    person = join(client, username="Zoë.Ruiz", email="Zoe@example.com")
    credentials = {"username": login, "password": PASSWORD}
    if path == "/auth/token":
        response = client.post(path, data={"grant_type": "password", **credentials})
    else:
        response = client.post(path, json=credentials)
    answer = response.json
    assert response.status_code == 200
    assert set(answer) == (V1_FIELDS | {"user"} if path.startswith("/api/v1") else TOKEN_FIELDS)
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 900)
    assert answer.get("user", person.user) == person.user
    assert answer.get("token", answer["access_token"]) == answer["access_token"]
    assert response.headers["Cache-Control"] == "no-store"
    assert client.get("/user", headers=Person({}, answer["access_token"]).headers).json == person.user


def test_login_accepts_the_field_email(client: Client, anna: Person) -> None:
    body = {"email": anna.user["email"], "password": PASSWORD}
    assert client.post("/login", json=body).status_code == 200
    assert client.post("/login", json={**body, "username": ""}).status_code == 200


def _set_disabled(app: Flask, person: Person, disabled: bool) -> None:
    services_of(app).administration.set_disabled(Claim("email", person.user["email"]), disabled)


@pytest.mark.parametrize("path", ["/login", "/auth/login", "/api/v1/auth/login", "/auth/token"])
def test_all_bad_credentials_return_the_same_response(app: Flask, client: Client, path: str) -> None:
    active, disabled, deleted = (join(client) for _ in range(3))
    _set_disabled(app, disabled, True)
    client.delete("/user", headers=deleted.headers)
    attempts = [
        (active.user["username"], PASSWORD + "x"),
        (active.user["username"], PASSWORD.upper()),
        (active.user["username"], "x" * 5000),
        (active.user["email"], "password"),
        (disabled.user["username"], PASSWORD),
        (deleted.user["username"], PASSWORD),
        (active.user["id"], PASSWORD),
        ("nobody", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("not @ name", PASSWORD),
        ("x" * 5000, PASSWORD),
    ]

    def attempt(username: str, password: str) -> Answer:
        credentials = {"username": username, "password": password}
        if path == "/auth/token":
            return client.post(path, data={"grant_type": "password", **credentials})
        return client.post(path, json=credentials)

    answers = [attempt(*each) for each in attempts]
    assert {answer.status_code for answer in answers} == {400 if path == "/auth/token" else 401}
    assert all(without_instance(answer) == without_instance(answers[0]) for answer in answers)
    assert len({tuple(answer.headers.keys()) for answer in answers}) == 1
    if path != "/auth/token":
        assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}


@pytest.mark.parametrize("path", ["/login", "/api/v1/auth/login"])
@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {("username", "required"), ("password", "required")}),
        ({"username": "", "email": "", "password": ""}, {("username", "required")}),
        ({"username": "anna"}, {("password", "required")}),
        ({"password": PASSWORD}, {("username", "required")}),
        (
            {"username": 1, "email": [], "password": {}},
            {("username", "type"), ("email", "type"), ("password", "type")},
        ),
        ({"email": 1, "password": PASSWORD}, {("email", "type")}),
        ({"username": None, "password": None}, {("username", "type"), ("password", "type")}),
    ],
)
def test_a_login_without_name_or_password_returns_422(
    client: Client, path: str, body: dict[str, Any], errors: set[tuple[str, str]]
) -> None:
    response = client.post(path, json=body)
    assert response.status_code == 422
    assert errors_of(response) == errors


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "Password", "username": "anna", "password": "x"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "password", "username": "anna"}, "invalid_request"),
        ({"grant_type": "password", "username": "anna", "password": ""}, "invalid_request"),
        ({"grant_type": ["password", "password"], "username": "anna", "password": "x"}, "invalid_request"),
        ({"grant_type": "password", "username": ["anna", "ben"], "password": "x"}, "invalid_request"),
        ({"grant_type": "password", "username": "anna\0", "password": "x"}, "invalid_request"),
        ({"grant_type": "password", "username": "anna", "password": "x", "scope": "all"}, "invalid_grant"),
        ({"grant_type": "password", "username": "anna", "password": "x", "client_id": "1"}, "invalid_grant"),
    ],
)
def test_the_token_endpoint_returns_the_error_codes_of_oauth2(client: Client, form: dict[str, Any], error: str) -> None:
    response = client.post("/auth/token", data=form)
    assert response.status_code == 400
    assert response.json["error"] == error
    assert response.json["type"] == f"/problems/{error.replace('_', '-')}"


# Seeing and changing yourself


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/user"), ("GET", "/auth/whoami"), ("GET", "/api/v1/auth/whoami"), ("POST", "/api/v1/auth/whoami")],
)
def test_every_alias_of_get_user_returns_the_caller(client: Client, anna: Person, method: str, path: str) -> None:
    response = client.open(path, method=method, headers=anna.headers)
    assert response.status_code == 200
    assert response.json == anna.user
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["ETag"] == client.get("/user", headers=anna.headers).headers["ETag"]


@pytest.fixture(params=["PUT", "PATCH"])
def change(client: Client, anna: Person, request: pytest.FixtureRequest) -> Callable[..., Answer]:
    def send(body: Any, if_match: str | None = None) -> Answer:
        headers = anna.headers | ({"If-Match": if_match} if if_match is not None else {})
        return client.open("/user", method=request.param, json=body, headers=headers)

    return send


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "Ann"}, {"name": "Ann"}),
        ({"name": None, "last_name": "R"}, {"name": None, "last_name": "R"}),
        ({"username": "Changed.1"}, {"username": "Changed.1"}),
        ({"email": "Changed@EXAMPLE.com"}, {"email": "Changed@example.com"}),
        ({"name": "Ann", **FORBIDDEN_FIELDS}, {"name": "Ann"}),
    ],
)
def test_only_what_is_given_changes(body: dict[str, Any], expected: dict[str, Any]) -> None:
    client = client_of(build())
    for method in ("PUT", "PATCH"):
        anna = join(client, name="Anna", last_name="Ruiz")
        response = client.open("/user", method=method, json=body, headers=anna.headers)
        assert response.status_code == 200
        assert response.json == {**anna.user, **expected, "updated_at": response.json["updated_at"]}
        assert response.json["updated_at"] > anna.user["updated_at"]
        seen = client.get("/user", headers=anna.headers)
        assert (seen.json, seen.headers["ETag"]) == (response.json, response.headers["ETag"])
        client.delete("/user", headers=anna.headers)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {("body", "empty")}),
        (FORBIDDEN_FIELDS, {("body", "empty")}),
        ({"Username": "anna"}, {("body", "empty")}),
        ("name", {("body", "type")}),
        ({"username": None, "email": None}, {("username", "type"), ("email", "type")}),
        (
            {"username": "a", "email": 5, "name": False, "last_name": "\t"},
            {("username", "length"), ("email", "type"), ("name", "type"), ("last_name", "name")},
        ),
    ],
)
def test_a_bad_change_changes_nothing(
    client: Client, anna: Person, change: Callable[..., Answer], body: Any, errors: set[tuple[str, str]]
) -> None:
    response = change(body)
    assert response.status_code == 422
    assert errors_of(response) == errors
    assert client.get("/user", headers=anna.headers).json == anna.user


def test_changing_to_a_taken_name_returns_409(client: Client, change: Callable[..., Answer]) -> None:
    ben = join(client).user
    for fields in ({"username"}, {"email"}, {"username", "email"}):
        response = change({"name": "x", **{field: ben[field].upper() for field in fields}})
        assert response.status_code == 409
        assert errors_of(response) == {(field, "taken") for field in fields}


def test_a_user_can_change_the_spelling_of_its_own_name(anna: Person, change: Callable[..., Answer]) -> None:
    names = {field: anna.user[field].upper() for field in ("username", "email")}
    response = change(names)
    assert response.status_code == 200
    assert response.json["username"] == names["username"]
    assert change({"username": anna.user["username"]}).status_code == 200


def test_a_new_email_is_not_verified(app: Flask, anna: Person, change: Callable[..., Answer]) -> None:
    services_of(app).accounts.accounts.change(anna.user["id"], lambda user: replace(user, email_verified=True))
    assert change({"email": anna.user["email"]}).json["email_verified"] is True
    assert change({"email": f"new.{anna.user['email']}"}).json["email_verified"] is False


def test_a_name_given_up_can_be_registered_again(client: Client, anna: Person, change: Callable[..., Answer]) -> None:
    change({"username": f"new.{anna.user['username']}", "email": f"new.{anna.user['email']}"})
    join(client, username=anna.user["username"], email=anna.user["email"])


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ('"{0}"', 200),
        ("*", 200),
        ('"other", "{0}"', 200),
        ('"other","{0}",', 200),
        ('W/"{0}"', 412),
        ('"other", W/"{0}"', 412),
        ('"other"', 412),
        ('"*"', 412),
        ("", 412),
        ('"', 412),
        ('"{0}', 412),
        ('{0}"', 412),
        ('x"{0}"', 412),
        ('"{0}" x', 412),
        ("**", 412),
    ],
)
def test_if_match_refuses_a_change_of_another_revision(
    client: Client, anna: Person, change: Callable[..., Answer], if_match: str, status: int
) -> None:
    etag = client.get("/user", headers=anna.headers).headers["ETag"]
    assert change({"name": "Ann"}, if_match.format(etag.strip('"'))).status_code == status
    assert change({"name": "Late"}, etag).status_code == (412 if status == 200 else 200)


# What ends a token: a new password, deletion, disabling


def _gone(client: Client, person: Person) -> bool:
    """Return whether the token is rejected."""
    response = client.get("/user", headers=person.headers)
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    return response.status_code == 401


def test_a_new_password_ends_every_other_session(client: Client, anna: Person) -> None:
    other = logged_in(client, anna)
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert client.put("/user/password", json=body, headers=anna.headers).status_code == 204
    assert not _gone(client, anna)
    assert _gone(client, other)
    assert client.post("/auth/refresh", json={"refresh_token": other.refresh}).status_code == 401
    assert client.post("/auth/refresh", json={"refresh_token": anna.refresh}).status_code == 200
    assert log_in(client, anna).status_code == 401
    again = Person(anna.user, log_in(client, anna, OTHER_PASSWORD).json["access_token"])
    assert not _gone(client, again)


@pytest.mark.parametrize("current", [PASSWORD.upper(), PASSWORD + " ", "", "x" * 10_000])
def test_a_wrong_current_password_returns_403(client: Client, anna: Person, current: str) -> None:
    body = {"current_password": current, "new_password": OTHER_PASSWORD}
    response = client.put("/user/password", json=body, headers=anna.headers)
    assert response.status_code == 403
    assert response.json["type"] == "/problems/wrong-password"
    assert not _gone(client, anna)
    assert log_in(client, anna).status_code == 200


def test_a_password_that_changes_while_it_is_verified_is_not_changed_again(app: Flask, anna: Person) -> None:
    service = services_of(app).accounts
    user = service.users.get(anna.user["id"])
    assert user
    new = service.passwords.check_form(OTHER_PASSWORD)
    ended = service.users.update(user.id, lambda stored: stored.without_sessions(service.clock()))
    with pytest.raises(WrongPassword):
        service.change_password(caller_of(user), PASSWORD, new, NO_CLIENT)
    service.users.update(user.id, lambda stored: replace(stored, disabled=True))
    with pytest.raises(InvalidToken):
        service.change_password(caller_of(ended), PASSWORD, new, NO_CLIENT)
    service.users.update(user.id, lambda stored: replace(stored, disabled=False))
    service.change_password(caller_of(ended), PASSWORD, new, NO_CLIENT)


def test_an_address_that_changes_meanwhile_is_changed_back_with_the_password_only(app: Flask, anna: Person) -> None:
    service = services_of(app).accounts
    user = service.users.get(anna.user["id"])
    assert user
    service.users.update(user.id, lambda stored: replace(stored, email=Email(f"new.{anna.user['email']}")))
    caller = caller_of(user, Proof((Method.PASSWORD,), service.clock() - 2 * RECENT))
    with pytest.raises(Invalid) as refused:
        service.change(caller, user.id, {"email": user.email}, None, None, NO_CLIENT)
    assert [each.field for each in refused.value.errors] == ["current_password"]
    service.change(caller, user.id, {"name": "Anna"}, None, None, NO_CLIENT)


def test_a_user_with_factors_changes_the_password_after_a_proof_of_two_only(app: Flask, anna: Person) -> None:
    """The use case checks it too, because it has other callers than this route."""
    give_factor(client_of(app), anna)
    service = services_of(app).accounts
    user = service.users.get(anna.user["id"])
    assert user
    new = service.passwords.check_form(OTHER_PASSWORD)
    with pytest.raises(InsufficientAuthentication):
        service.change_password(caller_of(user), PASSWORD, new, NO_CLIENT)
    service.change_password(replace(caller_of(user), proof=Proof(TWO, service.clock())), PASSWORD, new, NO_CLIENT)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {("current_password", "required"), ("new_password", "required")}),
        ({"current_password": 1, "new_password": "x"}, {("current_password", "type"), ("new_password", "too_short")}),
        ({"current_password": "wrong", "new_password": "x" * 129}, {("new_password", "too_long")}),
        ({"current_password": PASSWORD, "new_password": "password1"}, {("new_password", "common")}),
        ({"current_password": PASSWORD, "new_password": "{username}"}, {("new_password", "same_as_name")}),
        ({"current_password": PASSWORD, "new_password": "{email}"}, {("new_password", "same_as_name")}),
    ],
)
def test_a_new_password_against_the_policy_returns_422(
    client: Client, body: dict[str, Any], errors: set[tuple[str, str]]
) -> None:
    anna = join(client, username=registration()["username"] + ".ruiz")
    sent = {name: value.format(**anna.user) if isinstance(value, str) else value for name, value in body.items()}
    response = client.put("/user/password", json=sent, headers=anna.headers)
    assert response.status_code == 422
    assert errors_of(response) == errors
    assert not _gone(client, anna)


def test_deleting_an_account_ends_its_sessions_and_frees_its_names(client: Client, anna: Person) -> None:
    other = Person(anna.user, log_in(client, anna).json["access_token"])
    assert client.delete("/user", headers=anna.headers).status_code == 204
    assert _gone(client, anna)
    assert _gone(client, other)
    assert client.delete("/user", headers=anna.headers).status_code == 401
    assert log_in(client, anna).status_code == 401
    again = join(client, username=anna.user["username"], email=anna.user["email"])
    assert again.user["id"] != anna.user["id"]
    assert _gone(client, anna)


def test_a_deleted_account_leaves_only_its_id() -> None:
    store = MemoryStore()
    client = client_of(build(store))
    anna = join(client, name="Anna", last_name="Ruiz")
    client.delete("/user", headers=anna.headers)
    [left] = store.get(Key(USERS, anna.user["id"]))
    assert left
    for name in ("username", "username_key", "email", "name", "last_name", "password_hash"):
        assert left.fields[name] is None


def test_disabling_ends_every_session_and_enabling_restores_none(app: Flask, client: Client, anna: Person) -> None:
    _set_disabled(app, anna, True)
    assert _gone(client, anna)
    assert log_in(client, anna).status_code == 401
    _set_disabled(app, anna, False)
    assert _gone(client, anna)
    assert log_in(client, anna).status_code == 200


def test_login_renews_a_hash_made_with_other_parameters() -> None:
    store = MemoryStore()
    anna = join(client_of(build(store)))
    stronger = type(HASHER)(time_cost=2, memory_cost=16, parallelism=1)
    client = client_of(build(store, hasher=Argon2Hasher(stronger, at_once=4)))
    assert log_in(client, anna).status_code == 200
    [kept] = store.get(Key(USERS, anna.user["id"]))
    assert kept
    assert "m=16,t=2,p=1" in kept.fields["password_hash"]
    assert not _gone(client, anna)
    assert log_in(client, anna).status_code == 200
