"""The status of every route for every role, and requests that are valid at each route."""

import io
from typing import Any

from src.domain.values import Role
from src.interfaces.app import FEATURES
from tests.support.second_steps import enrolment_of
from tests.support.world import CSV, OPERATIONS, PASSWORD, Answer, Client, Person, registration

ROLES = ["nobody", *Role]
OPERATION = {
    (route.method, route.path.replace("<", "{").replace(">", "}")): operation
    for feature in FEATURES
    for operation in feature.operations
    for route in operation.routes()
}
"""The operation at each method and path, those of aliases included."""
CANONICAL = {
    (method, path): operation
    for (method, path), operation in OPERATION.items()
    if path == operation.path.replace("<", "{").replace(">", "}")
}
"""The operation at each method and path, without aliases."""

# The status without a token, and for a guest, a user, an uploader and an admin: for own entities and for those of
# others. An auditor gets the statuses of a user, except those in AUDITOR.
SAME_FOR_ALL = {
    "GET /health": [200] * 5,
    "GET /ready": [200] * 5,
    "GET /.well-known/jwks.json": [200] * 5,
    "GET /.well-known/oauth-authorization-server": [200] * 5,
    "GET /.well-known/openid-configuration": [200] * 5,
    "GET /problems": [200] * 5,
    "GET /problems/{code}": [200] * 5,
    "GET /openapi.json": [200] * 5,
    "GET /metrics": [401] * 5,
    "POST /register": [201] * 5,
    "POST /users": [201] * 5,
    "POST /api/v1/auth/signup": [201] * 5,
    "POST /login": [200] * 5,
    "POST /api/v1/auth/login": [200] * 5,
    "POST /auth/token": [200] * 5,
    "POST /auth/anonymous": [201] * 5,
    "POST /session": [200] * 5,
    "POST /auth/refresh": [200] * 5,
    "POST /api/v1/token/refresh": [200] * 5,
    "POST /auth/passkey/options": [200] * 5,
    "POST /auth/passkey": [401] * 5,
    "POST /auth/firebase": [401] * 5,
    "POST /auth/firebase/token": [401, 403, 404, 404, 404],
    "POST /auth/introspect": [401] * 5,
    "POST /auth/revoke": [200] * 5,
    "POST /auth/email/login": [202] * 5,
    "POST /auth/email/login/confirm": [401] * 5,
    "POST /auth/mfa/options": [401] * 5,
    "POST /auth/mfa": [401] * 5,
    "GET /user/factors": [401, 403, 200, 200, 200],
    "POST /user/factors/totp": [401, 403, 200, 200, 200],
    "POST /user/factors/passkey/options": [401, 403, 200, 200, 200],
    "POST /user/factors": [401, 403, 201, 201, 201],
    "POST /user/factors/recovery-codes": [401, 403, 422, 422, 422],
    "PUT /user/factors/{id}": [401, 403, 404, 404, 404],
    "DELETE /user/factors/{id}": [401, 403, 404, 404, 404],
    "GET /user/keys": [401, 403, 200, 200, 200],
    "POST /user/keys": [401, 403, 201, 201, 201],
    "DELETE /user/keys/{id}": [401, 403, 404, 404, 404],
    "POST /auth/email/verify": [401, 422, 202, 202, 202],
    "POST /auth/password/forgot": [202] * 5,
    "POST /auth/password/reset": [401] * 5,
    "GET /user": [401, 200, 200, 200, 200],
    "GET /user/export": [401, 200, 200, 200, 200],
    "GET /user/events": [401, 200, 200, 200, 200],
    "GET /events": [401, 403, 403, 403, 200],
    "GET /webhooks": [401, 403, 403, 403, 200],
    "POST /webhooks": [401, 403, 403, 403, 201],
    "GET /webhooks/{id}": [401, 403, 403, 403, 200],
    "PUT /webhooks/{id}": [401, 403, 403, 403, 200],
    "DELETE /webhooks/{id}": [401, 403, 403, 403, 204],
    "POST /webhooks/{id}/secret": [401, 403, 403, 403, 201],
    "POST /webhooks/{id}/ping": [401, 403, 403, 403, 202],
    "GET /webhooks/{id}/deliveries": [401, 403, 403, 403, 200],
    "POST /webhooks/{id}/deliveries/{delivery_id}/retry": [401, 403, 403, 403, 202],
    "POST /api/v1/auth/whoami": [401, 200, 200, 200, 200],
    "PUT /user": [401, 403, 200, 200, 200],
    "PUT /user/password": [401, 403, 204, 204, 204],
    "DELETE /user": [401, 204, 204, 204, 204],
    "POST /auth/renew": [401, 200, 200, 200, 200],
    "POST /auth/step-up/options": [401, 403, 200, 200, 200],
    "POST /auth/step-up": [401, 403, 200, 200, 200],
    "POST /auth/logout": [401, 204, 204, 204, 204],
    "POST /auth/logout-all": [401, 204, 204, 204, 204],
    "GET /auth/sessions": [401, 200, 200, 200, 200],
    "GET /users": [401, 403, 200, 200, 200],
    "POST /api/users": [401, 403, 403, 403, 201],
    "GET /invitations": [401, 403, 403, 403, 200],
    "POST /invitations": [401, 403, 403, 403, 201],
    "GET /invitations/{id}": [401, 403, 403, 403, 200],
    "DELETE /invitations/{id}": [401, 403, 403, 403, 204],
    "GET /services": [401, 403, 403, 403, 200],
    "POST /services": [401, 403, 403, 403, 201],
    "GET /services/{id}": [401, 403, 403, 403, 200],
    "DELETE /services/{id}": [401, 403, 403, 403, 204],
    "POST /services/{id}/secret": [401, 403, 403, 403, 201],
    "GET /tasks": [401, 200, 200, 200, 200],
    "POST /tasks": [401, 201, 201, 201, 201],
    "GET /api/dogs": [200] * 5,
    "GET /api/dogs/is_adopted": [200] * 5,
    "POST /api/dogs/{name}": [401, 403, 201, 201, 201],
    "GET /api/files": [401, 403, 200, 200, 200],
    "POST /api/files": [401, 403, 202, 202, 202],
    "GET /datasets": [401, 403, 403, 200, 200],
    "POST /datasets": [401, 403, 403, 201, 201],
}
OWN = {
    "DELETE /auth/sessions/{id}": [401, 204, 204, 204, 204],
    "GET /users/{id}": [401, 403, 200, 200, 200],
    "PUT /users/{id}": [401, 403, 200, 200, 200],
    "DELETE /users/{id}": [401, 403, 204, 204, 204],
    "GET /users/{id}/dogs": [401, 403, 200, 200, 200],
    "GET /users/{id}/factors": [401, 403, 403, 403, 200],
    "DELETE /users/{id}/factors": [401, 403, 403, 403, 204],
    "GET /tasks/{id}": [401, 200, 200, 200, 200],
    "PUT /tasks/{id}": [401, 200, 200, 200, 200],
    "DELETE /tasks/{id}": [401, 204, 204, 204, 204],
    "GET /api/dogs/{name}": [200] * 5,
    "PUT /api/dogs/{name}": [401, 403, 200, 200, 200],
    "DELETE /api/dogs/{name}": [401, 403, 204, 204, 204],
    "GET /api/files/{id}": [401, 403, 200, 200, 200],
    "GET /api/files/{id}/content": [401, 403, 200, 200, 200],
    "DELETE /api/files/{id}": [401, 403, 204, 204, 204],
    "GET /jobs/{id}": [401, 403, 200, 200, 200],
    "DELETE /jobs/{id}": [401, 403, 204, 204, 204],
    "GET /datasets/{id}": [401, 403, 403, 200, 200],
    "GET /datasets/{id}/rows": [401, 403, 403, 200, 200],
    "GET /datasets/{id}/file": [401, 403, 403, 200, 200],
    "POST /datasets/{id}/summary": [401, 403, 403, 200, 200],
    "DELETE /datasets/{id}": [401, 403, 403, 204, 204],
}
OTHERS = {
    "DELETE /auth/sessions/{id}": [401, 404, 404, 404, 404],
    "GET /users/{id}": [401, 403, 200, 200, 200],
    "PUT /users/{id}": [401, 403, 403, 403, 200],
    "DELETE /users/{id}": [401, 403, 403, 403, 204],
    "GET /users/{id}/dogs": [401, 403, 200, 200, 200],
    "GET /users/{id}/factors": [401, 403, 403, 403, 200],
    "DELETE /users/{id}/factors": [401, 403, 403, 403, 204],
    "GET /tasks/{id}": [401, 404, 404, 404, 404],
    "PUT /tasks/{id}": [401, 404, 404, 404, 404],
    "DELETE /tasks/{id}": [401, 404, 404, 404, 404],
    "GET /api/dogs/{name}": [200] * 5,
    "PUT /api/dogs/{name}": [401, 403, 403, 403, 200],
    "DELETE /api/dogs/{name}": [401, 403, 403, 403, 204],
    "GET /api/files/{id}": [401, 403, 404, 404, 200],
    "GET /api/files/{id}/content": [401, 403, 404, 404, 200],
    "DELETE /api/files/{id}": [401, 403, 404, 404, 204],
    "GET /jobs/{id}": [401, 403, 404, 404, 200],
    "DELETE /jobs/{id}": [401, 403, 404, 404, 204],
    "GET /datasets/{id}": [401, 403, 403, 404, 200],
    "GET /datasets/{id}/rows": [401, 403, 403, 404, 200],
    "GET /datasets/{id}/file": [401, 403, 403, 404, 200],
    "POST /datasets/{id}/summary": [401, 403, 403, 404, 200],
    "DELETE /datasets/{id}": [401, 403, 403, 404, 204],
}

