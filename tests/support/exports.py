"""Generates exports of users as other systems write them, with hashes of PASSWORD that are cheap to check.

Each form is that of the system's own documentation:

- auth0: https://support.auth0.com/center/s/article/How-to-Use-the-Password-Hashes-Export-from-Auth0
- cognito: https://docs.aws.amazon.com/cli/latest/reference/cognito-idp/list-users.html
- django: https://docs.djangoproject.com/en/5.2/ref/django-admin/#dumpdata
- firebase: https://firebase.google.com/docs/cli/auth#file_format, hashes as https://github.com/firebase/scrypt
- flask-security: the table of https://flask-security-too.readthedocs.io/en/stable/models.html
- keycloak: https://www.keycloak.org/server/importExport, with hashes as its class PasswordCredentialModel holds them
- supabase: the table auth.users, https://supabase.com/docs/guides/auth/password-security#how-are-passwords-stored
"""

import base64
import csv
import hashlib
import hmac
import io
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import UUID

import argon2
import bcrypt
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PASSWORD = "pässword horse"
SALT = b"0123456789abcdef"
FLASK_SALT = "146585145368132386173505678016728509634"
SIGNER_KEY = base64.b64encode(bytes(range(64))).decode()
OPTIONS = {
    "firebase": ("--hash-key", SIGNER_KEY, "--salt-separator", "Bw==", "--mem-cost", "4"),
    "flask-security": ("--flask-security-salt", FLASK_SALT),
}
"""The options of `users import` that the files of a system need."""

_secret = PASSWORD.encode()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bcrypt(secret: bytes = _secret, prefix: bytes = b"2b") -> str:
    return bcrypt.hashpw(secret[:72], bcrypt.gensalt(4)).decode().replace("$2b$", f"${prefix.decode()}$")


def _argon2_phc() -> str:
    return argon2.PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)


def _firebase() -> str:
    key = hashlib.scrypt(_secret, salt=SALT + b"\x07", n=16, r=8, p=1, dklen=32)
    cipher = Cipher(algorithms.AES(key), modes.CTR(bytes(16)))
    return _b64(cipher.encryptor().update(base64.b64decode(SIGNER_KEY)))


def _pbkdf2(digest: str, size: int) -> bytes:
    return hashlib.pbkdf2_hmac(digest, _secret, SALT, 100, size)


def keycloak_credential(algorithm: str, rounds: int, hash: bytes, **more: str) -> dict[str, Any]:
    """Return a credential of Keycloak. ``more`` has further parameters."""
    additional = {name: [value] for name, value in more.items()}
    secret = {"value": _b64(hash), "salt": _b64(SALT), "additionalParameters": {}}
    data = {"hashIterations": rounds, "algorithm": algorithm, "additionalParameters": additional}
    return {"type": "password", "secretData": json.dumps(secret), "credentialData": json.dumps(data)}


@cache
def hashes(system: str) -> Sequence[Any]:
    """Return an example of each kind of hash that a system exports."""
    match system:
        case "auth0":
            return [_bcrypt()]
        case "supabase":
            fbscrypt = f"$fbscrypt$v=1,n=4,r=8,p=1,ss=Bw==,sk={SIGNER_KEY}${_b64(SALT)}${_firebase()}"
            return [_bcrypt(prefix=b"2a"), _argon2_phc(), fbscrypt]
        case "keycloak":
            argon = hash_secret_raw(_secret, SALT, 1, 16, 1, 32, Type.ID)
            return [
                keycloak_credential("argon2", 1, argon, memory="16", type="id", version="1.3", parallelism="1"),
                keycloak_credential("pbkdf2-sha512", 100, _pbkdf2("sha512", 64)),
                keycloak_credential("pbkdf2-sha256", 100, _pbkdf2("sha256", 64)),
                keycloak_credential("pbkdf2", 100, _pbkdf2("sha1", 64)),
            ]
        case "firebase":
            return [{"passwordHash": _firebase(), "salt": _b64(SALT)}]
        case "django":
            return [f"pbkdf2_sha256$100${SALT.decode()}${_b64(_pbkdf2('sha256', 32))}", f"argon2{_argon2_phc()}"]
        case "flask-security":
            return [_bcrypt(base64.b64encode(hmac.digest(FLASK_SALT.encode(), _secret, "sha512")))]
        case _:
            return [None]


