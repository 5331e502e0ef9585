"""Every combination of role, route, owner and kind of token: the request, and the declared status."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask

from src.application.ports import ProviderAccount
from src.bootstrap.adapters import now
from src.domain.mails import MailKind
from src.domain.sessions import NO_CLIENT
from src.domain.values import Email, Role, Scope
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.http.framework.authentication import Access
from src.interfaces.web.console.pages import Page
from tests.support.access import OPERATION, ROLES, ask, body_for, row_of, status_of, tables_of
from tests.support.forged_tokens import Good
from tests.support.second_steps import give_phone
from tests.support.world import (
    CSV,
    OPERATIONS,
    PASSWORD,
    Client,
    Person,
    Provider,
    build,
    client_of,
    join,
    log_in,
    place,
    registration,
    services_of,
)
from tests.web.surfer import Surfer, forms_of

METRICS_TOKEN = "a token for Prometheus"
PROVIDER = Provider()


def guarded_app(provider: Provider = PROVIDER) -> Flask:
    """Return an application with a permanent admin, so that no admin of a cell is the last one."""
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
    bystander = join(client, "uploader")  # the uploader may read everything of theirs
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
    is_persons: bool = True
    """Whether the holder is a person who has logged in, not a key or a service."""
    scope: Scope = Scope.WRITE


TOKEN_OF_OTHER_SERVICE = join(client_of(build(keys=KeyRing(as_jwk_set([SigningKey.generate()]))))).token
TOKEN_FOR_OTHER_AUDIENCE = join(client_of(build(settings={"audience": "another service"}))).token


def vouched_for(client: Client) -> str:
    """Return a token of the identity provider for a new user."""
    uid = f"uid-{registration()['username']}"
    PROVIDER.known[uid] = ProviderAccount(Email(f"{uid}@example.com"), has_password=True)
    assert client.post("/auth/firebase", json={"id_token": uid}).status_code == 200
    return uid


def key_of(client: Client, scope: str) -> str:
    """Return a new key of a new user."""
    body = {"name": "Report", "scope": scope}
    return str(client.post("/user/keys", json=body, headers=join(client).headers).json["key"])


def token_of_service(client: Client) -> str:
    """Return an access token of a new service."""
    service, secret = services_of(client.application).service_accounts.add(None, "Billing", Role.USER, NO_CLIENT)
    grant = {"grant_type": "client_credentials", "client_id": service.id, "client_secret": secret}
    return str(client.post("/auth/token", data=grant).json["access_token"])


# A token that is refused does not change, so that each application needs only one of each kind.


@lru_cache(maxsize=1)
def expired(app: Flask) -> str:
    """Return an expired access token of an active session, signed with the key of the service."""
    moment = int(now().timestamp())
    return Good(join(client_of(app)).token).with_claims(iat=moment - 1000, exp=moment - 100)


@lru_cache(maxsize=1)
def mfa_ticket(app: Flask) -> str:
    """Return the ticket for the second step of a login."""
    client = client_of(app)
    person = join(client)
    give_phone(app, person.user["id"])
    return str(log_in(client, person).json["mfa_token"])


@lru_cache(maxsize=1)
def token_of_mail(app: Flask) -> str:
    """Return the token of a mail with which its receiver can log in."""
    client, mails = client_of(app), services_of(app).mails
    person = join(client)
    assert client.post("/auth/email/login", json={"email": person.user["email"]}).status_code == 202
    [mail] = mails.mails.newest(MailKind.LOGIN, Email(person.user["email"]), 1)
    user = mails.users.get(person.user["id"])
    return mails.tokens.token(mails.mails.update(mail.id, lambda stored: stored.activate_token(user, now())))


@lru_cache(maxsize=1)
def cookie_of(app: Flask) -> str:
    """Return the cookie of a new user's session in the console."""
    visitor = Surfer(app)
    sign_in(visitor, "user")
    return visitor.cookie()


