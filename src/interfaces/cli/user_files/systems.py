"""Translates users of other systems, in the form of each system's own export, into the columns that an import reads.

No role and no claims are taken: rights in another system give none here. What else cannot be taken is reported.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

_Fields = Mapping[str, Any]

_PHONE = "phone number: there are none here."
_RIGHTS = "rights: give the user a role here."


class System(NamedTuple):
    """A system whose users can be imported. An entry without the member ``mark`` is none of its users."""

    mark: str
    translate: Callable[[_Fields], _Fields]
    """Return the columns of a user. Raises ValueError for an entry that is no user."""
    left: Callable[[_Fields], Iterator[str]]
    """Yield what is not taken of a user, and why."""


class _NoUser(ValueError):
    """The entry is not an account that can be imported. The message says why."""


def translated(system: str, fields: _Fields) -> tuple[_Fields, tuple[str, ...]]:
    """Return the columns of a user of a system, and what is not taken. Raises ValueError for another entry."""
    shape = SYSTEMS[system]
    try:
        if shape.mark in fields:
            return shape.translate(fields), tuple(dict.fromkeys(shape.left(fields)))
    except _NoUser:
        raise
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError):
        pass
    raise ValueError(f"this is not a user as {system} exports it.")


def _factor(kind: str) -> str:
    return f"second factor {kind}: the user adds a new one here."


def _sign_in(provider: str) -> str:
    return f"sign-in with {provider}: the user sets a password by mail."


def _auth0(user: _Fields) -> _Fields:
    """Translate an entry of an export of users, or of one of password hashes."""
    found: _Fields = next((each for each in user.get("identifiers") or [] if each["type"] == "email"), {})
    name = user.get("given_name") or user.get("name") or ""
    return {
        "username": user.get("username"),
        "email": user.get("email") or found.get("value"),
        "email_verified": user["email_verified"] if "email_verified" in user else found.get("verified"),
        "password_hash": user.get("passwordHash"),
        "name": None if "@" in name else name,  # without a name it is the address
        "last_name": user.get("family_name"),
        "disabled": user.get("blocked"),
        "created_at": user.get("created_at"),
    }


def _left_by_auth0(user: _Fields) -> Iterator[str]:
    for identity in user.get("identities") or []:
        if identity["provider"] != "auth0":
            yield _sign_in(identity["provider"])
    yield from map(_factor, user.get("multifactor") or [])
    if user.get("phone_number"):
        yield _PHONE


def _supabase(user: _Fields) -> _Fields:
    """Translate a row of the table ``auth.users``."""
    if user.get("deleted_at"):
        raise _NoUser("the user has been deleted there.")
    banned = str(user.get("banned_until") or "")
    return {
        "id": user.get("id"),
        "email": user.get("email"),
        "email_verified": bool(user.get("email_confirmed_at")),
        "password_hash": user["encrypted_password"],
        "disabled": bool(banned) and _is_future(banned),
        "created_at": user.get("created_at"),
    }


def _left_by_supabase(user: _Fields) -> Iterator[str]:
    if user.get("phone"):
        yield _PHONE
    if user.get("is_super_admin") in (True, "t", "true"):
        yield _RIGHTS
    if not user["encrypted_password"]:
        yield _sign_in("a provider or a link")


def _cognito(user: _Fields) -> _Fields:
    """Translate an entry of ``aws cognito-idp list-users``. Cognito never exports passwords."""
    given, made = _attributes(user), user.get("UserCreateDate")
    return {
        "id": given.get("sub"),
        "username": None if user["Username"] == given.get("sub") else user["Username"],
        "email": given.get("email"),
        "email_verified": given.get("email_verified"),
        "name": given.get("given_name") or given.get("name"),
        "last_name": given.get("family_name"),
        "disabled": user.get("Enabled") is False,
        "created_at": _from_seconds(made) if isinstance(made, float | int) else made,
    }


def _left_by_cognito(user: _Fields) -> Iterator[str]:
    yield "password: Cognito exports none; the user sets a new one by mail."
    if user.get("UserStatus") == "EXTERNAL_PROVIDER":
        yield _sign_in("an identity provider")
    if _attributes(user).get("phone_number"):
        yield _PHONE
    yield from map(_factor, user.get("UserMFASettingList") or [])


def _attributes(user: _Fields) -> Mapping[str, str]:
    return {each["Name"]: each["Value"] for each in user["Attributes"]}


def _keycloak(user: _Fields) -> _Fields:
    """Translate a user of the export of a realm."""
    if user.get("serviceAccountClientId") or user.get("serviceAccountClientLink"):
        raise _NoUser("this is the account of a service, not of a person.")
    passwords = (each for each in user.get("credentials") or [] if each["type"] == "password")
    return {
        "id": user.get("id"),
        "username": user["username"],
        "email": user.get("email"),
        "email_verified": user.get("emailVerified"),
        "password_hash": next(map(_keycloak_hash, passwords), None),
        "name": user.get("firstName"),
        "last_name": user.get("lastName"),
        "disabled": user.get("enabled") is False,
        "created_at": user.get("createdTimestamp"),
    }


def _keycloak_hash(credential: _Fields) -> str:
    """Return the hash in a credential, in the form of passlib or, of Argon2, of the PHC."""
    secret, data = json.loads(credential["secretData"]), json.loads(credential["credentialData"])
    algorithm, rounds = data["algorithm"], data["hashIterations"]
    salt, hash = (str(secret[name]).rstrip("=") for name in ("salt", "value"))
    if algorithm != "argon2":
        return f"${algorithm}${rounds}${salt}${hash}"
    more = {name: values[0] for name, values in data["additionalParameters"].items()}
    version = {"1.0": 16, "1.3": 19}[more["version"]]
    costs = f"m={more['memory']},t={rounds},p={more['parallelism']}"
    return f"$argon2{more['type']}$v={version}${costs}${salt}${hash}"


def _left_by_keycloak(user: _Fields) -> Iterator[str]:
    yield from (_factor(each["type"]) for each in user.get("credentials") or [] if each["type"] != "password")
    yield from (_sign_in(each["identityProvider"]) for each in user.get("federatedIdentities") or [])
    if user.get("federationLink"):
        yield "password: it is in the directory that Keycloak asks; the user sets a new one by mail."


def _left_by_firebase(user: _Fields) -> Iterator[str]:
    for each in user.get("providerUserInfo") or []:
        if each["providerId"] not in ("password", "phone"):
            yield _sign_in(each["providerId"])
    if user.get("phoneNumber"):
        yield _PHONE
    yield from (_factor("phone" if "phoneInfo" in each else "totp") for each in user.get("mfaInfo") or [])
    if user.get("customAttributes") not in (None, "", "{}"):
        yield _RIGHTS


def _left_by_django(user: _Fields) -> Iterator[str]:
    if any(user.get(name) in (True, "t", "true", "True", "1") for name in ("is_superuser", "is_staff")):
        yield _RIGHTS


def _left_by_flask_security(user: _Fields) -> Iterator[str]:
    if user.get("roles"):
        yield _RIGHTS
    if user.get("tf_primary_method"):
        yield _factor(user["tf_primary_method"])
    if user.get("us_phone_number") or user.get("tf_phone_number"):
        yield _PHONE


def _without_rights(user: _Fields) -> _Fields:
    return {name: value for name, value in user.items() if name not in ("role", "claims", "metadata", "factors")}


def _from_seconds(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _is_future(text: str) -> bool:
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)) > datetime.now(UTC)


SYSTEMS = {
    "auth0": System("email_verified", _auth0, _left_by_auth0),
    "cognito": System("Attributes", _cognito, _left_by_cognito),
    "django": System("password", _without_rights, _left_by_django),
    "firebase": System("localId", _without_rights, _left_by_firebase),
    "flask-security": System("fs_uniquifier", _without_rights, _left_by_flask_security),
    "keycloak": System("username", _keycloak, _left_by_keycloak),
    "supabase": System("encrypted_password", _supabase, _left_by_supabase),
}
"""The systems by the names with which the operator chooses them."""
