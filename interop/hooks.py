"""The hooks that Schemathesis loads: the sender changes every second, because some requests delete their sender."""

import os
import uuid
from typing import Any

import requests
import schemathesis
from schemathesis import AuthContext, Case

_URL, _ROLE = os.environ["INTEROP_URL"], os.environ["INTEROP_ROLE"]
_PASSWORD = "correct zebra battery"
_admins = [os.environ["INTEROP_ADMIN"]]
"""The tokens of admins. Generated requests may delete any of them."""


class NewSender:
    """Make a user with a role."""

    def get(self, case: Case[Any], context: AuthContext) -> str:
        """Return the access token of a new user, whom an admin has made."""
        name = f"u{uuid.uuid4().hex[:20]}"
        body = {"username": name, "email": f"{name}@example.com", "password": _PASSWORD, "role": _ROLE}
        body |= {"name": "Anna", "last_name": "Ruiz"}
        for admin in reversed(_admins):
            made = requests.post(
                f"{_URL}/api/users", json=body, headers={"Authorization": f"Bearer {admin}"}, timeout=10
            )
            if made.ok:
                break
        made.raise_for_status()
        login = requests.post(f"{_URL}/login", json={"username": name, "password": _PASSWORD}, timeout=10)
        token = str(login.json()["access_token"])
        _admins.extend([token] if _ROLE == "admin" else [])
        return token

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
        """Send the token with the request."""
        case.headers["Authorization"] = f"Bearer {data}"


if _ROLE != "nobody":
    schemathesis.auth(refresh_interval=1)(NewSender)