KINDS = {
    "none": Kind(lambda client: None, False),
    "access": Kind(lambda client: join(client).token, True),
    "guest's": Kind(lambda client: join(client, "guest").token, True, Role.GUEST),
    "admin's": Kind(lambda client: join(client, "admin").token, True, Role.ADMIN),
    "refresh": Kind(lambda client: join(client).refresh, False),
    "Firebase": Kind(lambda client: vouched_for(client), True, Role.USER, session=False),
    "other service's": Kind(lambda client: TOKEN_OF_OTHER_SERVICE, False),
    "other audience's": Kind(lambda client: TOKEN_FOR_OTHER_AUDIENCE, False),
    "metrics": Kind(lambda client: METRICS_TOKEN, False),
    "key": Kind(lambda client: key_of(client, "write"), True, session=False, is_persons=False),
    "key for reading": Kind(
        lambda client: key_of(client, "read"), True, session=False, is_persons=False, scope=Scope.READ
    ),
    "service's": Kind(lambda client: token_of_service(client), True, is_persons=False),
    "expired": Kind(lambda client: expired(client.application), False),
    "mfa ticket": Kind(lambda client: mfa_ticket(client.application), False),
    "mail's": Kind(lambda client: token_of_mail(client.application), False),
    "cookie's": Kind(lambda client: cookie_of(client.application), False),
}
ACCESS = {route: operation.access for route, operation in OPERATION.items()}


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
    scope = OPERATION[method, path].scope
    if not token.is_persons and (scope is None or (scope, token.scope) == (Scope.WRITE, Scope.READ)):
        return 403
    if row in ("POST /auth/renew", "POST /auth/logout", "POST /auth/step-up") and not token.session:
        return 403
    status = status_of(row, "", table, token.role)
    return 422 if (row, status) == ("POST /user/factors", 201) else status  # the enrolment belongs to no user


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
    """A page or form of the console, and the role of its visitor."""

    method: str
    path: str
    role: str
    roles: Sequence[Role]
    """The roles that may see the page, or send the form. Everybody may if there are none."""
    is_upload: bool


def console_cells(app: Flask) -> Iterator[ConsoleCell]:
    """Yield every cell of page, form and role."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        bound = getattr(view, "func", view)
        shown = getattr(bound, "__self__", None)
        if isinstance(shown, Page):
            for method in sorted({"GET", "POST"} & (rule.methods or set())):
                # Auditors see the pages of operators and change nothing there.
                sees_only = method == "POST" and {*shown.roles} == {Role.AUDITOR, Role.ADMIN}
                roles = (Role.ADMIN,) if sees_only else shown.roles
                for role in ROLES:
                    yield ConsoleCell(method, rule.rule, role, roles, bound.__name__ == "_answer_upload")


def check_console(app: Flask, cell: ConsoleCell) -> None:
    """Assert that a page or form asks visitors to sign in, refuses wrong roles, and serves the right ones."""
    visitor = Surfer(app)
    if cell.role != "nobody":
        sign_in(visitor, cell.role)
    url = re.sub("<.*?>", "0", cell.path)
    if cell.method == "POST":
        _check_form(visitor, url, cell)
        return
    answer = visitor.open(url)
    if not cell.roles:
        assert answer.status_code < 500, cell
    elif cell.role == "nobody":
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/console/signin"), cell
    elif cell.role not in cell.roles:
        assert answer.status_code in (403, 404), cell
    else:
        assert answer.status_code in (200, 303, 404), cell
        assert "/console/signin" not in (answer.location or ""), cell


def _check_form(visitor: Surfer, url: str, cell: ConsoleCell) -> None:
    """Assert that a form is refused without the CSRF token of the session. With it, only wrong roles are refused."""
    signed_in = cell.role != "nobody"
    csrf = forms_of(visitor.open("/console/account"))["/console/signout"]["csrf"] if signed_in else ""
    for token in ("another", csrf):
        filled: dict[str, Any] = {"file": (io.BytesIO(CSV), "a.csv")} if cell.is_upload else {"password": PASSWORD}
        answer = visitor.post(url, {"csrf": token, **filled})
        if not cell.roles:
            assert answer.status_code < 500, cell
        elif token == csrf and cell.role in cell.roles:
            assert answer.status_code in (303, 404, 422), cell
            assert not (answer.location or "").startswith("/console/signin?next"), cell
        else:
            assert answer.status_code == 403, cell


def sign_in(visitor: Surfer, role: str) -> None:
    """Sign in a new user with a role."""
    if role == "guest":
        visitor.send("/console/guest", "/console/signin")
    else:
        visitor.sign_in(join(client_of(visitor.app), role).user["username"])
