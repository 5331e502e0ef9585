"""The JSON objects that an account holds: the user's own metadata, and the claims that admins give to its tokens."""

import json
import math
from collections.abc import Mapping
from typing import Any

from src.domain.errors import FieldError, Invalid
from src.domain.messages import Translatable

MAX_METADATA = 8 << 10
"""The most bytes of metadata as compact JSON."""
MAX_CLAIMS = 1000
"""The most bytes of the claims of a user as compact JSON, together with the role. Firebase takes no more."""
MAX_DEPTH = 8
"""The most levels of metadata, and of claims. The object itself is the first one."""

_STANDARDS = """
iss sub aud exp nbf iat jti cnf act may_act client_id scope roles groups entitlements active token_type username
"""
"""The names of RFC 7519, RFC 7800, RFC 8693, RFC 9068, RFC 7643 and RFC 7662."""
_OPENID_CONNECT = """
auth_time acr amr azp nonce at_hash c_hash s_hash sid events name given_name family_name middle_name nickname
preferred_username profile picture website email email_verified gender birthdate zoneinfo locale phone_number
phone_number_verified address updated_at sub_jwk _claim_names _claim_sources
"""
"""The names of OpenID Connect Core and of its logout specifications."""
_FIREBASE_AND_OURS = "firebase user_id uid role"

RESERVED_CLAIMS = frozenset(f"{_STANDARDS} {_OPENID_CONNECT} {_FIREBASE_AND_OURS}".split())
"""The names that no claim may have, beside those that begin with ``RESERVED_PREFIX``."""
RESERVED_PREFIX = "portero_"


def is_reserved(name: str) -> bool:
    """Return whether no custom claim may have this name."""
    return name in RESERVED_CLAIMS or name.startswith(RESERVED_PREFIX)


def merged(target: Any, patch: Any) -> Any:
    """Return ``target`` after the merge patch ``patch`` (RFC 7396)."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch (RFC 7396) that turns ``old`` into ``new``, without the members that are null."""
    patch: dict[str, Any] = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        patch[name] = (
            merge_patch(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
        )
    return patch


def merged_metadata(metadata: Mapping[str, Any], patch: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the metadata of a user after a merge patch. Raises Invalid if the result is too large."""
    _check_values("metadata", patch)  # the merge goes as deep as the patch, and no deeper than one of the two
    changed = merged(metadata, patch)
    if json_size(changed) > MAX_METADATA:
        raise _too_large("metadata", MAX_METADATA)
    return dict(changed)


def check_claims(claims: Mapping[str, Any], role: str) -> Mapping[str, Any]:
    """Return the claims if a user with this role may have them. Raises Invalid."""
    if taken := sorted(filter(is_reserved, claims)):
        names = ", ".join(taken)
        raise Invalid(FieldError("claims", "reserved", Translatable("These names are reserved: {names}.", names=names)))
    _check_values("claims", claims)
    if json_size({"role": role, **claims}) > MAX_CLAIMS:
        raise _too_large("claims", MAX_CLAIMS)
    return claims


def json_size(value: Mapping[str, Any]) -> int:
    """Return the number of bytes of a value as compact JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _check_values(field: str, value: Mapping[str, Any]) -> None:
    """Raise Invalid for more than MAX_DEPTH levels, or for a number that is too large for a float.

    The levels are walked without recursion, which deep nesting could exhaust.
    """
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        containers = [each for each in level if isinstance(each, Mapping | list)]
        level = [child for each in containers for child in (each.values() if isinstance(each, Mapping) else each)]
        if any(isinstance(each, float) and not math.isfinite(each) for each in level):
            raise Invalid(FieldError(field, "too_large", "A number is too large."))
    if any(isinstance(each, Mapping | list) for each in level):
        message = Translatable("Use at most {n} levels of objects and lists.", n=MAX_DEPTH)
        raise Invalid(FieldError(field, "too_large", message))


def _too_large(field: str, most: int) -> Invalid:
    return Invalid(FieldError(field, "too_large", Translatable("Use at most {n} bytes as compact JSON.", n=most)))
