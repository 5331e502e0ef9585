"""Every cell of role, route, owner and kind of token: the request that is sent, and the status that is declared."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flask import Flask

from src.application.ports import ProviderAccount
from src.domain.values import Email, Role
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.app import FEATURES
from src.interfaces.http.framework.authentication import Access
from src.interfaces.web.console.pages import Page
from tests.support.access import ROLES, ask, body_for, row_of, status_of, tables_of
from tests.support.world import OPERATIONS, Client, Person, Provider, build, client_of, join, place, registration
from tests.web.surfer import Surfer

METRICS_TOKEN = "a token for Prometheus"
PROVIDER = Provider()


def guarded_app(provider: Provider = PROVIDER) -> Flask:
    """Return an application with an admin who stays, so that no admin of the cells is the last one."""
    app = build(remote=provider, metrics_token=METRICS_TOKEN)
    join(client_of(app), role="admin")
    return app


# Roles


class RoleCell(NamedTuple):
    """An operation, the role of its caller, the owner of the entity, and the declared status."""

    method: str
    path: str
    role: str
    owner: str
    status: int


def role_cells(method: str, path: str) -> Iterator[RoleCell]:
    """Yield every cell of role and owner of an operation."""
    row = row_of(method, path)
    for owner, table in tables_of(method, path).items():
        for role in ROLES:
            yield RoleCell(method, path, role, owner, status_of(row, owner, table, role))


def check_role(app: Flask, cell: RoleCell) -> None:
    """Assert that an operation answers a role as declared, and that a refusal changes nothing."""
    method, path, role, owner, status = cell
    client = client_of(app)
    bystander = join(client, "uploader")  # a role that can read everything it owns
    person = None if role == "nobody" else join(client, role)
    target = bystander if owner == "other's" or person is None else person
    refreshing = person if person and person.refresh else bystander
    body = body_for(method, path, refreshing, bystander.user["username"])
    url = place(client, target, method, path).replace("{code}", "taken")
    before = _seen(client, path, url, bystander)
    answer = ask(client, method, path, url, body, person.token if person else None)
    assert answer.status_code == status, cell
    if status in (401, 403, 404) and method in ("PUT", "PATCH", "DELETE"):
        assert client.get("/user", headers=bystander.headers).json == bystander.user
        assert target is not bystander or _seen(client, path, url, bystander) == before


def _seen(client: Client, path: str, url: str, person: Person) -> object:
    """Return the entity as ``person`` sees it, or None if the path has no GET."""
    if ("GET", path) not in OPERATIONS or "{" not in path:
        return None
    answer = client.get(url, headers=person.headers)
    return answer.json if answer.status_code == 200 else answer.status_code


# Kinds of tokens


@dataclass(frozen=True)
class Kind:
    """A kind of token, and whether it authenticates its holder."""

    make: Callable[[Client], str | None]
    believed: bool
    role: Role = Role.USER
    session: bool = True


STRANGER = client_of(build(keys=KeyRing(as_jwk_set([SigningKey.generate()]))))
SOLD_ELSEWHERE = client_of(build(settings={"audience": "another service"}))
KINDS = {
    "none": Kind(lambda client: None, False),
    "access": Kind(lambda client: join(client).token, True),
    "guest's": Kind(lambda client: join(client, "guest").token, True, Role.GUEST),
    "admin's": Kind(lambda client: join(client, "admin").token, True, Role.ADMIN),
    "refresh": Kind(lambda client: join(client).refresh, False),
    "Firebase": Kind(lambda client: vouched_for(client), True, Role.USER, session=False),
    "other service's": Kind(lambda client: join(STRANGER).token, False),
    "other audience's": Kind(lambda client: join(SOLD_ELSEWHERE).token, False),
    "metrics": Kind(lambda client: METRICS_TOKEN, False),
}


def vouched_for(client: Client) -> str:
    """Return a token of the identity provider for a new user."""
    uid = f"uid-{registration()['username']}"
    PROVIDER.known[uid] = ProviderAccount(Email(f"{uid}@example.com"), has_password=True)
    assert client.post("/auth/firebase", json={"id_token": uid}).status_code == 200
    return uid


ACCESS = {
    (route.method, route.path.replace("<", "{").replace(">", "}")): operation.access
    for feature in FEATURES
    for operation in feature.operations
    for route in operation.routes()
}


def _expected(method: str, path: str, kind: str) -> int:
    """Return the expected status, derived from the properties of the kind of token."""
    token, row, access = KINDS[kind], row_of(method, path), ACCESS[method, path]
    *_, table = tables_of(method, path).values()
    if path == "/metrics":
        return 200 if kind == "metrics" else 401
    if row in ("POST /auth/refresh", "POST /api/v1/token/refresh"):
        return 200 if kind == "refresh" else 401
    if access is Access.PUBLIC:
        return table[row][0]
    if not token.believed:
        return 401 if access.needs_token or kind != "none" else table[row][0]
    if row in ("POST /auth/renew", "POST /auth/logout", "POST /auth/step-up") and not token.session:
        return 403
    status = status_of(row, "", table, token.role)
    return 422 if (row, status) == ("POST /user/factors", 201) else status  # the enrolment is of nobody


def check_token(app: Flask, method: str, path: str, kind: str) -> None:
    """Assert that an operation answers a kind of token as declared."""
    client = client_of(app)
    bystander = join(client)
    token = KINDS[kind].make(client)
    body = body_for(method, path, None, bystander.user["username"])
    url = place(client, bystander, method, path).replace("{code}", "taken")
    answer = ask(client, method, path, url, body, token)
    # An account of the identity provider has no password at this service.
    status = 403 if (path, kind) == ("/user/password", "Firebase") else _expected(method, path, kind)
    assert answer.status_code == status, (method, path, kind)


# The console


class ConsoleCell(NamedTuple):
    """A page of the console and the role of its visitor."""

    method: str
    path: str
    role: str
    roles: Sequence[Role]
    """The roles that may see the page. Everybody may see a page without roles."""


def console_cells(app: Flask) -> Iterator[ConsoleCell]:
    """Yield every cell of page, form and role."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        shown = getattr(getattr(view, "func", view), "__self__", None)
        if isinstance(shown, Page):
            for method in sorted({"GET", "POST"} & (rule.methods or set())):
                for role in ROLES:
                    yield ConsoleCell(method, rule.rule, role, shown.roles)


def check_console(app: Flask, cell: ConsoleCell) -> None:
    """Assert that a page asks visitors to sign in and refuses wrong roles, and that a form needs its own token."""
    visitor = Surfer(app)
    if cell.role != "nobody":
        sign_in(visitor, cell.role)
    url = re.sub("<.*?>", "0", cell.path)
    answer = visitor.open(url) if cell.method == "GET" else visitor.post(url, {})
    if not cell.roles:
        assert answer.status_code < 500, cell
    elif cell.method == "POST":
        assert answer.status_code == 403, cell
    elif cell.role == "nobody":
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/console/signin"), cell
    elif cell.role not in cell.roles:
        assert answer.status_code in (403, 404), cell
    else:
        assert answer.status_code in (200, 303, 404), cell
        assert "/console/signin" not in (answer.location or ""), cell


def sign_in(visitor: Surfer, role: str) -> None:
    """Sign in somebody new with a role."""
    if role == "guest":
        visitor.send("/console/guest", "/console/signin")
    else:
        visitor.sign_in(join(client_of(visitor.app), role).user["username"])
