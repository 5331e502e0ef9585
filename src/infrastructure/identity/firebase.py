"""Stores passwords in Firebase Auth. Every user with a password has a Firebase account with the same id.

Calls go to the REST API (https://cloud.google.com/identity-platform/docs/reference/rest) and are sent once. The Admin
SDK cannot sign in with a password, and it repeats failed calls for as long as the Retry-After header says, without an
option to limit that. It only verifies ID tokens here.
"""

import logging
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import firebase_admin
import requests
from firebase_admin import auth, credentials
from firebase_admin.exceptions import FirebaseError
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from src.application.ports import ExternalIdentity
from src.domain.errors import FieldError, Invalid, InvalidToken, NotFound, Taken, TooManyAttempts, Unavailable
from src.domain.users import User, normalise_password
from src.domain.values import InvalidValue, parse_name
from src.infrastructure.addresses import parse_address
from src.infrastructure.outages import unavailable_on

_log = logging.getLogger("portero.firebase")

_CLOCK_SKEW_SECONDS = 10
"""The seconds by which the clock of Firebase may be ahead of the clock of this machine."""
_UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_REFUSALS = {
    "EMAIL_NOT_FOUND",
    "INVALID_PASSWORD",
    "MISSING_PASSWORD",
    "INVALID_LOGIN_CREDENTIALS",
    "USER_DISABLED",
    "INVALID_EMAIL",
}
"""The error codes for a wrong password, or for an account that cannot sign in."""
_UNUSABLE_ANSWERS = (
    requests.RequestException,
    GoogleAuthError,
    # Raised for an answer that is not the expected JSON.
    ValueError,
    LookupError,
    TypeError,
    RecursionError,
)


