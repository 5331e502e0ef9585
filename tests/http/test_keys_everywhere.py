"""The status of every route for keys of each scope, role and owner, as the operations declare it."""

from collections.abc import Iterator
from itertools import product

import pytest
from flask import Flask

from src.domain.values import Role, Scope
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Operation
from tests.support.access import CANONICAL, ask, body_for, row_of, status_of, tables_of
from tests.support.world import OPERATIONS, Client, Person, Provider, build, client_of, join, place

ROLES = [role for role in Role if role is not Role.GUEST]
MACHINE_ROLE = {Role.AUDITOR: "user", Role.ADMIN: "user"}
"""The roles that a key does not have."""
Declared = tuple[str, str, Operation]


def _declared() -> Iterator[Declared]:
    for (method, path), operation in CANONICAL.items():
        if (method, path) in OPERATIONS and path != "/metrics":
            yield method, path, operation


@pytest.fixture(scope="module")
def app() -> Flask:
    return build(remote=Provider())


@pytest.fixture(scope="module")
def holders(app: Flask) -> dict[tuple[Role, Scope], Person]:
    """People of each role whose token is a key of each scope."""
    client = client_of(app)
    owners = {role: join(client, role) for role in ROLES}
    return {(role, scope): _with_key(client, owners[role], scope) for role, scope in product(ROLES, Scope)}


def _with_key(client: Client, owner: Person, scope: Scope) -> Person:
    key = client.post("/user/keys", json={"name": "A", "scope": scope}, headers=owner.headers)
    return Person(owner.user, key.json["key"])


def _expected(method: str, path: str, operation: Operation, owner: str, role: Role, scope: Scope) -> int:
    row, table = row_of(method, path), tables_of(method, path)[owner]
    status = status_of(row, owner, table, MACHINE_ROLE.get(role, role))
    if operation.access is Access.PUBLIC:
        return status
    reads_only = scope is Scope.READ and method != "GET"
    changes_owner = owner == "own" and path == "/users/{id}" and method != "GET"
    return 403 if operation.for_people or reads_only or changes_owner else status


@pytest.mark.parametrize(
    ("method", "path", "operation"), list(_declared()), ids=lambda value: "" if isinstance(value, Operation) else value
)
def test_every_route_asks_keys_for_the_declared_scope(
    app: Flask, holders: dict[tuple[Role, Scope], Person], method: str, path: str, operation: Operation
) -> None:
    client = client_of(app)
    found, expected = {}, {}
    for (role, scope), holder in holders.items():
        for owner in tables_of(method, path):
            bystander = join(client, "uploader")
            target = bystander if owner == "other's" else holder
            url = path if path.startswith("/auth/sessions") else place(client, target, method, path)
            body = body_for(method, path, bystander, bystander.user["username"])
            answer = ask(client, method, path, url.replace("{code}", "taken"), body, holder.token)
            found[role, scope, owner] = answer.status_code
            expected[role, scope, owner] = _expected(method, path, operation, owner, role, scope)
            if answer.status_code == 403 and not operation.for_people and scope is Scope.READ and method != "GET":
                challenge = 'Bearer error="insufficient_scope", scope="write"'
                assert answer.headers["WWW-Authenticate"] == challenge
    assert found == expected


def test_the_document_names_the_scope_of_each_operation_that_admits_keys(app: Flask) -> None:
    document = client_of(app).get("/openapi.json").json
    for method, path, operation in _declared():
        if method.lower() in document["paths"].get(path, {}):
            security = document["paths"][path][method.lower()]["security"]
            named = [scheme["key"] for scheme in security if "key" in scheme]
            admits = operation.scope and operation.access not in (Access.AUDITOR, Access.ADMIN)
            assert named == ([["read" if method == "GET" else "write"]] if admits else []), (method, path)
