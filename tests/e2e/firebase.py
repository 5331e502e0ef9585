"""A client of the REST API of Firebase Auth, on the emulator."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import jwt
import pytest
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

    def redeem(self, custom_token: str) -> SignedIn:
        """Sign in with a custom token of the service."""
        answer = self._call("signInWithCustomToken", token=custom_token, returnSecureToken=True).json()
        claims = jwt.decode(answer["idToken"], options={"verify_signature": False})
        return SignedIn(claims["sub"], answer["idToken"])

    def enrol_phone(self, signed_in: SignedIn, number: str) -> None:
        """Enrol a phone number as the second factor of a user, whose address must be verified at Firebase."""
        place, token = "v2/accounts/mfaEnrollment", {"idToken": signed_in.id_token}
        started = self._post(f"{place}:start", {**token, "phoneEnrollmentInfo": {"phoneNumber": number}})
        session = started.json()["phoneSessionInfo"]["sessionInfo"]
        code = {"sessionInfo": session, "code": self.code_of(number)}
        self._post(f"{place}:finalize", {**token, "phoneVerificationInfo": code}).raise_for_status()

    def create_tenant(self) -> str:
        """Create a tenant of the project, which has users of its own, and return its id."""
        fields = {"displayName": "Others", "allowPasswordSignup": True}
        created = self._post(f"v2/projects/{self.project}/tenants", fields, administrative=True)
        return str(created.json()["name"]).rpartition("/")[2]

    def code_for(self, address: str) -> str:
        """Return the code of the last mail that Firebase sent to an address."""
        codes = self._emulated("oobCodes")
        return str([each["oobCode"] for each in codes if address in (each["email"], each.get("newEmail"))][-1])

    def account(self, uid: str) -> dict[str, Any] | None:
        """Return the record of a user in the emulator."""
        found = self._call("lookup", localId=[uid]).json().get("users")
        return dict(found[0]) if found else None

    def addresses(self) -> dict[str, str]:
        """Return the address of every account by its id, or an empty text for one without."""
        url = f"http://{self.host}/identitytoolkit.googleapis.com/v1/projects/{self.project}/accounts:batchGet"
        found: dict[str, str] = {}
        page: dict[str, Any] = {"nextPageToken": ""}
        while "nextPageToken" in page:
            query = {"maxResults": "1000", "nextPageToken": page["nextPageToken"]}
            page = requests.get(url, query, headers={"Authorization": "Bearer owner"}, timeout=60).json()
            found |= {each["localId"]: each.get("email", "") for each in page.get("users", [])}
        return found

    def update(self, uid: str, **fields: Any) -> None:
        """Change a user the way an administrator does in the console."""
        self._call("update", localId=uid, **fields).raise_for_status()

    def delete(self, uid: str) -> None:
        """Delete a user, if there is such a user."""
        self._call("delete", localId=uid)

    def _call(self, method: str, **body: Any) -> requests.Response:
        administrative = method in ("lookup", "update", "delete")
        place = f"projects/{self.project}/accounts" if administrative else "accounts"
        return self._post(f"v1/{place}:{method}", body, administrative=administrative)

    def _post(self, path: str, body: dict[str, Any], *, administrative: bool = False) -> requests.Response:
        return requests.post(
            f"http://{self.host}/identitytoolkit.googleapis.com/{path}",
            params=None if administrative else {"key": "any"},
            headers={"Authorization": "Bearer owner"} if administrative else None,
            json=body,
            timeout=60,
        )

    def code_of(self, number: str) -> str:
        """Return the last code that Firebase sent to a phone number."""
        return str([each["code"] for each in self._emulated("verificationCodes") if each["phoneNumber"] == number][-1])

    def _emulated(self, messages: str) -> list[dict[str, Any]]:
        """Return the messages that the emulator has kept instead of sending them."""
        url = f"http://{self.host}/emulator/v1/projects/{self.project}/{messages}"
        return list(requests.get(url, timeout=60).json()[messages])


def new_number() -> str:
    """Return a phone number that is almost certainly unique."""
    return f"+346{uuid4().int % 10**8:08}"


def new_address() -> str:
    """Return a unique address, because all tests share one project."""
    return f"{uuid4().hex}@example.com"


def wait_for_the_next_second() -> None:
    """Wait, because Firebase dates sign-ins and revocations in whole seconds."""
    time.sleep(1 - time.time() % 1)


def _signed_in(answer: dict[str, Any]) -> SignedIn:
    return SignedIn(answer["localId"], answer["idToken"])


@pytest.fixture
def firebase(auth_emulator: str, auth_project: str, monkeypatch: pytest.MonkeyPatch) -> Firebase:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator)
    return Firebase(auth_emulator, auth_project)
