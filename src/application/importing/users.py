"""Makes users from the records of a file."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from src.application.importing.records import HashOptions, HashParser, NotImportable, UserRecord
from src.application.input_rules import InputRules
from src.domain.errors import Invalid
from src.domain.messages import Translatable
from src.domain.metadata import check_claims, merged_metadata
from src.domain.users import PROFILE_PARSERS, User
from src.domain.values import MEMBER_ROLES, InvalidValue, Role, Username, fold

T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9_-]{20,128}")
"""The ids of other systems that are kept. Shorter ones are not random enough."""


def user_of(
    record: UserRecord, source: str, options: HashOptions, rules: InputRules, parse_hash: HashParser, now: datetime
) -> User:
    """Return the user that a record describes.

    ``source`` is a digest of the file, from which the id of the user is made if the record has none that can be kept.
    Raises NotImportable, whose message names the invalid field.
    """
    username, email = record.username or None, record.email or None
    if username and "@" in username and email in (None, username):
        username, email = None, username  # other systems take an address as the username
    if not username and not email:
        raise NotImportable("It has neither a username nor an e-mail address.")

    def parse_salted(text: str) -> str:
        return parse_hash(text, record.salt, options)

    details: Any = {
        name: _field(name, parse, record.details.get(name) or None) for name, parse in PROFILE_PARSERS.items()
    }
    made_id = hashlib.sha256(f"{source} {record.place}".encode()).hexdigest()[:32]
    user = User(
        id=record.id if record.id and _ID.fullmatch(record.id) else made_id,
        created_at=record.created_at or now,
        updated_at=now,
        username=_field("username", rules.parse_new_username, username) or Username.random(),
        email=_field("email", rules.parse_email, email),
        email_verified=record.email_verified and email is not None,
        role=_field("role", _role, record.role or None) or Role.USER,
        disabled=record.disabled,
        password_hash=_field("password", parse_salted, record.password_hash or None),
        **details,
    )
    metadata = _object("metadata", partial(merged_metadata, {}), record.metadata)
    claims = _object("claims", partial(check_claims, role=user.role), record.claims)
    return replace(user, metadata=metadata, custom_claims=claims)


def _field(name: str, parse: Callable[[str], T], text: str | None) -> T | None:
    """Return the value of a field, or None if it has none. Raises NotImportable, whose message names the field."""
    try:
        return None if text is None else parse(text)
    except (InvalidValue, NotImportable) as error:
        raise NotImportable.because(name, error.message) from None


def _object(name: str, check: Callable[[Mapping[str, Any]], Mapping[str, Any]], value: Any) -> Mapping[str, Any]:
    """Return a JSON object that ``check`` accepts, an empty one for None. Raises NotImportable."""
    if value is not None and not isinstance(value, Mapping):
        raise NotImportable.because(name, "this is not a JSON object.")
    try:
        return check(value or {})
    except Invalid as error:
        raise NotImportable.because(name, error.errors[0].message) from None


def _role(text: str) -> Role:
    if fold(text) not in MEMBER_ROLES:
        raise NotImportable(Translatable("Use one of {values}.", values=", ".join(MEMBER_ROLES)))
    return Role(fold(text))
