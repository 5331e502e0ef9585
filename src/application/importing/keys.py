"""Checks the keys in an export of this service."""

import re
from collections.abc import Sequence
from dataclasses import replace

from src.application.importing.records import NotImportable, UserRecord
from src.domain.keys import KEY_PREFIX, MAX_KEYS, Key, parse_key_name
from src.domain.messages import Translatable
from src.domain.users import User
from src.domain.values import InvalidValue

_ID, _HASH, _PREFIX = re.compile("[0-9a-f]{32}"), re.compile("[0-9a-f]{64}"), re.compile(KEY_PREFIX + "[0-9A-Za-z]{6}")


def with_keys(user: User, record: UserRecord) -> tuple[User, Sequence[Key]]:
    """Return a user with the keys of its record, and the keys. Raises NotImportable for keys that no user can have."""
    if any(each.user_id != user.id for each in record.keys):
        raise NotImportable.because("keys", "they contain the id of the user, which cannot be kept.")
    scopes = {each.id: each.scope for each in record.keys}
    if len(scopes) < len(record.keys) or not all(map(_is_whole, record.keys)):
        raise NotImportable.because("keys", "these are not the keys of a user.")
    if len(scopes) > MAX_KEYS or (scopes and user.disabled):
        raise NotImportable.because(
            "keys", Translatable("a user has at most {n} keys, and a disabled user has none.", n=MAX_KEYS)
        )
    try:
        keys = [replace(each, name=parse_key_name(each.name), revision="") for each in record.keys]
    except InvalidValue as error:
        raise NotImportable.because("keys", error.message) from None
    return replace(user, keys=scopes), keys


def _is_whole(key: Key) -> bool:
    matches = _ID.fullmatch(key.id) and _HASH.fullmatch(key.hash) and _PREFIX.fullmatch(key.prefix)
    return bool(matches) and key.hash.startswith(key.id)
