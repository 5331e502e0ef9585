"""Calls the REST API of Firebase Auth (https://cloud.google.com/identity-platform/docs/reference/rest).

Every call is sent once. The Admin SDK cannot sign in with a password, and it repeats failed calls for as long as the
Retry-After header says, without an option to limit that.
"""

import logging
import os
from functools import cached_property
from typing import Any

import requests
from firebase_admin import credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from src.domain.errors import FieldError, Invalid, NotFound, Taken, TooManyAttempts, Unavailable
from src.domain.messages import Translatable
from src.infrastructure.outages import unavailable_on
from src.infrastructure.tracing import span

_log = logging.getLogger("portero.firebase")

_REFUSALS = {
    "EMAIL_NOT_FOUND",
    "INVALID_PASSWORD",
    "MISSING_PASSWORD",
    "INVALID_LOGIN_CREDENTIALS",
    "USER_DISABLED",
    "INVALID_EMAIL",
    "BLOCKING_FUNCTION_ERROR_RESPONSE",
    "PASSWORD_DOES_NOT_MEET_REQUIREMENTS",
}
"""The error codes for a wrong password, or for an account that cannot sign in."""
_LOOKUP = "identitytoolkit#GetAccountInfoResponse"
"""The kind of the answer that describes accounts, also if there are none."""
UNUSABLE_ANSWERS = (
    requests.RequestException,
    GoogleAuthError,
    # Raised for an answer that is not the expected JSON.
    ValueError,
    LookupError,
    TypeError,
    RecursionError,
)


class FirebaseRest:
    """Calls the methods of the REST API for the accounts of one project."""

    def __init__(self, project: str, api_key: str, timeout: float) -> None:
        """Connect at the first call. ``timeout`` bounds the wait for an answer, in seconds."""
        self._project = project
        self._api_key = api_key
        self._timeout = timeout

    def sign_in(self, address: str, password: str) -> dict[str, Any]:
        """Return the answer to a sign-in.

        The answer is empty if the sign-in was refused, and has no token if a second factor is needed. Raises
        TooManyAttempts and Unavailable.
        """
        try:
            fields = {"email": address, "password": password, "returnSecureToken": True}
            return self._call(self._public, "accounts:signInWithPassword", fields)
        except _Refused as refused:
            if str(refused) in _REFUSALS:
                return {}
            if str(refused) == "TOO_MANY_ATTEMPTS_TRY_LATER":
                raise TooManyAttempts(retry_after=60) from None
            _log.error("signing in with a password is refused: %s", refused)
            raise Unavailable from refused

    def lookup(self, id: str) -> dict[str, Any]:
        """Return the record of an account, or an empty record if there is none. Raises Unavailable."""
        answer = self.manage(":lookup", localId=[id])
        if answer.get("kind") != _LOOKUP:
            raise Unavailable  # An account must not count as deleted because something else has answered.
        [record] = answer.get("users") or [{}]
        return dict(record)

    def manage(self, method: str, *, ignore: str = "", **fields: Any) -> dict[str, Any]:
        """Call a method of projects.accounts. Return an empty answer for the error code ``ignore``.

        Raises NotFound, Taken, Invalid and Unavailable.
        """
        try:
            return self._call(self._privileged, f"projects/{self._project}/accounts{method}", fields)
        except _Refused as refused:
            code = str(refused)
        if code == ignore:
            return {}
        if code == "USER_NOT_FOUND":
            raise NotFound
        if code == "EMAIL_EXISTS":
            raise Taken("email")
        for field in ("email", "password"):
            if field.upper() in code:
                raise Invalid(
                    FieldError(field, "invalid", Translatable("Firebase does not accept this {field}.", field=field))
                )
        _log.error("managing an account is refused: %s", code)
        raise Unavailable

    # Created at first use, because connections do not survive the fork of a web server.

    @cached_property
    def _public(self) -> requests.Session:
        """A session for methods that need only the API key."""
        session = requests.Session()
        session.params = {"key": self._api_key}
        return session

    @cached_property
    def _privileged(self) -> requests.Session:
        """An HTTP session that authenticates with Application Default Credentials, or as owner of the emulator."""
        if _emulator():
            session = requests.Session()
            session.headers["Authorization"] = "Bearer owner"
            return session
        with unavailable_on(GoogleAuthError):
            return AuthorizedSession(credentials.ApplicationDefault().get_credential())  # type: ignore[no-untyped-call]

    @unavailable_on(*UNUSABLE_ANSWERS)
    def _call(self, session: requests.Session, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a method. Raise _Refused for an error with a code, Unavailable for any other failure."""
        emulator = _emulator()
        url = f"{f'http://{emulator}/' if emulator else 'https://'}identitytoolkit.googleapis.com/v1/{path}"
        timeouts = (min(3.0, self._timeout), self._timeout)  # to connect, to receive
        with span("call", "CLIENT", {"peer.service": "Firebase Auth", "rpc.method": path.rpartition("/")[2]}) as found:
            response = session.post(url, json=fields, timeout=timeouts, allow_redirects=False)
            found["http.response.status_code"] = response.status_code
        answer = dict(response.json())
        if response.status_code != 200:
            raise _Refused(str(answer["error"]["message"]).partition(" ")[0])
        if not answer or "error" in answer:
            raise Unavailable
        return answer


class _Refused(Exception):
    """Firebase Auth has answered with an error code. The message of the exception is that code."""


def _emulator() -> str | None:
    return os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")
