"""Makes custom tokens, with which clients sign in at Firebase.

See https://firebase.google.com/docs/auth/admin/create-custom-tokens. The Admin SDK can make custom tokens too, but its
tokens are valid for an hour, and can be used repeatedly.
"""

import os
import time
from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

from firebase_admin import credentials
from google.auth import iam, jwt
from google.auth.credentials import Signing
from google.auth.crypt import Signer
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from src.infrastructure.outages import unavailable_on

_AUDIENCE = "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"

_FAILURES = (
    GoogleAuthError,
    # Raised for an answer of IAM that is not the expected JSON.
    ValueError,
    LookupError,
    TypeError,
    # Raised for credentials of a person instead of a service account.
    AttributeError,
)


class CustomTokens:
    """Signs custom tokens with the key of the service account or with IAM. Tokens for the emulator stay unsigned."""

    def __init__(self, timeout: float) -> None:
        """Connect at the first call. ``timeout`` bounds the wait for an answer of Google, in seconds."""
        self._timeout = timeout

    def issue(self, user_id: str, claims: Mapping[str, Any], seconds: int) -> str:
        """Return a token that signs ``user_id`` in, with ``claims`` in its ID tokens. Raises Unavailable."""
        with unavailable_on(*_FAILURES):
            signer, account, algorithm = self._signer
            now = int(time.time())
            standard = {"iss": account, "sub": account, "aud": _AUDIENCE, "iat": now, "exp": now + seconds}
            payload = {**standard, "uid": user_id, "claims": dict(claims)}
            return bytes(jwt.encode(signer, payload, header={"alg": algorithm})).decode()  # type: ignore[no-untyped-call]

    @cached_property
    def _signer(self) -> tuple[Signer, str, str]:
        """The signer, the e-mail address of its service account, and the algorithm."""
        if os.environ.get("FIREBASE_AUTH_EMULATOR_HOST"):
            return _NoSigner(), "firebase-auth-emulator@example.com", "none"
        credential = credentials.ApplicationDefault().get_credential()
        if isinstance(credential, Signing):  # it has a key
            return credential.signer, credential.signer_email, "RS256"
        request = partial(Request(), timeout=self._timeout)
        credential.refresh(request)  # the metadata server tells the name of the service account
        account = credential.service_account_email
        return iam.Signer(request, credential, account), account, "RS256"  # type: ignore[no-untyped-call]


class _NoSigner(Signer):
    """Leaves tokens unsigned, because the emulator accepts unsigned tokens only."""

    key_id = None

    def sign(self, message: bytes) -> bytes:
        """Return an empty signature."""
        return b""
