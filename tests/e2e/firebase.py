"""Firebase Auth as its own clients use it: the REST API, on the emulator."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class SignedIn:
    uid: str
    id_token: str


@dataclass(frozen=True, slots=True)
class Firebase:
    """One project of the emulator at ``host``."""

    host: str
    project: str

    def sign_up(self, email: str | None = None, password: str = PASSWORD) -> SignedIn:
        """Sign up a user at Firebase only; without an address the user is anonymous."""
        account = {"email": email, "password": password} if email else {}
        return _signed_in(self._call("signUp", returnSecureToken=True, **account).json())

    def sign_in(self, email: str, password: str = PASSWORD) -> SignedIn | None:
        """Sign in with a password; return None when Firebase refuses it."""
        answer = self._call("signInWithPassword", email=email, password=password, returnSecureToken=True)
        return _signed_in(answer.json()) if answer.ok else None

    def sign_in_as(self, uid: str) -> SignedIn:
        """Sign in with a custom token, which creates the account if it does not exist."""
        answer = self._call("signInWithCustomToken", token=f'{{"uid": "{uid}"}}', returnSecureToken=True).json()
        return SignedIn(uid, answer["idToken"])

    def account(self, uid: str) -> dict[str, Any] | None:
        """Return the record of a user in the emulator."""
        found = self._call("lookup", localId=[uid]).json().get("users")
        return dict(found[0]) if found else None

    def update(self, uid: str, **fields: Any) -> None:
        """Change a user the way an administrator does in the console."""
        self._call("update", localId=uid, **fields).raise_for_status()

    def _call(self, method: str, **body: Any) -> requests.Response:
        administrative = method in ("lookup", "update")
        place = f"projects/{self.project}/accounts" if administrative else "accounts"
        return requests.post(
            f"http://{self.host}/identitytoolkit.googleapis.com/v1/{place}:{method}",
            params=None if administrative else {"key": "any"},
            headers={"Authorization": "Bearer owner"} if administrative else None,
            json=body,
            timeout=10,
        )


def new_address() -> str:
    """Return a unique address, because all tests share one project."""
    return f"{uuid4().hex}@example.com"


def _signed_in(answer: dict[str, Any]) -> SignedIn:
    return SignedIn(answer["localId"], answer["idToken"])
