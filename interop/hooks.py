"""The hooks that Schemathesis loads: the sender changes every second, because some requests delete their sender."""

import os
import uuid
from typing import Any

import requests
import schemathesis
from schemathesis import AuthContext, Case

_URL, _ADMIN = os.environ["INTEROP_URL"], os.environ["INTEROP_ADMIN"]
_PASSWORD = "correct zebra battery"


@schemathesis.auth(refresh_interval=1)
class NewAdmin:
    """Make an admin every second, because an admin may send the most."""

    def get(self, case: Case[Any], context: AuthContext) -> str:
        """Return the access token of a new user."""
        name = f"u{uuid.uuid4().hex[:20]}"
        body = {"username": name, "email": f"{name}@example.com", "password": _PASSWORD, "role": "admin"}
        body |= {"name": "Anna", "last_name": "Ruiz"}
        admin = {"Authorization": f"Bearer {_ADMIN}"}
        requests.post(f"{_URL}/api/users", json=body, headers=admin, timeout=10).raise_for_status()
        login = requests.post(f"{_URL}/login", json={"username": name, "password": _PASSWORD}, timeout=10)
        return str(login.json()["access_token"])

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
        """Send the token with the request."""
        case.headers["Authorization"] = f"Bearer {data}"
