"""Stores passwords in Firebase Auth. Every user with a password has a Firebase account with the same id.

The Admin SDK verifies the ID tokens. All other calls go to the REST API.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import firebase_admin
from firebase_admin import auth, credentials
from firebase_admin.exceptions import FirebaseError
from google.auth.exceptions import GoogleAuthError

from src.application.ports import CustomToken, ExternalIdentity, ProviderAccount, TokenClaims
from src.domain.errors import InvalidToken, Unavailable
from src.domain.passwords import normalise_password
from src.domain.sessions import Proof
from src.domain.users import User
from src.domain.values import Email, InvalidValue, parse_name
from src.infrastructure.identity.addresses import parse_address
from src.infrastructure.identity.firebase_rest import UNUSABLE_ANSWERS, FirebaseRest
from src.infrastructure.identity.firebase_tokens import CustomTokens
from src.infrastructure.outages import unavailable_on

_CLOCK_SKEW_SECONDS = 10
"""The seconds by which the clock of Firebase may be ahead of the clock of this machine."""
_CUSTOM_TOKEN_SECONDS = 300
"""The life of a custom token. It works again and again in that time, and the end of its session does not stop it."""
_UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


class FirebaseAccounts:
    """Stores passwords in Firebase Auth and verifies its ID tokens. Implements RemoteAccounts."""

    def __init__(self, project: str, api_key: str, *, timeout: float = 8.0) -> None:
        """Connect at the first call. ``timeout`` bounds the wait for an answer, in seconds."""
        self.project = project
        self._timeout = timeout
        self._rest = FirebaseRest(project, api_key, timeout)
        self._tokens = CustomTokens(timeout)

    def verify_password(self, user: User | None, password: str) -> bool:
        """Return whether Firebase signs the user in with this password.

        If ``user`` is None, try to sign in with an address that no account has, and return False.
        """
        answer = self._rest.sign_in(_address(user) if user else "nobody@portero.invalid", normalise_password(password))
        return user is not None and answer.get("localId") == user.id and "idToken" in answer

    def sign_in(self, email: Email, password: str) -> ExternalIdentity | None:
        answer = self._rest.sign_in(email.address, normalise_password(password))
        return self.verify_id_token(str(answer["idToken"])) if "idToken" in answer else None

    def create(self, user: User, password: str | None) -> None:
        fields = {"localId": user.id, "email": _address(user)}
        if password:
            fields["password"] = normalise_password(password)
        if self._rest.manage("", ignore="DUPLICATE_LOCAL_ID", **fields):
            return
        # Ids are random. An account that has this id is anonymous, or the answer to an earlier attempt was lost.
        self._rest.manage(":update", emailVerified=user.email_verified, **fields)

    def set_email(self, user: User) -> None:
        self._rest.manage(":update", localId=user.id, email=_address(user), emailVerified=user.email_verified)

    @unavailable_on(*UNUSABLE_ANSWERS)
    def set_password(
        self,
        user: User,
        password: str,
        *,
        remove_other_sign_ins: bool = False,
        remove_second_factors: bool = False,
    ) -> None:
        fields: dict[str, Any] = {"password": normalise_password(password)}
        needs_record = remove_other_sign_ins or remove_second_factors or not user.email
        found = self._rest.lookup(user.id) if needs_record else {}
        if not user.email:  # Firebase accepts a password only together with an address.
            fields["email"] = found.get("email") or _address(user)
        others = {each["providerId"] for each in found.get("providerUserInfo", ())} - {"password"}
        if remove_other_sign_ins and others:
            fields["deleteProvider"] = sorted(others)
        if remove_second_factors and found.get("mfaInfo"):
            fields["mfa"] = {"enrollments": []}  # The list replaces the enrolments of the account.
        self._rest.manage(":update", localId=user.id, **fields)

    def wait_for_revocation(self) -> None:
        """Wait for the next second, because Firebase dates sign-ins in whole seconds."""
        time.sleep(1 - time.time() % 1)

    def set_claims(self, id: str, claims: Mapping[str, Any]) -> None:
        text = json.dumps(claims, ensure_ascii=False, separators=(",", ":"))
        self._rest.manage(":update", localId=id, customAttributes=text)

    def delete(self, id: str) -> None:
        self._rest.manage(":delete", ignore="USER_NOT_FOUND", localId=id)

    @unavailable_on(*UNUSABLE_ANSWERS)
    def get(self, id: str) -> ProviderAccount | None:
        found = self._rest.lookup(id)
        if not found:
            return None
        providers = {each["providerId"] for each in found.get("providerUserInfo", ())}
        return ProviderAccount(
            email=_parsed(parse_address, found.get("email")),
            email_verified=found.get("emailVerified") is True,
            name=_parsed(parse_name, found.get("displayName")),
            disabled=found.get("disabled") is True,
            anonymous=not (providers or found.keys() & {"email", "phoneNumber", "passwordHash", "customAuth"}),
            has_password="password" in providers,
            has_second_factor=bool(found.get("mfaInfo")),
            custom_claims=dict(json.loads(found.get("customAttributes") or "{}")),
            valid_since=datetime.fromtimestamp(int(found.get("validSince", 0)), UTC),
        )

    def verify_id_token(self, token: str) -> ExternalIdentity:
        """Return the owner of a Firebase ID token (https://firebase.google.com/docs/auth/admin/verify-id-tokens)."""
        client = self._client
        try:
            claims = client.verify_id_token(token, clock_skew_seconds=_CLOCK_SKEW_SECONDS)
        except auth.CertificateFetchError as error:
            raise Unavailable from error
        except (FirebaseError, GoogleAuthError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # The SDK raises the last four for some malformed tokens, before it verifies the signature.
            raise InvalidToken from None
        uid, signed_in, details = claims.get("uid"), claims.get("auth_time"), claims.get("firebase", {})
        if not isinstance(uid, str) or not _UID.fullmatch(uid):
            raise InvalidToken
        if not isinstance(signed_in, int) or not 0 <= signed_in <= time.time() + _CLOCK_SKEW_SECONDS:
            raise InvalidToken  # With the emulator everybody can make tokens, also with times that are no dates.
        if not isinstance(details, dict) or details.get("tenant") is not None:
            raise InvalidToken  # The SDK verifies the project, but not that the account belongs to none of its tenants.
        factor = details.get("sign_in_second_factor")
        return ExternalIdentity(
            uid=uid,
            authenticated_at=datetime.fromtimestamp(signed_in, UTC),
            second_factor=factor if isinstance(factor, str) else None,
            claims=_session_claims(uid, claims),
        )

    def revoke(self, id: str, valid_since: datetime) -> None:
        self._rest.manage(":update", localId=id, validSince=str(int(valid_since.timestamp())))

    def custom_token(self, claims: TokenClaims, user: User) -> CustomToken:
        assert claims.proof
        bound = {
            **user.custom_claims,
            "role": user.role.value,
            "portero_sid": claims.session_id,
            "portero_acr": claims.proof.level.value,
            "portero_amr": [*claims.proof.methods],
            "portero_auth_time": int(claims.proof.at.timestamp()),
        }
        return CustomToken(self._tokens.issue(claims.user_id, bound, _CUSTOM_TOKEN_SECONDS), _CUSTOM_TOKEN_SECONDS)

    @cached_property
    def _client(self) -> auth.Client:
        # Created at first use, because connections do not survive the fork of a web server.
        # Not initialize_app, which registers apps by name: another part of this process may use another project.
        options = {"projectId": self.project, "httpTimeout": self._timeout}
        app = firebase_admin.App(f"portero-{id(self)}", credentials.ApplicationDefault(), options)
        with unavailable_on(GoogleAuthError):  # The service has no credentials. The token is not the reason.
            return auth.Client(app)


def _session_claims(uid: str, claims: Mapping[str, Any]) -> TokenClaims | None:
    """Return the session that a custom token has put into an ID token, or None. Raises InvalidToken."""
    match claims:
        case {"portero_sid": str(id), "portero_amr": [*methods], "portero_auth_time": int(at)}:
            if 0 <= at <= time.time() + _CLOCK_SKEW_SECONDS and all(isinstance(each, str) for each in methods):
                return TokenClaims(uid, id, Proof(tuple(methods), datetime.fromtimestamp(at, UTC)))
    if "portero_sid" in claims:
        raise InvalidToken
    return None


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
