"""Declarations of operations: what follows from a declaration, and which callers its access admits."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask

from src.application.caller import Caller
from src.application.sessions import AuthenticationService
from src.domain.errors import Forbidden, InsufficientAuthentication, InsufficientScope, NotFound, Taken, Unauthenticated
from src.domain.keys import Key
from src.domain.sessions import Method, Proof
from src.domain.values import Role, Scope
from src.interfaces.framework.bodies import Body, Paging
from src.interfaces.http.framework.authentication import Access, authenticated
from src.interfaces.http.framework.operations import Feature, Operation, Route, StepUp
from src.interfaces.views import Resource, View
from tests.support.working import NOON, person


def declared(route: str, handler: Callable[..., None] | None = None, feature: Feature | None = None, **of: Any) -> Any:
    """Return an operation with this declaration, by default for everybody with a token."""
    operation = Operation(feature or Feature("Tests", ""), route, of.pop("access", Access.TOKEN), **of)

    def nothing(caller: Caller) -> None:
        """Do nothing."""

    assert operation(handler or nothing) is operation.handler is (handler or nothing)
    return operation


def test_nothing_is_declared_by_default() -> None:
    operation = declared("GET /thing")
    assert not any((operation.download, operation.monitored, operation.for_people, operation.for_admins_too))
    assert not any((operation.oauth, operation.is_list, operation.is_long, operation.has_etag, operation.reads_body))


def test_an_alias_declares_the_errors_of_its_canonical_operation() -> None:
    feature = Feature("Tests", "")
    declared("GET /other", feature=feature, errors=(Forbidden,))
    canonical = declared("PUT /thing", feature=feature, errors=(NotFound,))
    alias = declared("POST /api/thing", feature=feature, alias_of="/thing")
    own = declared("PATCH /v1/thing", feature=feature, alias_of="/thing", errors=(Taken,))
    assert (alias.errors, own.errors) == (canonical.errors, (Taken,))
    assert declared("GET /third", feature=feature).errors == ()
    assert [each.path for each in feature.operations] == [
        *("/other", "/thing", "/api/thing", "/v1/thing", "/third"),
    ]


def test_every_method_has_a_route_at_every_path() -> None:
    operation = declared("PUT PATCH /user /api/user")
    assert [*operation.routes()] == [
        Route("PUT", "/user", None),
        Route("PATCH", "/user", None),
        Route("PUT", "/api/user", "/user"),
        Route("PATCH", "/api/user", "/user"),
    ]
    assert [route.alias_of for route in declared("GET /v1/user", alias_of="/user").routes()] == ["/user"]


def test_the_status_of_a_success_follows_from_the_answer() -> None:
    assert declared("GET /thing").status == 204
    assert declared("GET /thing", answer=View).status == 200
    assert declared("GET /thing", text="text/plain").status == 200
    assert declared("POST /thing", answer=View, status=201).status == 201
    download = declared("GET /thing", download=True)
    assert (download.status, download.text, download.has_etag) == (200, "application/octet-stream", True)


@pytest.mark.parametrize(
    ("method", "more", "scope"),
    [
        ("GET", {}, Scope.READ),
        ("POST", {}, Scope.WRITE),
        ("GET POST", {}, Scope.WRITE),
        ("GET", {"for_people": True}, None),
        ("GET", {"access": Access.PUBLIC}, None),
    ],
)
def test_a_key_needs_the_scope_of_the_methods(method: str, more: dict[str, Any], scope: Scope | None) -> None:
    assert declared(f"{method} /thing", **more).scope is scope


def test_a_change_by_admins_asks_for_two_factors() -> None:
    assert declared("POST /thing", access=Access.ADMIN).step_up is StepUp.TWO_FACTORS
    assert declared("DELETE /thing", access=Access.ADMIN, step_up=StepUp.RECENT).step_up is StepUp.RECENT
    assert declared("GET /thing", access=Access.ADMIN).step_up is None
    assert declared("POST /thing", access=Access.AUDITOR).step_up is None


def test_what_writes_reads_a_body_and_a_list_may_be_long() -> None:
    def with_body(caller: Caller, body: Body, idempotency: object) -> None:
        """Do nothing."""

    def listing(caller: Caller, query: Paging) -> None:
        """Do nothing."""

    assert [declared(f"{each} /thing").reads_body for each in ("GET", "DELETE", "POST", "PUT", "PATCH")] == [
        *(False, False, True, True, True),
    ]
    deleting = declared("DELETE /thing", with_body)
    assert (deleting.body, deleting.reads_body, deleting.idempotent) == (Body, True, True)
    assert not declared("POST /thing").idempotent
    page = declared("GET /things", listing, answer=Resource)
    assert (page.is_list, page.is_long, page.has_etag) == (True, True, False)
    one = declared("GET /thing", answer=View)
    assert (one.is_list, one.is_long, one.has_etag) == (False, View.is_long, False)


# The callers


def caller_with(role: Role = Role.USER, scope: Scope | None = None, withheld: Role | None = None) -> Caller:
    user = person("ada", role)
    key = Key.new("ada", "backup", scope, None, NOON)[0] if scope else None
    return Caller(user, None, Proof((Method.PASSWORD,), NOON), key=key, withheld=withheld)


def admitted(access: Access, scope: Scope | None, caller: Caller | None) -> Caller | None:
    """Return the caller whom ``authenticated`` returns for a request of ``caller``, or for one without a token."""
    app = Flask(__name__)
    app.config["DEVELOPMENT"] = False
    service = cast(AuthenticationService, SimpleNamespace(authenticate=lambda token: caller))
    with app.test_request_context(headers={"Authorization": "Bearer x"} if caller else {}):
        return authenticated(access, scope, service)


def test_a_caller_without_a_token_is_authenticated_only_where_none_is_needed() -> None:
    for access in Access:
        if access in (Access.PUBLIC, Access.GUEST_OR_PUBLIC):
            assert admitted(access, None, None) is None
        else:
            with pytest.raises(Unauthenticated):
                admitted(access, Scope.READ, None)


def test_an_operation_without_a_scope_requires_a_person_as_the_authenticated_caller() -> None:
    assert admitted(Access.TOKEN, None, caller_with()) == caller_with()
    for scope in Scope:
        with pytest.raises(Forbidden, match="Only a person"):
            admitted(Access.TOKEN, None, caller_with(scope=scope))


def test_an_authenticated_key_requires_the_scope_of_the_operation() -> None:
    for given, needed in ((Scope.READ, Scope.READ), (Scope.WRITE, Scope.READ), (Scope.WRITE, Scope.WRITE)):
        assert admitted(Access.TOKEN, needed, caller_with(scope=given))
    with pytest.raises(InsufficientScope):
        admitted(Access.TOKEN, Scope.WRITE, caller_with(scope=Scope.READ))


def test_an_authenticated_caller_needs_one_of_the_roles_of_the_access() -> None:
    for access in Access:
        for role in Role:
            if role in access.roles:
                assert admitted(access, Scope.READ, caller_with(role))
            else:
                with pytest.raises(Forbidden, match="This is for"):
                    admitted(access, Scope.READ, caller_with(role))
    assert set(Role) - {*Access.USER.roles} == {Role.GUEST}
    assert {*Access.ADMIN.roles} == {Role.ADMIN}
    assert {*Access.AUDITOR.roles} == {Role.AUDITOR, Role.ADMIN}
    assert {*Access.UPLOADER.roles} == {Role.UPLOADER, Role.ADMIN}


def test_a_withheld_role_of_the_access_is_authenticated_after_a_second_factor() -> None:
    with pytest.raises(InsufficientAuthentication):
        admitted(Access.ADMIN, Scope.READ, caller_with(withheld=Role.ADMIN))
