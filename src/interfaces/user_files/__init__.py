"""Reads users from the files of other systems: their own exports, and CSV or JSON of any system."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from src.application.caller import Caller
from src.application.importing import HashOptions, ImportPlan, ImportService, NotImportable, Refusal, UserRecord
from src.domain.messages import Translatable
from src.interfaces.user_files.records import COLUMNS, Row, record_of
from src.interfaces.user_files.systems import SYSTEMS, translated

__all__ = ["HASH_OPTIONS", "SYSTEMS", "NotAnExport", "plan_import", "read_users"]

HASH_OPTIONS: HashOptions = {
    **dict.fromkeys(("signer_key", "salt_separator", "flask_security_salt"), ""),
    "rounds": "8",
    "mem_cost": "14",
}
"""The parameters that the hashes in a file may need, and their default values."""


class NotAnExport(NotImportable):
    """The file is not an export of users. The message says why."""


def plan_import(
    imports: ImportService,
    content: bytes,
    system: str | None,
    options: HashOptions,
    by: Caller | None = None,
    most: int | None = None,
) -> ImportPlan:
    """Return the plan of the import of a file. Entries of the file that are not users are refusals of the plan.

    ``by`` is the admin who imports, or None for the operator. Raises NotAnExport, also for a file with more than
    ``most`` users, and the errors of ``ImportService.plan``.
    """
    records, unreadable = read_users(content, system, most)
    plan = imports.plan(records, hashlib.sha256(content).hexdigest(), options, by)
    return replace(plan, refused=[*unreadable, *plan.refused])


def read_users(
    content: bytes, system: str | None = None, most: int | None = None
) -> tuple[list[UserRecord], list[Refusal]]:
    """Return the users in a file, and a refusal for each entry that is not a user.

    ``system`` is the name in SYSTEMS of the system that has written the file, or None for a file of any system. Raises
    NotAnExport if the file is not an export of users, and as soon as it turns out to have more than ``most`` users.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAnExport("it is not UTF-8") from None
    users: list[UserRecord] = []
    refused: list[Refusal] = []
    for count, row in enumerate(_rows(text), 1):
        if most is not None and count > most:
            raise NotAnExport(Translatable("it has more than {n} users; use `./portero users import`", n=most))
        try:
            if system:
                fields, left = translated(system, row.fields)
                row = replace(row, fields=fields, left=left)
            users.append(record_of(row))
        except NotImportable as error:
            refused.append(Refusal(row.place, error.message))
    return users, refused


def _rows(text: str) -> Iterator[Row]:
    """Yield the rows of a file with CSV, a JSON array, or JSON objects in lines. Raises NotAnExport."""
    if not text.lstrip().startswith(("{", "[")):
        yield from _csv_rows(text)
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    for name in ("users", "Users"):  # of Firebase and Keycloak, and of Cognito
        if isinstance(document, dict) and isinstance(document.get(name), list):
            document = document[name]
    if isinstance(document, dict) and isinstance(document.get("Items"), list):
        document = [_attributes(item) for item in document["Items"]]
    if isinstance(document, list):
        yield from (Row(Translatable("user {n}", n=number), _fields(entry)) for number, entry in enumerate(document, 1))
    else:
        yield from _lines(text)


def _lines(text: str) -> Iterator[Row]:
    """Yield the rows of a file with one JSON object in each line. Raises NotAnExport."""
    for number, line in enumerate(text.split("\n"), 1):  # splitlines would also split at characters in texts
        if line.strip():
            try:
                yield Row(Translatable("line {n}", n=number), _fields(json.loads(line)))
            except (ValueError, RecursionError):
                raise NotAnExport(Translatable("line {n} is not JSON", n=number)) from None


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


def _csv_rows(text: str) -> Iterator[Row]:
    """Yield the rows of a CSV file whose first line names the columns. Raises NotAnExport."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    first = 1
    try:
        if not {*(reader.fieldnames or ())} & {*COLUMNS["username"], *COLUMNS["email"]}:
            raise NotAnExport("its first line names no column `username` or `email`")
        first = 2
        for row in reader:
            yield Row(Translatable("line {n}", n=first), row)
            first = reader.line_num + 1
    except csv.Error as error:
        raise NotAnExport(Translatable("line {n} is not CSV: {reason}", n=first, reason=error)) from None