def _user(system: str, at: int, hash: Any) -> dict[str, Any]:
    email, id = f"user{at}@example.com", str(UUID(int=(1 << 100) + at))
    fields: dict[str, Any]
    names: dict[str, Any]
    states: dict[str, Any]
    user: dict[str, Any]
    match system:
        case "auth0":
            root = {"email_verified": True, "email": email} if at % 2 else {}  # some entries have the identifiers only
            return {
                "_id": {"$oid": f"{at:024x}"},
                **root,
                "passwordHash": hash,
                "password_set_date": {"$date": "2019-12-06T18:36:12.412Z"},
                "tenant": "example",
                "connection": "Username-Password-Authentication",
                "_tmp_is_unique": True,
                "identifiers": [{"type": "email", "value": email, "verified": True}],
            }
        case "cognito":
            attributes = {"sub": id, "email_verified": "true", "email": email, "given_name": "Ana"}
            return {
                "Username": f"user{at}",
                "Attributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
                "UserCreateDate": 1689980857.949,
                "UserLastModifiedDate": 1689980857.949,
                "Enabled": True,
                "UserStatus": "CONFIRMED",
            }
        case "django":
            fields = {
                "password": hash,
                "last_login": None,
                "is_superuser": False,
                "username": f"user{at}",
            }
            more = {"first_name": "Ana", "last_name": "Ruiz", "email": email, "is_staff": False, "is_active": True}
            times = {"date_joined": "2023-07-31T15:19:07.415Z", "groups": [], "user_permissions": []}
            return {"model": "auth.user", "pk": at, "fields": {**fields, **more, **times}}
        case "firebase":
            provider = {"providerId": "password", "rawId": email, "email": email}
            times = {"lastSignedInAt": "1580702706000", "createdAt": "1580702706000"}
            own = {"localId": f"{at:028}", "email": email, "emailVerified": True, "displayName": "Ana"}
            return {**own, **hash, **times, "disabled": False, "providerUserInfo": [provider]}
        case "flask-security":
            names = {
                "id": at,
                "email": email,
                "username": f"user{at}",
                "password": hash,
                "active": True,
            }
            return {**names, "fs_uniquifier": f"{at:032x}", "confirmed_at": "2023-07-31T15:19:07", "roles": []}
        case "keycloak":
            names = {"firstName": "Ana", "lastName": "Ruiz", "email": email}
            states = {"enabled": True, "totp": False, "emailVerified": True, "createdTimestamp": 1699876800000}
            user = {"id": id, "username": f"user{at}", **names, **states, "requiredActions": []}
            return {**user, "credentials": [hash], "realmRoles": ["default-roles-example"]}
        case _:
            times = {"email_confirmed_at": "2024-05-06 07:08:09.12345+00", "created_at": "2024-05-06 07:08:09+00"}
            user = {"instance_id": str(UUID(int=0)), "id": id, "aud": "authenticated", "role": "authenticated"}
            states = {"phone": "", "is_super_admin": "", "banned_until": "", "deleted_at": "", "is_anonymous": "f"}
            return {**user, "email": email, "encrypted_password": hash, **times, **states}


def users(system: str, count: int) -> Iterator[dict[str, Any]]:
    """Yield users of a system, with addresses from user0@example.com on."""
    for at, hash in islice(enumerate(cycle(hashes(system))), count):
        yield _user(system, at, hash)


def _csv(entries: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, entries[0])
    writer.writeheader()
    writer.writerows(entries)
    return text.getvalue()


_FILES: dict[str, Callable[[Sequence[dict[str, Any]]], str]] = {
    "auth0": lambda entries: "".join(f"{json.dumps(each)}\n" for each in entries),
    "cognito": lambda entries: json.dumps({"Users": entries}),
    "django": json.dumps,
    "firebase": lambda entries: json.dumps({"users": entries}),
    "flask-security": json.dumps,
    "keycloak": lambda entries: json.dumps({"realm": "example", "users": entries}),
    "supabase": _csv,
}
SYSTEMS = tuple(_FILES)


def write(system: str, path: Path, entries: Sequence[dict[str, Any]]) -> str:
    """Write a file of these users in the format of a system, and return its name."""
    path.write_text(_FILES[system](entries))
    return str(path)