class FirebaseIdentity:
    """Stores passwords in Firebase Auth and verifies its ID tokens. Implements IdentityProvider."""

    remote = True

    def __init__(self, project: str, api_key: str, *, timeout: float = 8.0) -> None:
        """Connect at the first call. ``timeout`` bounds the wait for an answer, in seconds."""
        self._project = project
        self._api_key = api_key
        self._timeout = timeout

    def keep(self, password: str) -> None:
        """Return None: Firebase stores the password, not the user record."""

    def verify(self, user: User | None, password: str) -> bool:
        """Return whether Firebase signs the user in. Without a user, try an address that no account has."""
        address = _address(user) if user else "nobody@portero.invalid"
        try:
            fields = {"email": address, "password": normalise_password(password), "returnSecureToken": True}
            answer = self._call(self._public, "accounts:signInWithPassword", fields)
        except _Refused as refused:
            if str(refused) in _REFUSALS:
                return False
            if str(refused) == "TOO_MANY_ATTEMPTS_TRY_LATER":
                raise TooManyAttempts(retry_after=60) from None
            _log.error("signing in with a password is refused: %s", refused)
            raise Unavailable from refused
        # If the account has a second factor, Firebase accepts the password but issues no token.
        return user is not None and answer.get("localId") == user.id and "idToken" in answer

    def outdated(self, user: User) -> bool:
        """Return False: Firebase chooses its own hashes."""
        return False

    def create(self, user: User, password: str | None) -> None:
        # Ids are random. An account that has this id was created by an earlier attempt whose answer was lost.
        secret = {"password": normalise_password(password)} if password else {}
        self._manage("", ignore="DUPLICATE_LOCAL_ID", localId=user.id, email=_address(user), **secret)

    def set_email(self, user: User) -> None:
        self._manage(":update", localId=user.id, email=_address(user), emailVerified=user.email_verified)

    def set_password(self, user: User, password: str) -> None:
        self._manage(":update", localId=user.id, password=normalise_password(password))

    def sessions_ended(self) -> None:
        """Wait for the next second, because Firebase dates sign-ins in whole seconds."""
        time.sleep(1 - time.time() % 1)

    def delete(self, id: str) -> None:
        self._manage(":delete", ignore="USER_NOT_FOUND", localId=id)

    def exists(self, id: str) -> bool:
        return bool(self._manage(":lookup", localId=[id]).get("users"))

    def identify(self, token: str) -> ExternalIdentity:
        """Return the owner of a Firebase ID token (https://firebase.google.com/docs/auth/admin/verify-id-tokens)."""
        client = self._client
        try:
            claims = client.verify_id_token(token, clock_skew_seconds=_CLOCK_SKEW_SECONDS)
        except auth.CertificateFetchError as error:
            raise Unavailable from error
        except (FirebaseError, GoogleAuthError, ValueError, TypeError, KeyError, AttributeError):
            # The SDK raises the last three for some malformed tokens.
            raise InvalidToken from None
        uid, signed_in = claims.get("uid"), claims.get("auth_time")
        if not isinstance(uid, str) or not _UID.fullmatch(uid) or not isinstance(signed_in, int):
            raise InvalidToken
        return ExternalIdentity(
            uid=uid,
            email=_parsed(parse_address, claims.get("email")),
            email_verified=claims.get("email_verified") is True,
            name=_parsed(parse_name, claims.get("name")),
            authenticated_at=datetime.fromtimestamp(signed_in, UTC),
        )

    # Created at first use, because connections do not survive the fork of a web server.

    @cached_property
    def _client(self) -> auth.Client:
        # Not initialize_app, which registers apps by name: another part of this process may use another project.
        options = {"projectId": self._project, "httpTimeout": self._timeout}
        app = firebase_admin.App(f"portero-{id(self)}", credentials.ApplicationDefault(), options)
        with unavailable_on(GoogleAuthError):  # The service has no credentials. The token is not the reason.
            return auth.Client(app)

    @cached_property
    def _public(self) -> requests.Session:
        """A session for methods that need only the API key."""
        session = requests.Session()
        session.params = {"key": self._api_key}
        return session

    @cached_property
    def _privileged(self) -> requests.Session:
        """A session for methods that need the credentials of the service."""
        if _emulator():
            session = requests.Session()
            session.headers["Authorization"] = "Bearer owner"
            return session
        with unavailable_on(GoogleAuthError):
            return AuthorizedSession(credentials.ApplicationDefault().get_credential())  # type: ignore[no-untyped-call]

    def _manage(self, method: str, *, ignore: str = "", **fields: Any) -> dict[str, Any]:
        """Call a method of projects.accounts. The error code ``ignore`` counts as success.

        Raise NotFound, Taken, Invalid or Unavailable.
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
                raise Invalid(FieldError(field, "invalid", f"Firebase does not accept this {field}."))
        _log.error("managing an account is refused: %s", code)
        raise Unavailable

    @unavailable_on(*_UNUSABLE_ANSWERS)
    def _call(self, session: requests.Session, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a method. Raise _Refused for an error with a code, Unavailable for any other failure."""
        emulator = _emulator()
        url = f"{f'http://{emulator}/' if emulator else 'https://'}identitytoolkit.googleapis.com/v1/{path}"
        timeouts = (min(3.0, self._timeout), self._timeout)  # to connect, to receive
        response = session.post(url, json=fields, timeout=timeouts, allow_redirects=False)
        answer = dict(response.json())
        if response.status_code != 200:
            raise _Refused(str(answer["error"]["message"]).partition(" ")[0])
        if not answer:
            raise Unavailable
        return answer


class _Refused(Exception):
    """Firebase Auth has answered with an error code. The message of the exception is that code."""


def _emulator() -> str | None:
    return os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")


def _parsed(parse: Callable[[str], Any], claim: Any) -> Any:
    """Return the value that ``parse`` makes of a claim, or None if the claim is missing or invalid."""
    try:
        return parse(claim) if isinstance(claim, str) else None
    except InvalidValue:
        return None


def _address(user: User) -> str:
    """Return the address of a user or a placeholder, because Firebase accepts no password without an address.

    The domain of the placeholder is reserved (RFC 2606). ``parse_address`` refuses it.
    """
    return user.email.address if user.email else f"{user.id}@portero.invalid"
