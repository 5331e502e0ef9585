"""Passwords kept by Firebase Auth. Our users are its users, under the same id.

Calls go to the REST API (https://cloud.google.com/identity-platform/docs/reference/rest), which signing in with a
password needs anyway, and are sent once. The Admin SDK repeats failed calls, for as long as a Retry-After says, and
no option bounds that. It verifies the ID tokens.
"""

import logging
import os
import re
import time
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import firebase_admin
import requests
from firebase_admin import auth, credentials
from firebase_admin.exceptions import FirebaseError
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from src.application.ports import EmailParser, ExternalIdentity
from src.domain.errors import (
    FieldError,
    Invalid,
    InvalidToken,
    NotFound,
    Taken,
    TooManyAttempts,
    Unavailable,
)
from src.domain.users import User, normalise_password
from src.domain.values import Email, InvalidValue, parse_name

_log = logging.getLogger("portero.firebase")

_CLOCK_SKEW_SECONDS = 10
_UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_FAILURES = (requests.RequestException, GoogleAuthError)
_REFUSALS = {
    "EMAIL_NOT_FOUND",
    "INVALID_PASSWORD",
    "MISSING_PASSWORD",
    "INVALID_LOGIN_CREDENTIALS",
    "USER_DISABLED",
    "INVALID_EMAIL",
}


class FirebaseIdentity:
    """Keeps passwords in Firebase Auth and verifies its ID tokens. Implements IdentityProvider."""

    remote = True

    def __init__(self, project: str, api_key: str, addresses: EmailParser, *, timeout: float = 8.0) -> None:
        """Connect at the first call. ``timeout`` bounds the wait for an answer, in seconds."""
        self._project = project
        self._api_key = api_key
        self._addresses = addresses
        self._timeout = timeout
        self._limits = (min(3.0, timeout), timeout)  # to connect, to receive

    def keep(self, password: str) -> None:
        """Return None: Firebase keeps the password."""

    def verify(self, user: User | None, password: str) -> bool:
        """Sign in exactly once; without a user, with an address that no account has."""
        address = _address(user) if user else "nobody@portero.invalid"
        try:
            fields = {"email": address, "password": normalise_password(password), "returnSecureToken": True}
            answer = self._call(self._public, "accounts:signInWithPassword", fields)
        except _Refused as refused:
            if refused.code in _REFUSALS:
                return False
            if refused.code == "TOO_MANY_ATTEMPTS_TRY_LATER":
                raise TooManyAttempts(retry_after=60) from None
            _log.error("signing in with a password is refused: %s", refused.code)
            raise Unavailable from refused
        # With a second factor enrolled Firebase accepts the password but issues no token.
        return user is not None and answer.get("localId") == user.id and "idToken" in answer

    def outdated(self, user: User) -> bool:
        """Return False: Firebase chooses its own hashes."""
        return False

    def create(self, user: User, password: str | None) -> None:
        # Ids are random: an account under this one was created by this call, sent before with its answer lost.
        secret = {"password": normalise_password(password)} if password else {}
        self._manage("", ignore="DUPLICATE_LOCAL_ID", localId=user.id, email=_address(user), **secret)

    def set_email(self, user: User) -> None:
        self._manage(":update", localId=user.id, email=_address(user), emailVerified=user.email_verified)

    def set_password(self, user: User, password: str) -> None:
        self._manage(":update", localId=user.id, password=normalise_password(password))

    def sessions_ended(self) -> None:
        """Wait for the next second: Firebase dates a sign-in in whole seconds."""
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
        uid, signed_in, name = claims.get("uid"), claims.get("auth_time"), claims.get("name")
        if not isinstance(uid, str) or not _UID.fullmatch(uid) or not isinstance(signed_in, int):
            raise InvalidToken
        return ExternalIdentity(
            uid=uid,
            email=self._email(claims.get("email")),
            email_verified=claims.get("email_verified") is True,
            name=_name(name),
            authenticated_at=datetime.fromtimestamp(signed_in, UTC),
        )

    def _email(self, address: Any) -> Email | None:
        if not isinstance(address, str) or address.endswith("@portero.invalid"):
            return None
        try:
            return self._addresses(address)
        except InvalidValue:
            return None

    # Created at first use, because connections do not survive the fork of a web server.

    @cached_property
    def _client(self) -> auth.Client:
        # The app is not registered under a name: another one in this process may be of another project.
        options = {"projectId": self._project, "httpTimeout": self._timeout}
        app = firebase_admin.App(f"portero-{id(self)}", credentials.ApplicationDefault(), options)
        try:
            return auth.Client(app)
        except GoogleAuthError as error:  # the service has no credentials, whatever the token is
            raise Unavailable from error

    @cached_property
    def _public(self) -> requests.Session:
        """A session for methods that anybody may call."""
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
        try:
            return AuthorizedSession(credentials.ApplicationDefault().get_credential())  # type: ignore[no-untyped-call]
        except GoogleAuthError as error:
            raise Unavailable from error

    def _manage(self, method: str, *, ignore: str = "", **fields: Any) -> dict[str, Any]:
        """Call a method of projects.accounts; treat the error code ``ignore`` as success.

        Raise NotFound, Taken, Invalid or Unavailable.
        """
        try:
            return self._call(self._privileged, f"projects/{self._project}/accounts{method}", fields)
        except _Refused as refused:
            code = refused.code
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

    def _call(self, session: requests.Session, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Return what a method answers. Raise _Refused for an error with a code, Unavailable for any other failure."""
        emulator = _emulator()
        url = f"{f'http://{emulator}/' if emulator else 'https://'}identitytoolkit.googleapis.com/v1/{path}"
        try:
            response = session.post(url, json=fields, timeout=self._limits, allow_redirects=False)
            answer = dict(response.json())
            if response.status_code != 200:
                raise _Refused(str(answer["error"]["message"]).partition(" ")[0])
        except (*_FAILURES, ValueError, LookupError, TypeError, RecursionError) as error:  # the latter four: no JSON
            raise Unavailable from error
        if not answer:
            raise Unavailable
        return answer


class _Refused(Exception):
    """An answer with an error code of Firebase Auth."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _emulator() -> str | None:
    return os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")


def _name(name: Any) -> str | None:
    try:
        return parse_name(name) if isinstance(name, str) else None
    except InvalidValue:
        return None


def _address(user: User) -> str:
    """Return the address of a user, or one that nobody can own (RFC 2606): Firebase demands one for a password."""
    return user.email.address if user.email else f"{user.id}@portero.invalid"
