"""Translates users as other systems export them into fields that an import reads by their names.

No role and no claims are taken: rights in another system give none here. What else is not taken is reported.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from src.application.importing import NotImportable
from src.domain.messages import Translatable

_Fields = Mapping[str, Any]

_RIGHTS = ("role", "claims", "metadata", "factors", "keys")
"""The names of fields that only an export of this service fills."""
_PHONE = Translatable("phone number: there are none here.")
_ROLE = Translatable("rights: give the user a role here.")
_FACTOR = Translatable("second factor: the user adds a new one here.")
_SIGN_IN = Translatable("sign-in with another provider: the user sets a password by mail.")
_LEFT = {
    **dict.fromkeys(("phone", "phone_number", "phoneNumber", "us_phone_number"), _PHONE),
    **dict.fromkeys(("is_superuser", "is_staff", "is_super_admin", "roles", "customAttributes"), _ROLE),
    **dict.fromkeys(
        ("multifactor", "UserMFASettingList", "mfaInfo", "tf_primary_method", "other_credentials"), _FACTOR
    ),
    **dict.fromkeys(("other_sign_ins", "federatedIdentities", "federationLink"), _SIGN_IN),
}
"""The fields of all systems that an import does not take, and what the operator is told about each."""
_NOTHING: tuple[Any, ...] = (None, "", "{}", "f", "false", "False", "0", False, [], {})
_OWN_SIGN_INS = ("auth0", "password", "phone")


def translated(system: str, entry: _Fields) -> tuple[_Fields, tuple[str, ...]]:
    """Return the fields that an import takes from an entry of a system, and the reasons for those it ignores.

    Raises NotImportable unless the entry is a user as this system exports it.
    """
    marks, translate = SYSTEMS[system]
    try:
        if any(mark in entry for mark in marks):
            fields = {name: value for name, value in translate(entry).items() if name not in _RIGHTS}
            left = [reason for name, reason in _LEFT.items() if fields.get(name) not in _NOTHING]
            return fields, tuple(dict.fromkeys(left))
    except NotImportable:
        raise
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError):
        pass
    raise NotImportable(Translatable("this is not a user as {system} exports it.", system=system))


def _auth0(user: _Fields) -> _Fields:
    """Translate an entry of an export of users, or of one of password hashes."""
    own = [each for each in user.get("identifiers") or [] if each["type"] == "email"]
    address = {"email": own[0]["value"], "email_verified": own[0].get("verified")} if own else {}
    name = None if "@" in (user.get("name") or "") else user.get("name")  # without a name it is the address
    return {**address, **user, "name": name, "other_sign_ins": _others(user.get("identities"), "provider")}


def _cognito(user: _Fields) -> _Fields:
    """Translate an entry of ``aws cognito-idp list-users``, which has no passwords."""
    attributes = {each["Name"]: each["Value"] for each in user["Attributes"]}
    name = user["Username"]
    external = user.get("UserStatus") == "EXTERNAL_PROVIDER"
    names = {"username": None if name == attributes.get("sub") else name}
    return {**attributes, **user, **names, "other_sign_ins": external}


def _firebase(user: _Fields) -> _Fields:
    return {**user, "other_sign_ins": _others(user.get("providerUserInfo"), "providerId")}


def _keycloak(user: _Fields) -> _Fields:
    """Translate a user of the export of a realm."""
    if user.get("serviceAccountClientId") or user.get("serviceAccountClientLink"):
        raise NotImportable("this is the account of a service, not of a person.")
    credentials = user.get("credentials") or []
    credentials = sorted(credentials, key=lambda each: each["type"] != "password")
    passwords = [each for each in credentials if each["type"] == "password"]
    hash = _keycloak_hash(passwords[0]) if passwords else None
    return {**user, "password_hash": hash, "other_credentials": credentials[len(passwords) :]}


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


def _supabase(user: _Fields) -> _Fields:
    """Translate a row of the table ``auth.users``."""
    if user.get("deleted_at"):
        raise NotImportable("the user has been deleted there.")
    banned = datetime.fromisoformat(str(user.get("banned_until") or "1970-01-01"))
    return {**user, "disabled": (banned if banned.tzinfo else banned.replace(tzinfo=UTC)) > datetime.now(UTC)}


def _others(sign_ins: Any, name: str) -> list[Any]:
    """Return the sign-ins that are not the system's own."""
    return [each for each in sign_ins or [] if each[name] not in _OWN_SIGN_INS]


def _unchanged(user: _Fields) -> _Fields:
    return user


SYSTEMS: Mapping[str, tuple[Sequence[str], Callable[[_Fields], _Fields]]] = {
    "auth0": (["email_verified", "identifiers"], _auth0),
    "cognito": (["Attributes"], _cognito),
    "django": (["password"], _unchanged),
    "firebase": (["localId"], _firebase),
    "flask-security": (["fs_uniquifier"], _unchanged),
    "keycloak": (["username"], _keycloak),
    "supabase": (["encrypted_password"], _supabase),
}
"""For each system, by the name with which the operator chooses it, fields of which each of its users has one, and the
function that translates a user."""
