"""Passwords kept by Firebase Auth; our users are its users, under the same id.

The Admin SDK writes; signing in with a password is a REST call that needs the web API key
(https://firebase.google.com/docs/reference/rest/auth#section-sign-in-email-password).
"""

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import firebase_admin
import requests
from firebase_admin import auth, credentials
from firebase_admin.exceptions import FirebaseError, InvalidArgumentError
from google.auth.exceptions import GoogleAuthError

from src.application.ports import AddressParser, ExternalIdentity
from src.domain.errors import (
    FieldError,
    Invalid,
    InvalidToken,
    NotFound,
    Taken,
    TooManyAttempts,
    Unavailable,
)
from src.domain.users import User
from src.domain.values import Email, InvalidValue, parse_name
from src.infrastructure.identity.bounded import BoundedAdapter

_log = logging.getLogger("portero.firebase")

_PRODUCTION = "https://identitytoolkit.googleapis.com"
_CLOCK_SKEW_SECONDS = 10
_UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_REFUSALS = {
    "EMAIL_NOT_FOUND",
    "INVALID_PASSWORD",
    "MISSING_PASSWORD",
    "INVALID_LOGIN_CREDENTIALS",
    "USER_DISABLED",
    "INVALID_EMAIL",
}


class FirebaseIdentity:
    """See IdentityProvider."""

    remote = True

    def __init__(self, project: str, api_key: str, addresses: AddressParser, *, timeout: float = 8.0) -> None:
        """``timeout`` bounds one call, in seconds. Connects at the first call."""
        self._project = project
        self._api_key = api_key
        self._addresses = addresses
        self._timeout = timeout

    def keep(self, password: str) -> None:
        """Nothing: Firebase keeps it."""

    def verify(self, user: User | None, password: str) -> bool:
        """Always one sign-in; without a user, with an address that nobody has."""
        answer = self._sign_in(_address(user) if user else "nobody@portero.invalid", password)
        # With a second factor enrolled Firebase accepts the password but hands out no token.
        return user is not None and answer.get("localId") == user.id and "idToken" in answer

    def outdated(self, user: User) -> bool:
        """Never: how Firebase hashes is its own affair."""
        return False

    def create(self, user: User, password: str | None) -> None:
        """See IdentityProvider."""
        # Ids are random: an account under this one is our own call, sent again after a lost reply.
        with _translated(), suppress(auth.UidAlreadyExistsError):
            self._client.create_user(uid=user.id, email=_address(user), password=password)

    def set_email(self, user: User) -> None:
        """See IdentityProvider."""
        with _translated():
            self._client.update_user(user.id, email=_address(user), email_verified=user.email_verified)

    def set_password(self, user: User, password: str) -> None:
        """See IdentityProvider."""
        with _translated():
            self._client.update_user(user.id, password=password)

    def sessions_ended(self) -> None:
        """Wait until the second is over: Firebase dates a sign-in in whole seconds."""
        time.sleep(1 - time.time() % 1)

    def delete(self, id: str) -> None:
        """See IdentityProvider."""
        with suppress(NotFound), _translated():
            self._client.delete_user(id)

    def exists(self, id: str) -> bool:
        """See IdentityProvider."""
        try:
            with _translated():
                self._client.get_user(id)
        except NotFound:
            return False
        return True

    def identify(self, token: str) -> ExternalIdentity:
        """The owner of a Firebase ID token (https://firebase.google.com/docs/auth/admin/verify-id-tokens)."""
        with _translated():
            client = self._client  # looks for credentials of ours: that there are none is not the caller's fault
        try:
            claims = client.verify_id_token(token, clock_skew_seconds=_CLOCK_SKEW_SECONDS)
        except auth.CertificateFetchError as error:
            raise Unavailable from error
        except (FirebaseError, GoogleAuthError, ValueError, TypeError, KeyError, AttributeError):
            # The SDK raises the latter three for some malformed tokens.
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

    @cached_property
    def _client(self) -> auth.Client:
        # Made at first use, because connections do not survive the fork of a web server. An app that is not
        # registered under a name: another one in the same process may be for another project.
        options = {"projectId": self._project, "httpTimeout": self._timeout}
        app = firebase_admin.App(f"portero-{id(self)}", credentials.ApplicationDefault(), options)
        client = auth.Client(app)
        # The SDK retries for as long as a Retry-After says and waits for every byte anew; there is no option.
        _bound(client._user_manager.http_client.session)
        return client

    @cached_property
    def _session(self) -> requests.Session:
        return _bound(requests.Session())

    def _sign_in(self, address: str, password: str) -> dict[str, Any]:
        """What accounts:signInWithPassword answers; empty when it refuses."""
        emulator = os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")
        origin = f"http://{emulator}/identitytoolkit.googleapis.com" if emulator else _PRODUCTION
        try:
            response = self._session.post(
                f"{origin}/v1/accounts:signInWithPassword",
                params={"key": self._api_key},
                json={"email": address, "password": password, "returnSecureToken": True},
                timeout=self._timeout,
            )
            answer = response.json()
            if response.status_code == 200 and isinstance(answer["localId"], str):
                return dict(answer)
            reason = str(answer["error"]["message"]).partition(" ")[0]
        except (requests.RequestException, ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unavailable from error
        if reason in _REFUSALS:
            return {}
        if reason == "TOO_MANY_ATTEMPTS_TRY_LATER":
            raise TooManyAttempts(retry_after=60)
        _log.error("signing in with a password is refused: %s", reason)
        raise Unavailable


def _name(name: Any) -> str | None:
    try:
        return parse_name(name) if isinstance(name, str) else None
    except InvalidValue:
        return None


def _bound(session: requests.Session) -> requests.Session:
    session.mount("http://", BoundedAdapter())
    session.mount("https://", BoundedAdapter())
    return session


def _address(user: User) -> str:
    """Firebase wants an address of every password user: one nobody can own (RFC 2606) for those without."""
    return user.email.address if user.email else f"{user.id}@portero.invalid"


@contextmanager
def _translated() -> Iterator[None]:
    """The errors of the Admin SDK in the words of the domain."""
    try:
        yield
    except auth.UserNotFoundError:
        raise NotFound from None
    except auth.EmailAlreadyExistsError:
        raise Taken("email") from None
    except (InvalidArgumentError, ValueError) as error:
        # Raised for an address or a password that Firebase does not take, and for an answer that is no JSON.
        for field in ("email", "password"):
            if field in str(error).lower():
                raise Invalid(FieldError(field, "invalid", f"Firebase does not accept this {field}.")) from None
        raise Unavailable from error
    except (
        FirebaseError,
        GoogleAuthError,
        requests.RequestException,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise Unavailable from error