AUDITOR = {
    ("own", "GET /users/{id}/factors"): 200,
    ("other's", "GET /users/{id}/factors"): 200,
    ("no", "GET /events"): 200,
    ("other's", "GET /jobs/{id}"): 200,
    ("other's", "DELETE /jobs/{id}"): 403,
    ("no", "GET /invitations"): 200,
    ("no", "GET /invitations/{id}"): 200,
    ("no", "GET /services"): 200,
    ("no", "GET /services/{id}"): 200,
    ("no", "GET /webhooks"): 200,
    ("no", "GET /webhooks/{id}"): 200,
    ("no", "GET /webhooks/{id}/deliveries"): 200,
}


def row_of(method: str, path: str) -> str:
    """Return the row of an operation. PATCH uses the row of PUT, and an alias that of its canonical path."""
    canonical = OPERATIONS[method, path].get("x-alias-of", path)
    same = canonical in ("/register", "/login", "/auth/anonymous", "/auth/refresh", "/user")
    own_row = f"{method} {path}" in SAME_FOR_ALL
    return f"{'PUT' if method == 'PATCH' else method} {path if same and own_row else canonical}"


def tables_of(method: str, path: str) -> dict[str, dict[str, list[int]]]:
    """Return the tables of an operation by the owner of the entity."""
    return {"own": OWN, "other's": OTHERS} if row_of(method, path) in OWN else {"no": SAME_FOR_ALL}


