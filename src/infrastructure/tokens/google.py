"""Verifies the OIDC tokens with which Cloud Tasks and Cloud Scheduler call this service.

See https://cloud.google.com/run/docs/triggering/using-tasks and https://developers.google.com/identity/openid-connect.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt

from src.domain.errors import InvalidToken, PorteroError, Unavailable
from src.infrastructure.outgoing.circuit import Circuit
from src.infrastructure.outgoing.http import Destination

CERTIFICATES = "https://www.googleapis.com/oauth2/v3/certs"
_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_CLAIMS = ["iss", "aud", "iat", "exp", "email", "email_verified"]
_CLOCK_SKEW = timedelta(seconds=60)
_KEPT = timedelta(hours=6)
"""The time after which Google's keys are fetched again, so that a key that Google has removed is not used for long."""
_PAUSE = timedelta(minutes=1)
"""The least time between two requests for the keys, so that made-up tokens cause no traffic."""

_log = logging.getLogger("portero.queues")


class GoogleTokens:
    """Accepts the tokens that Google issues to one service account for one audience."""

    def __init__(
        self, audience: str, account: str, url: str = CERTIFICATES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Fetch Google's keys from ``url`` when they are first needed."""
        self._audience, self._account, self._clock = audience, account, clock
        self._google = Destination(url, Circuit("Google"), connect=3, idle=5)
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._fetched_at = self._asked_at = float("-inf")

    def require(self, token: str) -> None:
        """Raise InvalidToken unless Google issued the token to the account, for the audience.

        Any service account can get a token for any audience from Google, so the account in the token is compared.
        Raises Unavailable if Google's keys cannot be fetched.
        """
        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid")))
            claims = jwt.decode(
                token,
                key,
                ["RS256"],
                options={"require": _CLAIMS, "strict_aud": True},
                audience=self._audience,
                issuer=_ISSUERS,
                leeway=_CLOCK_SKEW,
            )
        except (jwt.PyJWTError, RecursionError):
            raise InvalidToken from None
        if claims["email"] != self._account or claims["email_verified"] is not True:
            raise InvalidToken

    def _key(self, kid: str) -> Any:
        """Return the key with this id. Raises InvalidToken for an unknown one, and Unavailable without any keys."""
        with self._lock:
            now = self._clock()
            is_old = now - self._fetched_at >= _KEPT.total_seconds()
            if (is_old or kid not in self._keys) and now - self._asked_at >= _PAUSE.total_seconds():
                self._asked_at = now
                self._fetch(now)
            if not self._keys:
                raise Unavailable
        if kid not in self._keys:
            raise InvalidToken
        return self._keys[kid]

    def _fetch(self, now: float) -> None:
        """Replace the keys by those that Google publishes now. Keep them if Google does not answer."""
        try:
            found = self._google.ask("GET").json()["keys"]
            self._keys = {key["kid"]: jwt.PyJWK(key, "RS256").key for key in found if key["kty"] == "RSA"}
            self._fetched_at = now
        except (PorteroError, ValueError, LookupError, TypeError, jwt.PyJWTError) as error:
            _log.warning("Google's keys cannot be read: %r", error)
