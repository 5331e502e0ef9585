"""Verify access tokens in a service of your own, with the keys that Portero publishes. Needs the extra ``verify``."""

import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import httpx2
import jwt
from jwt.utils import base64url_decode, base64url_encode
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from portero_client.keys import Keys
from portero_client.refusals import AuthError, Forbidden, InvalidToken, StepUpNeeded, Unauthenticated, Unavailable

__all__ = [
    "MEMBERS",
    "AuthError",
    "Forbidden",
    "InvalidToken",
    "StepUpNeeded",
    "Unauthenticated",
    "Unavailable",
    "User",
    "Verifier",
]

MEMBERS = ("user", "uploader", "auditor", "admin")
"""The roles of people with an account: every role but ``guest``."""

CLOCK_SKEW = 60
"""The seconds by which the clock of this machine may differ from that of Portero."""

_ALGORITHMS = ["EdDSA", "ES256"]
_JWS = jwt.PyJWS(algorithms=_ALGORITHMS)
_MAX_LENGTH = 4096
_LONGEST_SECONDS = 86400

_Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class User:
    """The user of a valid token. ``claims`` are all claims of the token, also those that admins have given the user."""

    id: str
    role: str
    session_id: str
    acr: str
    auth_time: int | None
    amr: tuple[str, ...]
    claims: dict[str, Any]


class Verifier:
    """Verifies access tokens of the Portero at ``url``. Create one for the process: it remembers the keys.

    With ``introspect``, a client id and its secret, each token is also looked up in Portero, so that the end of a
    session, a new role and a disabled user count at once. ``clock`` returns the time in seconds since 1970.
    """

    def __init__(
        self,
        url: str,
        *,
        issuer: str = "portero",
        audience: str = "portero",
        introspect: tuple[str, str] | None = None,
        http: httpx2.Client | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        # Keys are asked for so rarely that no connection waits for the next time.
        limits = httpx2.Limits(max_keepalive_connections=20 if introspect else 0)
        self._url, self._http = url.rstrip("/"), http or httpx2.Client(timeout=5, limits=limits)
        self._issuer, self._audience, self._introspect, self._clock = issuer, audience, introspect, clock
        self._keys = Keys(self._fetch_keys, clock)

    def authenticate(
        self,
        authorization: str | None,
        *,
        roles: Collection[str] = MEMBERS,
        acr: Literal["aal2"] | None = None,
        max_age: int | None = None,
    ) -> User:
        """Return the user of an Authorization header who has one of ``roles``. Raise an AuthError for any other header.

        ``acr`` asks for two factors, and ``max_age`` for a proof of identity of the last seconds. Both are checked
        before the role, because Portero may give an admin with one factor the role of a user.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated
        user = self.verify(token)
        too_old = max_age is not None and (user.auth_time is None or self._clock() - user.auth_time > max_age)
        if too_old or (acr is not None and user.acr != acr):
            raise StepUpNeeded(acr, max_age)
        if user.role not in roles:
            raise Forbidden
        return user

    def verify(self, token: str) -> User:
        """Return the user of a valid token. Raise InvalidToken for any other text, and Unavailable without keys."""
        parts = token.split(".")
        if len(token) > _MAX_LENGTH or len(parts) != 3:
            raise InvalidToken
        header, content, _ = _read(parts[0]), _read(parts[1]), _decode(parts[2])
        if set(header) != {"typ", "alg", "kid"} or header["typ"] != "at+jwt" or not isinstance(header["kid"], str):
            raise InvalidToken
        key = self._keys.find(header["kid"])
        if key is None or header["alg"] != key.algorithm_name:
            raise InvalidToken
        try:
            _JWS.decode_complete(token, key, algorithms=[key.algorithm_name])
            claims = _Claims.model_validate(content)
        except (jwt.PyJWTError, ValidationError):
            raise InvalidToken from None
        now = self._clock()
        alive = claims.iat - CLOCK_SKEW <= now < claims.exp + CLOCK_SKEW and claims.nbf - CLOCK_SKEW <= now
        ours = claims.iss == self._issuer and claims.aud == self._audience and claims.sub == claims.user_id
        if not alive or not ours or not 0 < claims.exp - claims.iat <= _LONGEST_SECONDS:
            raise InvalidToken
        return _user(claims if self._introspect is None else self._look_up(token, claims.sub, self._introspect))

    def _look_up(self, token: str, user_id: str, credential: tuple[str, str]) -> "_Claims":
        """Return the claims that Portero confirms. Raise InvalidToken if the token is not active any more."""
        url = f"{self._url}/auth/introspect"
        state = _json(lambda: self._http.post(url, data={"token": token}, auth=httpx2.BasicAuth(*credential)))
        if state.get("active") is not True or state.get("sub") != user_id:
            raise InvalidToken
        try:
            return _Claims.model_validate(state)
        except ValidationError:
            raise Unavailable from None

    def _fetch_keys(self) -> dict[str, jwt.PyJWK]:
        found = _json(lambda: self._http.get(f"{self._url}/.well-known/jwks.json"))
        try:
            usable = [each for each in found["keys"] if each.get("alg") in _ALGORITHMS]
            return {str(each["kid"]): jwt.PyJWK(each) for each in usable}
        except (LookupError, TypeError, AttributeError, ValueError, jwt.PyJWTError):
            raise Unavailable from None


class _Claims(BaseModel):
    """The claims that every access token has, in their types, beside those that admins have given the user."""

    model_config = ConfigDict(strict=True, extra="allow")

    iss: _Text
    aud: _Text
    sub: _Text
    user_id: _Text
    role: Literal["guest", "user", "uploader", "auditor", "admin"]
    sid: _Text
    iat: int
    exp: int
    jti: _Text
    client_id: _Text
    nbf: int = 0
    auth_time: Annotated[int, Field(ge=0, lt=1 << 37)] | None = None
    acr: Literal["aal1", "aal2"] = "aal1"
    amr: list[str] = []


def _user(claims: _Claims) -> User:
    content = claims.model_dump(exclude_unset=True)
    return User(claims.sub, claims.role, claims.sid, claims.acr, claims.auth_time, tuple(claims.amr), content)


def _json(send: Callable[[], httpx2.Response]) -> dict[str, Any]:
    """Return the JSON object that Portero answers. Raise Unavailable for anything else."""
    try:
        response = send()
        found = response.json() if response.status_code == 200 else None
    except (httpx2.HTTPError, ValueError):
        raise Unavailable from None
    if not isinstance(found, dict):
        raise Unavailable
    return found


def _decode(part: str) -> bytes:
    """Decode base64url in its only spelling. Raise InvalidToken for any other text, which PyJWT would accept."""
    try:
        data = base64url_decode(part)
    except ValueError:
        raise InvalidToken from None
    if base64url_encode(data).decode() != part:
        raise InvalidToken
    return data


def _read(part: str) -> dict[str, Any]:
    """Return the JSON object in a part of a token. Raise InvalidToken, also if the object has a member twice."""
    try:
        found = json.loads(_decode(part).decode(), object_pairs_hook=_members)
    except (ValueError, RecursionError):
        raise InvalidToken from None
    if not isinstance(found, dict):
        raise InvalidToken
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidToken
    return found
