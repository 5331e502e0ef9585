"""Reads users from the files of other systems: JSON of Firebase Auth and DynamoDB, and CSV or JSON of any system."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from src.application.importing import Refusal, UserRecord
from src.domain.users import PROFILE_PARSERS

_COLUMNS = {
    "id": ("id", "localId", "uid"),
    "username": ("username", "user_name", "login"),
    "email": ("email", "email_address"),
    "role": ("role",),
    "password_hash": ("password_hash", "passwordHash", "password", "hash"),
}
"""The names that other systems use, for each attribute of UserRecord that is a text."""
_DETAILS = {"name": ("name", "first_name", "displayName"), "last_name": ("last_name", "surname")}
"""The names that other systems use for personal details. A detail that is not here has our own name only."""
_TRUE, _FALSE = ("true", "t", "1", "yes", "y"), ("false", "f", "0", "no", "n", "", "none", "null")
_FAKE_HASH = "fakeHash:salt="
"""The beginning of the hashes that the emulator of Firebase Auth exports. They hold the password itself."""


class NotAnExport(Exception):
    """The file is not an export of users. The message says why."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A user as the file describes it. ``place`` is its line or number, for messages."""

    place: str
    fields: Mapping[str, Any]


def read_users(content: bytes) -> tuple[list[UserRecord], list[Refusal]]:
    """Return the users in a file, and the entries that are not users. Raises NotAnExport."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAnExport("it is not UTF-8") from None
    users: list[UserRecord] = []
    refused: list[Refusal] = []
    for row in _rows(text):
        try:
            users.append(_record(row))
        except ValueError as error:
            refused.append(Refusal(row.place, str(error)))
    return users, refused


def _rows(text: str) -> Iterator[_Row]:
    """Yield the rows of a file with CSV, a JSON array, or JSON objects in lines. Raises NotAnExport."""
    if not text.lstrip().startswith(("{", "[")):
        yield from _csv_rows(text)
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict) and isinstance(document.get("users"), list):
        document = document["users"]
    if isinstance(document, dict) and isinstance(document.get("Items"), list):
        document = [_attributes(item) for item in document["Items"]]
    if isinstance(document, list):
        yield from (_Row(f"user {number}", _fields(entry)) for number, entry in enumerate(document, 1))
    else:
        yield from _lines(text)


def _lines(text: str) -> Iterator[_Row]:
    """Yield the rows of a file with one JSON object in each line. Raises NotAnExport."""
    for number, line in enumerate(text.split("\n"), 1):  # splitlines would also split at characters in texts
        if line.strip():
            try:
                yield _Row(f"line {number}", _fields(json.loads(line)))
            except (ValueError, RecursionError):
                raise NotAnExport(f"line {number} is not JSON") from None


def _fields(entry: Any) -> Mapping[str, Any]:
    """Return the fields of a JSON object. Django's ``dumpdata`` writes them into the member ``fields``."""
    if not isinstance(entry, dict):
        return {}
    return entry["fields"] if isinstance(entry.get("fields"), dict) else entry


def _attributes(item: Any) -> dict[str, Any]:
    """Return the attributes of an item as ``aws dynamodb scan`` prints it, by name in snake case."""
    typed = item.items() if isinstance(item, dict) else ()
    pairs = ((name, *next(iter(value.items()))) for name, value in typed if isinstance(value, dict) and value)
    return {re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower(): value for name, kind, value in pairs if kind != "NULL"}


def _csv_rows(text: str) -> Iterator[_Row]:
    """Yield the rows of a CSV file whose first line names the columns. Raises NotAnExport."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    first = 1
    try:
        if not {*(reader.fieldnames or ())} & {*_COLUMNS["username"], *_COLUMNS["email"]}:
            raise NotAnExport("its first line names no column `username` or `email`")
        first = 2
        for row in reader:
            yield _Row(f"line {first}", row)
            first = reader.line_num + 1
    except csv.Error as error:
        raise NotAnExport(f"line {first} is not CSV: {error}") from None


def _record(row: _Row) -> UserRecord:
    """Return the user in a row. Raises ValueError, whose message names the field."""
    fields = row.fields
    if None in fields:  # the key of csv.DictReader for values without a column
        raise ValueError("it has more values than the first line")
    texts = {name: _text(fields, names) for name, names in _COLUMNS.items()}
    hash = texts["password_hash"] or ""
    salt = password = None
    if hash.startswith(_FAKE_HASH):
        password = hash.partition(":password=")[2]
    elif "localId" in fields:
        salt = _text(fields, ("salt",)) or ""
    if password or hash.startswith("!"):  # the mark of Django for a user without a password
        texts["password_hash"] = None
    confirmed = _text(fields, ("confirmed_at",)) is not None
    active = _boolean(fields, ("is_active", "active"), default=True)
    return UserRecord(
        place=row.place,
        email_verified=_boolean(fields, ("email_verified", "emailVerified"), default=confirmed),
        disabled=_boolean(fields, ("disabled",), default=not active),
        created_at=_time(fields, ("created_at", "createdAt", "date_joined", "create_datetime")),
        salt=salt,
        password=password,
        metadata=fields.get("metadata") or None,
        claims=fields.get("claims") or None,
        details={name: _text(fields, _DETAILS.get(name, (name,))) for name in PROFILE_PARSERS},
        **texts,
    )


def _given(fields: Mapping[str, Any], names: Sequence[str]) -> tuple[str, Any]:
    """Return the name and the value of the first of these fields that has a value, or else an empty value."""
    return next(((name, fields[name]) for name in names if fields.get(name) not in (None, "")), (names[0], ""))


def _text(fields: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """Return the text in the first of these fields that has a value, or None.

    Raises ValueError for a value of another type.
    """
    name, value = _given(fields, names)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(f"{name}: this is not a text")
    if any(character in "\0" or "\ud800" <= character <= "\udfff" for character in str(value)):
        raise ValueError(f"{name}: this is not a text that can be stored")
    return str(value) or None


def _boolean(fields: Mapping[str, Any], names: Sequence[str], *, default: bool) -> bool:
    name, value = _given(fields, names)
    text = str(value).lower()
    if value == "":
        return default
    if text not in (*_TRUE, *_FALSE):
        raise ValueError(f"{name}: use true or false")
    return text in _TRUE


def _time(fields: Mapping[str, Any], names: Sequence[str]) -> datetime | None:
    """Return a time that is given in ISO 8601, or in milliseconds since 1970 as Firebase writes it."""
    name, value = _given(fields, names)
    if value == "":
        return None
    try:
        text = str(value)
        time = datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdigit() else datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{name}: this is not a time in ISO 8601") from None
