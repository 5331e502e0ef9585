"""Turns rows of the files of other systems into records of users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from src.application.importing import NotImportable, UserRecord
from src.application.strict_json import texts_in
from src.domain.factors import Factor
from src.domain.keys import Key
from src.domain.messages import Translatable
from src.domain.users import PROFILE_PARSERS
from src.interfaces.user_files.credentials import read_credentials

COLUMNS = {
    "id": ("id", "localId", "uid", "sub"),
    "username": ("username", "user_name", "login"),
    "email": ("email", "email_address"),
    "role": ("role",),
    "password_hash": ("password_hash", "passwordHash", "encrypted_password", "password", "hash"),
}
"""The names that other systems use, for each attribute of UserRecord that is a text."""
_DETAILS = {
    "name": ("first_name", "given_name", "firstName", "name", "displayName"),
    "last_name": ("last_name", "family_name", "lastName", "surname"),
}
"""The names that other systems use for personal details. A detail that is not here has our own name only."""
_TIMES = ("createdTimestamp", "UserCreateDate")
_TRUE, _FALSE = ("true", "t", "1", "yes", "y"), ("false", "f", "0", "no", "n", "", "none", "null")
_FAKE_HASH = "fakeHash:salt="
"""The beginning of the hashes that the emulator of Firebase Auth exports. They hold the password itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """A user as the file describes it. ``place`` is its line or number, for messages."""

    place: str
    fields: Mapping[str, Any]
    left: tuple[str, ...] = ()
    """The fields of the file that the import ignores, each with the reason."""


def record_of(row: Row) -> UserRecord:
    """Return the user in a row. Raises NotImportable, whose message names the field."""
    fields = row.fields
    if None in fields:  # the key of csv.DictReader for values without a column
        raise NotImportable("it has more values than the first line")
    texts = {name: _text(fields, names) for name, names in COLUMNS.items()}
    hash = texts["password_hash"] or ""
    salt = password = None
    if hash.startswith(_FAKE_HASH):
        password = hash.partition(":password=")[2]
    elif "localId" in fields:
        salt = _text(fields, ("salt",)) or ""
    if password or hash.startswith("!"):  # the mark of Django for a user without a password
        texts["password_hash"] = None
    confirmed = _text(fields, ("confirmed_at", "email_confirmed_at")) is not None
    active = _boolean(fields, ("is_active", "active", "enabled", "Enabled"), default=True)
    return UserRecord(
        place=row.place,
        email_verified=_boolean(fields, ("email_verified", "emailVerified"), default=confirmed),
        disabled=_boolean(fields, ("disabled", "blocked"), default=not active),
        created_at=_time(fields, ("created_at", "createdAt", "date_joined", "create_datetime", *_TIMES)),
        factors=read_credentials(list[Factor], "factors", _value(fields, "factors")),
        keys=read_credentials(list[Key], "keys", _value(fields, "keys")),
        left=row.left,
        salt=salt,
        password=password,
        metadata=_value(fields, "metadata"),
        claims=_value(fields, "claims"),
        details={name: _text(fields, _DETAILS.get(name, (name,))) for name in PROFILE_PARSERS},
        **texts,
    )


def _given(fields: Mapping[str, Any], names: Sequence[str]) -> tuple[str, Any]:
    """Return the name and the value of the first of these fields that has a value, or else an empty value."""
    return next(((name, fields[name]) for name in names if fields.get(name) not in (None, "")), (names[0], ""))


def _text(fields: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """Return the text in the first of these fields that has a value, or None.

    Raises NotImportable for a value of another type.
    """
    name, value = _given(fields, names)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise NotImportable.because(name, Translatable("this is not a text"))
    _require_storable(name, str(value))
    return str(value) or None


def _value(fields: Mapping[str, Any], name: str) -> Any:
    """Return the JSON value of a field, or None. Raises NotImportable for a text in it that cannot be stored."""
    value = fields.get(name) or None
    for text in texts_in(value):
        _require_storable(name, text)
    return value


def _require_storable(name: str, text: str) -> None:
    if any(character in "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise NotImportable.because(name, Translatable("this is not a text that can be stored"))


def _boolean(fields: Mapping[str, Any], names: Sequence[str], *, default: bool) -> bool:
    name, value = _given(fields, names)
    text = str(value).lower()
    if value == "":
        return default
    if text not in (*_TRUE, *_FALSE):
        raise NotImportable.because(name, Translatable("use true or false"))
    return text in _TRUE


def _time(fields: Mapping[str, Any], names: Sequence[str]) -> datetime | None:
    """Return a time that is given in ISO 8601, or since 1970 in milliseconds or, with a fraction, in seconds."""
    name, value = _given(fields, names)
    if value == "":
        return None
    try:
        text = str(int(value * 1000)) if isinstance(value, float) else str(value)
        time = datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise NotImportable.because(name, Translatable("this is not a time in ISO 8601")) from None
