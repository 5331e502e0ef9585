"""The proof that each operation asks of callers with factors, and of callers whose role needs two factors."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from flask import Flask

from src.domain.values import Role
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Operation, StepUp
from tests.support.access import AUDITOR, CANONICAL, ask, body_for, row_of, status_of, tables_of
from tests.support.proofs import LONG_AGO, ONE, TWO, give_factor, with_proof
from tests.support.world import PASSWORD, Answer, Client, Person, Provider, build, client_of, join, place, registration

PROOFS = [*product((ONE, TWO), (timedelta(), LONG_AGO))]
"""The methods of a proof, and its age."""
WEAKEST = (ONE, LONG_AGO)
MFA_ROLES = (Role.UPLOADER, Role.AUDITOR, Role.ADMIN)
CHALLENGE = 'Bearer error="insufficient_user_authentication", acr_values="aal2"'
CHALLENGES = {StepUp.TWO_FACTORS: CHALLENGE, StepUp.RECENT: f'{CHALLENGE}, max_age="600"'}

WITH_FACTORS = {("/auth/step-up", 200): 422, ("/user/factors/recovery-codes", 422): 201}
"""The status of paths whose answer depends on whether the caller has factors, by the status without them."""
ENROLMENTS = ("POST /user/factors", "POST /user/factors/totp", "POST /user/factors/passkey/options")

DECLARED = {route: operation for route, operation in CANONICAL.items() if operation.access.needs_token}
"""The operation at each method and path that needs a token."""


def _cells() -> Iterator[tuple[str, str, Role, str, str]]:
    for (method, path), operation in DECLARED.items():
        for owner, role in product(tables_of(method, path), Role):
            for field in ("", *operation.step_up_fields):
                yield method, path, role, owner, field


def _asked(operation: Operation, role: Role, owner: str, field: str) -> StepUp | None:
    """Return the proof that the declaration of an operation asks of a caller with factors whom it admits."""
    if owner == "other's" and operation.access is not Access.ADMIN:
        if role is not Role.ADMIN or not operation.for_admins_too:
            return None
        return operation.step_up if field else StepUp.TWO_FACTORS
    return operation.step_up if field or not operation.step_up_fields else None


def _send(client: Client, person: Person, bystander: Person, method: str, path: str, owner: str, field: str) -> Answer:
    """Send a valid request. If ``field`` is given, it is the only field that changes."""
    target = bystander if owner == "other's" else person
    body = body_for(method, path, person, bystander.user["username"])
    changed: dict[str, Any] = {"current_password": PASSWORD, **registration()}
    if field:
        body = {name: changed[name] for name in (field, *(["current_password"] if owner != "other's" else []))}
    return ask(client, method, path, place(client, target, method, path), body, person.token)


@pytest.fixture(scope="module")
def guarded() -> Flask:
    app = build(remote=Provider())
    join(client_of(app), role="admin")  # so that no admin of these tests is the last one
    return app


@pytest.mark.parametrize(("method", "path", "role", "owner", "field"), list(_cells()))
def test_every_route_asks_for_the_declared_proof(
    guarded: Flask, method: str, path: str, role: Role, owner: str, field: str
) -> None:
    row = row_of(method, path)
    usual = status_of(row, owner, tables_of(method, path)[owner], role)
    asked = _asked(DECLARED[method, path], role, owner, field) if usual < 400 or usual in (404, 422) else None
    bystander = join(client_of(guarded), "uploader")
    is_enrolment = f"{method} {path}" in ENROLMENTS
    for has_factors in (False,) if role is Role.GUEST else (False, True):  # guests cannot have factors
        # Where an operation asks for no proof, only the weakest one is tried.
        for methods, age in PROOFS if is_enrolment or (asked and has_factors) else [WEAKEST]:
            client = client_of(guarded)
            person = join(client, role)
            if has_factors:
                give_factor(client, person)
            if owner == "other's" and method != "GET":
                bystander = join(client, "uploader")  # the request before may have deleted or changed the earlier one
            answer = _send(client, with_proof(client, person, methods, age), bystander, method, path, owner, field)
            too_little = methods == ONE or (asked is StepUp.RECENT and age == LONG_AGO)
            if asked and has_factors and too_little:
                is_of_others = owner == "other's" and DECLARED[method, path].access is not Access.ADMIN
                # An entity of another user is refused before the body is read.
                _assert_asked(answer, StepUp.TWO_FACTORS if is_of_others and methods == ONE else asked)
            else:
                expected = WITH_FACTORS.get((path, usual), usual) if has_factors else usual
                if is_enrolment and age == LONG_AGO and usual < 400:
                    expected = 401  # the first factor needs a recent login
                assert answer.status_code == expected, (has_factors, methods, age, answer.text)


def _assert_asked(answer: Answer, asked: StepUp) -> None:
    assert (answer.status_code, answer.json["type"]) == (401, "/problems/insufficient-user-authentication")
    assert answer.headers["WWW-Authenticate"] == CHALLENGES[asked]


def test_the_operations_of_the_contract_ask_for_a_proof() -> None:
    declared = {
        f"{method} {path}": (operation.step_up, *operation.step_up_fields)
        for (method, path), operation in DECLARED.items()
        if operation.step_up and method != "PATCH"
    }
    assert (
        declared.items()
        >= {
            "PUT /user": (StepUp.RECENT, "email"),
            "PUT /user/password": (StepUp.TWO_FACTORS,),
            "DELETE /user": (StepUp.RECENT,),
            "PUT /users/{id}": (StepUp.RECENT, "email"),
            "DELETE /users/{id}": (StepUp.RECENT,),
            "POST /api/users": (StepUp.TWO_FACTORS,),
        }.items()
    )


def test_what_admins_may_get_auditors_may_get_and_what_they_change_needs_two_factors() -> None:
    for (method, path), operation in DECLARED.items():
        if operation.access is Access.ADMIN:
            assert method != "GET", f"declare {path} for auditors"
            assert operation.step_up, path


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_giving_a_dog_to_somebody_else_needs_two_factors(guarded: Flask, method: str) -> None:
    client = client_of(guarded)
    root, anna = join(client, "admin"), join(client)
    give_factor(client, root)
    url = place(client, root, method, "/api/dogs/{name}")
    for person, status in ((root, 401), (with_proof(client, root, TWO, LONG_AGO), 201 if method == "POST" else 200)):
        body = {"id_user": anna.user["id"]}
        assert client.open(url, method=method, json=body, headers=person.headers).status_code == status


def test_an_admin_changes_the_rights_of_their_own_account_with_two_factors_only(guarded: Flask) -> None:
    client = client_of(guarded)
    root = join(client, "admin")
    give_factor(client, root)
    for person, status in ((root, 401), (with_proof(client, root, TWO, LONG_AGO), 200)):
        answer = client.put(root.at("/users/{id}"), json={"role": "user"}, headers=person.headers)
        assert answer.status_code == status


@pytest.mark.parametrize("role", ["user", "uploader", "auditor", "admin"])
@pytest.mark.parametrize("way", ["add", "invite", "change"])
def test_a_role_that_sees_everybody_is_given_with_a_recent_proof_only(guarded: Flask, role: str, way: str) -> None:
    """A new admin has no factors, and could do at once what asks the giver for a recent proof."""
    client = client_of(guarded)
    root, ben = join(client, "admin"), join(client)
    give_factor(client, root)

    def give(person: Person) -> Answer:
        match way:
            case "add":
                return client.post(
                    "/api/users",
                    json={"name": "Eve", "last_name": "New", "email": f"{role}@b.example", "role": role},
                    headers=person.headers,
                )
            case "invite":
                return client.post("/invitations", json={"email": "a@b.example", "role": role}, headers=person.headers)
            case _:
                return client.put(ben.at("/users/{id}"), json={"role": role}, headers=person.headers)

    old = give(with_proof(client, root, TWO, LONG_AGO))
    if role in ("auditor", "admin"):
        _assert_asked(old, StepUp.RECENT)
        assert give(with_proof(client, root, TWO)).status_code in (200, 201)
    else:
        assert old.status_code in (200, 201)


def test_a_role_that_stays_the_same_needs_no_recent_proof(guarded: Flask) -> None:
    client = client_of(guarded)
    root, other = join(client, "admin"), join(client, "admin")
    give_factor(client, root)
    caller = with_proof(client, root, TWO, LONG_AGO)
    answer = client.put(other.at("/users/{id}"), json={"role": "admin", "name": "Eve"}, headers=caller.headers)
    assert (answer.status_code, answer.json["name"]) == (200, "Eve")


def test_a_body_that_cannot_be_parsed_is_read_only_after_the_step_up(guarded: Flask) -> None:
    client = client_of(guarded)
    anna = join(client)
    give_factor(client, anna)
    for person, status in ((anna, 401), (with_proof(client, anna, TWO), 400)):
        answer = client.put("/user/password", data="{", content_type="application/json", headers=person.headers)
        assert answer.status_code == status


# Roles that need two factors


@pytest.fixture(scope="module")
def strict() -> Flask:
    app = build(settings={"mfa_roles": "admin, auditor,uploader", "service_credentials": f"billing:{'s' * 16}"})
    join(client_of(app), role="admin")
    return app


@pytest.mark.parametrize("role", MFA_ROLES)
@pytest.mark.parametrize(("method", "path"), DECLARED)
def test_a_role_of_mfa_roles_counts_as_user_before_the_second_factor(
    strict: Flask, method: str, path: str, role: Role
) -> None:
    row = row_of(method, path)
    for owner, table in tables_of(method, path).items():
        as_user, as_role = status_of(row, owner, table, Role.USER), status_of(row, owner, table, role)
        for methods in (ONE, TWO):
            client = client_of(strict)
            person = with_proof(client, join(client, role), methods)
            answer = _send(client, person, join(client, "uploader"), method, path, owner, "")
            is_in_route = owner == "no" or (owner, row) not in AUDITOR or path.endswith("/factors")
            if methods == ONE and as_user == 403 and as_role != 403 and is_in_route:
                _assert_asked(answer, StepUp.TWO_FACTORS)
            else:
                assert answer.status_code == (as_role if methods == TWO else as_user), answer.text


@pytest.mark.parametrize("role", MFA_ROLES)
def test_the_role_that_counts_is_the_one_that_is_shown(strict: Flask, role: Role) -> None:
    client = client_of(strict)
    person = join(client, role)
    strong = with_proof(client, person, TWO)
    for shown, each in ((Role.USER, person), (role, strong)):
        token = client.post("/auth/renew", headers=each.headers).json["access_token"]
        state = client.post("/auth/introspect", data={"token": token}, auth=("billing", "s" * 16)).json
        assert state["role"] == shown
        for path in ("/user", "/users/{id}"):
            assert client.get(each.at(path), headers=each.headers).json["role"] == shown
            assert client.put(each.at(path), json={"name": "Ann"}, headers=each.headers).json["role"] == shown
    assert client.post("/api/v1/auth/login", json=_login(person)).json["user"]["role"] == Role.USER


def test_a_token_from_before_the_setting_has_the_role_that_counts_now(strict: Flask) -> None:
    client = client_of(strict)
    old = with_proof(client, join(client, "admin"), ONE)  # the claim of the role is still "admin"
    state = client.post("/auth/introspect", data={"token": old.token}, auth=("billing", "s" * 16)).json
    assert state["role"] == Role.USER
    assert client.get("/user", headers=old.headers).json["role"] == Role.USER


def _login(person: Person) -> dict[str, str]:
    return {"username": person.user["username"], "password": PASSWORD}


def test_the_etag_of_the_own_account_tells_the_role_that_counts(strict: Flask) -> None:
    client = client_of(strict)
    root = join(client, "admin")
    strong = with_proof(client, root, TWO)
    weak, full = (client.get("/user", headers=person.headers).headers["ETag"] for person in (root, strong))
    assert client.get("/user", headers={**root.headers, "If-None-Match": weak}).status_code == 304
    assert client.get("/user", headers={**strong.headers, "If-None-Match": weak}).json["role"] == "admin"
    for tag, status in ((weak, 200), (full, 412)):
        headers = {**root.headers, "If-Match": tag}
        assert client.put("/user", json={"name": "Ann"}, headers=headers).status_code == status


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_the_filters_of_the_directory_wait_for_the_second_factor(strict: Flask, role: Role) -> None:
    client = client_of(strict)
    join(client)
    person = join(client, role)
    _assert_asked(client.get("/users?role=user", headers=person.headers), StepUp.TWO_FACTORS)
    assert set(client.get("/users", headers=person.headers).json[0]) == {"id", "username"}
    strong = with_proof(client, person, TWO)
    assert "email" in client.get("/users?role=user", headers=strong.headers).json[0]
    assert client.get("/users?role=user", headers=join(client).headers).status_code == 403


def test_a_renewal_takes_no_role_away_from_the_account(strict: Flask) -> None:
    client = client_of(strict)
    root = join(client, "admin")
    assert client.post("/auth/renew", headers=root.headers).status_code == 200
    assert client.get("/user/export", headers=root.headers).json["user"]["role"] == "admin"
    strong = with_proof(client, root, TWO)
    assert client.get("/user", headers=strong.headers).json["role"] == "admin"


def test_the_last_admin_is_the_one_whose_stored_role_is_admin() -> None:
    client = client_of(build(settings={"mfa_roles": "admin"}))
    root = join(client, "admin")
    assert client.delete("/user", headers=root.headers).json["type"] == "/problems/last-admin"
