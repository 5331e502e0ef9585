"""Access tokens as JSON Web Tokens (RFC 7519, profile of RFC 9068)."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

import jwt
from jwt.algorithms import ECAlgorithm
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from src.application.ports import Clock, RefreshToken, TokenClaims, Tokens
from src.application.strict_json import strict_json
from src.domain.errors import InvalidToken
from src.domain.metadata import is_reserved
from src.domain.sessions import Level, Proof, Session
from src.domain.users import User
from src.domain.values import Role
from src.infrastructure.tokens import base64url
from src.infrastructure.tokens.signing_keys import KeyRing

CLIENT_ID = "portero"
"""The claim client_id, which RFC 9068 requires, for people. Their clients do not register, and share this one."""

_TYPE = "at+jwt"
_MAX_LENGTH = 4096
"""The most characters of a token. Tokens of the service have a few hundred."""

_REMEMBERED = 4096
"""The number of tokens whose verified signatures a process remembers. One takes about 1 KB."""

_CLOCK_SKEW_SECONDS = 60
"""By how much the clock of the issuing instance may be fast."""

_LONGEST_SECONDS = 86400
"""The longest lifetime that a setting can give a token."""

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the base point of the curve P-256 (SEC 2, section 2.4.2)."""

_Text = Annotated[str, Field(min_length=1)]
_Time = Annotated[int, Field(ge=0, lt=1 << 37)]
"""Seconds since 1970, up to the year 6325: a date can be made of each."""


class _Payload(BaseModel):
    """The standard claims of an access token, without the custom claims that admins have set.

    Claims without a default are required. The others say how and when the user logged in (OpenID Connect Core, section
    2; RFC 8176), and are missing in tokens of earlier versions.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    iss: _Text
    aud: _Text
    sub: _Text
    user_id: _Text
    role: Annotated[Role, Field(strict=False)]
    sid: _Text
    iat: int
    exp: int
    jti: _Text
    client_id: _Text
    auth_time: _Time | None = None
    acr: Level | None = Field(default=None, strict=False)
    amr: Annotated[tuple[_Text, ...], Field(strict=False)] | None = None


class _LowS(ECAlgorithm):
    """ES256 restricted to low-S signatures, so that nobody can turn a signature into another valid one.

    For every valid ECDSA signature (r, s), the signature (r, order - s) is valid too. ``sign`` returns the one with the
    smaller s, and ``verify`` refuses the other one.
    """

    def sign(self, msg: bytes, key: Any) -> bytes:
        signature = super().sign(msg, key)
        s = int.from_bytes(signature[32:])
        return signature[:32] + min(s, _P256_ORDER - s).to_bytes(32)

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        return int.from_bytes(sig[32:]) <= _P256_ORDER // 2 and super().verify(msg, key, sig)


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token with a verified signature: the id of the signing key, and the claims."""

    kid: str
    payload: _Payload
    claims: TokenClaims


_jws = jwt.PyJWS(algorithms=["EdDSA"])
_jws.register_algorithm("ES256", _LowS(ECAlgorithm.SHA256))


class JwtIssuer:
    """Issues and verifies access tokens as JWTs. Implements TokenIssuer."""

    def __init__(self, keys: KeyRing, clock: Clock, *, issuer: str, audience: str, seconds: int) -> None:
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._seconds = seconds
        # Exceptions are not remembered, so that tokens of strangers take no places.
        self._verified = lru_cache(_REMEMBERED)(self._verify_signature)

    def issue(self, user: User, session: Session, proof: Proof, refresh: RefreshToken | None = None) -> Tokens:
        now = int(self._clock().timestamp())
        seconds = min(self._seconds, int(session.expires_at.timestamp()) - now)
        payload = _Payload(
            iss=self._issuer,
            aud=self._audience,
            sub=user.id,
            user_id=user.id,
            role=user.role,
            sid=session.id,
            iat=now,
            exp=now + seconds,
            jti=secrets.token_hex(16),
            client_id=user.id if user.is_service else CLIENT_ID,
            auth_time=int(proof.at.timestamp()),
            acr=proof.level,
            amr=proof.methods,
        )
        key = self._keys.signing()
        headers = {"typ": _TYPE, "kid": key.kid}
        # The claims of the service come last, whatever names an earlier version has let admins use.
        claims = {**user.custom_claims, **payload.model_dump(mode="json")}
        access = _jws.encode(to_json(claims), key.private, key.algorithm, headers)
        return Tokens(access, seconds, refresh.value if refresh else None)

    def public_keys(self) -> dict[str, list[dict[str, str]]]:
        return self._keys.public()

    def recognises(self, token: str) -> bool:
        """Return whether the header names the type of an access token."""
        try:
            return bool(_json(token.partition(".")[0]).get("typ") == _TYPE)
        except InvalidToken:
            return False

    def verify(self, token: str) -> TokenClaims:
        """Return the claims of a valid token. Raise InvalidToken for any other text, also for a re-encoded token.

        The signature is verified at the first use of a token, and everything else at every use.
        """
        verified = self._verified(token)
        payload, now = verified.payload, self._clock().timestamp()
        ours = payload.iss == self._issuer and payload.aud == self._audience and payload.sub == payload.user_id
        alive = payload.iat - _CLOCK_SKEW_SECONDS <= now < payload.exp
        if not ours or not alive or not 0 < payload.exp - payload.iat <= _LONGEST_SECONDS:
            raise InvalidToken
        if self._keys.verifying(verified.kid) is None:  # it was removed after the first use of the token
            raise InvalidToken
        return verified.claims

    def claims(self, token: str) -> dict[str, Any]:
        self.verify(token)
        return _json(token.split(".")[1])

    def _verify_signature(self, token: str) -> _Verified:
        """Return a token that one of the current keys has signed, even if the token has expired. Raise InvalidToken."""
        parts = token.split(".")
        if len(token) > _MAX_LENGTH or len(parts) != 3:
            raise InvalidToken
        header = _json(parts[0])
        key = self._keys.verifying(str(header.get("kid")))
        if key is None or header != {"typ": _TYPE, "alg": key.algorithm, "kid": key.kid}:
            raise InvalidToken
        base64url.decode(parts[2])  # PyJWT would accept other spellings.
        try:
            # PyJWT checks only the signature: _Payload and ``verify`` are stricter about the claims.
            _jws.decode_complete(token, key.public, algorithms=[key.algorithm])
            claims = _json(parts[1])
            payload = _Payload.model_validate(claims)
        except (jwt.PyJWTError, ValidationError):
            raise InvalidToken from None
        if any(map(is_reserved, claims.keys() - _Payload.model_fields.keys())):
            raise InvalidToken  # a standard claim, such as nbf, that this service neither issues nor checks
        return _Verified(key.kid, payload, TokenClaims(payload.sub, payload.sid, _proof(payload)))


def _proof(payload: _Payload) -> Proof | None:
    """Return the proof of identity in the claims of a token, or None for a token of an earlier version."""
    if payload.auth_time is None or payload.amr is None:
        return None
    return Proof(payload.amr, datetime.fromtimestamp(payload.auth_time, UTC))


def _json(part: str) -> dict[str, Any]:
    """Return the JSON object in a part of a token. Raise InvalidToken."""
    try:
        value = strict_json(base64url.decode(part).decode())
    except ValueError:
        raise InvalidToken from None
    if not isinstance(value, dict):
        raise InvalidToken
    return value
