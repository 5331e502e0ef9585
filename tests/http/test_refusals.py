"""Error messages that say what to send instead, and lenient handling of other clients' requests."""

from typing import Any

import pytest

from tests.support.world import PASSWORD, TOKEN_FIELDS, Client, Person, build, client_of, join, registration

LOGINS = ["/login", "/auth/login", "/api/v1/auth/login"]


@pytest.mark.parametrize("path", LOGINS)
@pytest.mark.parametrize("field", ["username", "email"])
def test_a_login_may_be_form_encoded(client: Client, anna: Person, path: str, field: str) -> None:
    form = {"grant_type": "password", field: anna.user[field], "password": PASSWORD, "scope": ""}
    answer = client.post(path, data=form)
    assert answer.status_code == 200
    assert set(answer.json) >= TOKEN_FIELDS
    wrong = client.post(path, data={**form, "password": "wrong"})
    assert (wrong.status_code, wrong.json["type"].rpartition("/")[2]) == (401, "invalid-credentials")


@pytest.mark.parametrize("path", LOGINS)
def test_a_form_encoded_login_is_checked_like_one_in_json(client: Client, path: str) -> None:
    answer = client.post(path, data={"username": "anna"})
    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json["errors"]] == [("password", "required")]
    repeated = client.post(path, data="password=a&password=b", content_type="application/x-www-form-urlencoded")
    assert [(each["field"], each["code"]) for each in repeated.json["errors"]] == [("password", "repeated")]
    assert client.post(path, data=b"x", content_type="text/plain").status_code == 415


def test_only_logins_take_forms(client: Client) -> None:
    for path in ("/register", "/session", "/auth/refresh"):
        answer = client.post(path, data=registration())
        assert (answer.status_code, answer.json["detail"]) == (415, "Send the body as application/json.")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("body", [{}, {"name": "Anna"}])
def test_a_password_in_a_change_of_the_profile_is_refused(
    client: Client, anna: Person, method: str, body: dict[str, Any]
) -> None:
    for path in ("/user", f"/users/{anna.user['id']}"):
        answer = client.open(path, method=method, json={**body, "password": "another good one"}, headers=anna.headers)
        assert answer.status_code == 422
        assert answer.json["errors"] == [
            {"field": "password", "code": "elsewhere", "message": "Set a new password with PUT /user/password."}
        ]
    assert client.get("/user", headers=anna.headers).json == anna.user


@pytest.mark.parametrize("password", ["test123", "password1"])
def test_a_refused_password_names_all_settings_that_take_it_in_development(client: Client, password: str) -> None:
    [error] = client.post("/register", json=registration(password=password)).json["errors"]
    assert "`cp examples/brief-b.env .env` sets PASSWORD_MIN_LENGTH=6 and PASSWORD_BLOCKLIST=off" in error["message"]


@pytest.mark.parametrize("development", [True, False])
@pytest.mark.parametrize(("path", "role"), [("/api/users", "admin"), ("/datasets", "uploader")])
def test_a_forbidden_answer_says_how_to_get_the_role_in_development_only(
    path: str, role: str, development: bool
) -> None:
    client = client_of(build(development=development))
    anna = join(client)
    command = f"./portero users role {anna.user['username']} {role}"
    for language, beginning in (("en", "This is for "), ("es", "Esto es para ")):
        answer = client.post(path, headers={**anna.headers, "Accept-Language": language})
        assert answer.status_code == 403
        assert answer.json["detail"].startswith(beginning)
        assert answer.json["detail"].endswith(command) == development
        assert ("./portero" in answer.text) == development