def status_of(row: str, owner: str, table: dict[str, list[int]], role: str) -> int:
    """Return the status in a table, or 0 for an operation without a row, which fails the test."""
    column = ["nobody", "guest", "user", "uploader", "admin"].index("user" if role == "auditor" else role)
    status = table.get(row, [0] * 5)[column]
    return AUDITOR.get((owner, row), status) if role == "auditor" else status


def body_for(method: str, path: str, person: Person | None, free: str) -> dict[str, Any]:
    """Return a valid body for the operation."""
    match row_of(method, path).split():
        case _, "/register" | "/users" | "/api/v1/auth/signup" if "{id}" not in path:
            return registration()
        case "POST", "/api/users":
            return {"name": "Ann", "last_name": "Ruiz", "email": registration()["email"]}
        case _, "/invitations":
            return {"email": "somebody@example.com"}
        case "POST", "/services":
            return {"name": "Billing", "role": "user"}
        case "POST", "/webhooks":
            return {"url": "https://example.com/", "events": ["*"]}
        case "PUT", "/webhooks/{id}":
            return {"description": "The billing system"}
        case _, "/user/password":
            return {"current_password": PASSWORD, "new_password": "a stapled battery"}
        case _, "/auth/token":
            return {"grant_type": "password", "username": free, "password": PASSWORD}
        case _, "/login" | "/api/v1/auth/login" | "/session":
            return {"username": free, "password": PASSWORD}
        case _, "/auth/refresh" | "/api/v1/token/refresh":
            return {"refresh_token": person.refresh if person else ""}
        case _, "/auth/email/login" | "/auth/password/forgot":
            return {"email": "somebody@example.com"}
        case _, "/auth/email/login/confirm" | "/auth/introspect" | "/auth/revoke":
            return {"token": "unknown"}
        case _, "/auth/password/reset":
            return {"token": "unknown", "new_password": "a stapled battery"}
        case _, "/auth/step-up":
            return {"password": PASSWORD}
        case "POST", "/user/factors":
            return enrolment_of(person.user["id"]) if person else {}
        case "POST", "/user/keys":
            return {"name": "Nightly report", "scope": "read"}
        case _, "/user/factors/{id}":
            return {"name": "My phone"}
        case _, "/auth/mfa/options" | "/auth/mfa" | "/api/v1/auth/mfa":
            return {"mfa_token": "unknown", "code": "123456"}
        case _, "/auth/passkey":
            return {"passkey": {}}
        case _, "/auth/firebase":
            return {"id_token": "unknown"}
        case _, "/tasks" | "/tasks/{id}":
            return {"title": "Walk the dog"}
        case _, "/api/dogs/{name}":
            return {"is_adopted": True}
        case _, "/api/files":
            return {"file": (io.BytesIO(b"content"), "a.txt")}
        case _, "/datasets":
            return {"name": "Customers", "file": (io.BytesIO(CSV), "a.csv")}
    return {"name": "Ann"}


def ask(client: Client, method: str, path: str, url: str, body: dict[str, Any], token: str | None) -> Answer:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if "requestBody" not in OPERATIONS[method, path]:
        return client.open(url, method=method, headers=headers)
    media = "json" if "application/json" in OPERATIONS[method, path]["requestBody"]["content"] else "data"
    return client.open(url, method=method, headers=headers, **{media: body})
