"""The examples of the document, which tell one story: Anna makes an account, a task, a dog, a file and a dataset."""

from collections.abc import Iterable
from typing import Any

_ANNA = "3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"
_SESSION = "a41d7c02f3be4d0f9a6c5e8b7d1f2c3b"
_OTHER = "8c0a5be1d2f34a6b9c7d8e0f1a2b3c4d"
"""The id of a resource that is neither a user nor a session."""
_REFRESH = "pQ8Zr1Yx0Jv5Wn3Kc7Tm2Lb9Hd4Gf6Sa"  # shorter than a real one, so that nobody takes it for one
_SHA256 = "7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730"
_BEGUN, _LATER = "2026-11-22T09:00:00Z", "2026-11-22T09:05:00Z"

_BY_NAME: dict[str, Any] = {
    "accessToken": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln",
    "alg": "EdDSA",
    "attempts": 1,
    "auth_time": 1795338000,
    "aud": "portero",
    "client_id": "portero",
    "client_secret": "a-secret_of.billing",
    "column": "id",
    "content_type": "text/csv",
    "count": 0,
    "create_date": _BEGUN,
    "created_at": _BEGUN,
    "crv": "Ed25519",
    "delimiter": ",",
    "encoding": "utf-8",
    "error": "The other service answered 500.",
    "exp": 1795338900,
    "expires_at": "2026-11-23T09:00:00Z",
    "filename": "customers.csv",
    "iat": 1795338000,
    "id": _OTHER,
    "id_user": _ANNA,
    "ip": "192.0.2.1",
    "iss": "portero",
    "issuer": "https://api.example.com",
    "jti": "5d0c7b1e9f2a4c3d8e6b0a1f2c3d4e5f",
    "jwks_uri": "https://api.example.com/.well-known/jwks.json",
    "kid": "QmJx4V0c",
    "kty": "OKP",
    "last_name": "Ruiz",
    "last_used_at": _LATER,
    "line": 2,
    "max": 120,
    "min": 0,
    "openapi": "3.1.1",
    "pattern": "[A-Z]{2}[0-9]+",
    "picture": "https://images.dog.ceo/breeds/hound-afghan/n02088094_1003.jpg",
    "progress": 1,
    "refreshToken": _REFRESH,
    "refresh_token": _REFRESH,
    "row": 2,
    "rows": 2,
    "scope": "",
    "sha256": _SHA256,
    "sid": _SESSION,
    "size": 24,
    "sub": _ANNA,
    "text": "2 rows, 2 columns. Nothing was found.",
    "token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln",
    "token_endpoint": "https://api.example.com/auth/token",
    "token_type_hint": "access_token",
    "updated_at": _BEGUN,
    "user_agent": "curl/8.5.0",
    "user_id": _ANNA,
    "value": "1",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
"""The examples of properties that declare none, by the name of the property."""


def add_examples(models: Iterable[dict[str, Any]]) -> None:
    """Give each property of the schemas the example of its declaration, or else an example from the story of Anna."""
    for schema in models:
        for variant in schema.get("anyOf", [schema]):
            for name, described in variant.get("properties", {}).items():
                declared = [
                    each for part in (described, *described.get("anyOf", ())) for each in part.get("examples", ())
                ]
                if declared or name in _BY_NAME:
                    described["examples"] = declared[:1] or [_BY_NAME[name]]
