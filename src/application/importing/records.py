"""The users in a file that an import has read, and the plan for importing them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from src.domain.factors import Factor
from src.domain.keys import Key
from src.domain.messages import Translatable
from src.domain.users import User


class NotImportable(ValueError):
    """A user, or a file of users, cannot be imported. ``message`` says why."""

    def __init__(self, message: str) -> None:
        self.message = Translatable(message)
        super().__init__(message)

    @classmethod
    def because(cls, field: str, reason: str) -> Self:
        """Return the error for a field of the file."""
        return cls(Translatable("{field}: {reason}", field=field, reason=Translatable(reason)))


HashOptions = Mapping[str, str]
"""The parameters that all hashes in a file share, by the names that the HashParser knows."""

HashParser = Callable[[str, str | None, HashOptions], str]
"""A function of a hash of another system, its salt if that is apart, and the options of its file.

It returns the form in which the hash is kept. Raises NotImportable.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRecord:
    """A user as the file of another system describes it. Its values are not validated yet."""

    place: str
    """The place of the user in the file, such as "line 3"."""
    id: str | None = None
    username: str | None = None
    email: str | None = None
    email_verified: bool = False
    details: Mapping[str, str | None] = field(default_factory=dict)
    """The personal details, by their field of ``PROFILE_PARSERS``."""
    metadata: Any = None
    claims: Any = None
    role: str | None = None
    disabled: bool = False
    created_at: datetime | None = None
    password_hash: str | None = None
    salt: str | None = None
    """The salt of the hash, unless the hash contains it."""
    password: str | None = None
    """The password itself, which only exports of emulators hold."""
    factors: Sequence[Factor] = ()
    """The second factors, without ids: those follow from the user and the passkeys."""
    keys: Sequence[Key] = ()
    left: Sequence[str] = ()
    """The fields of the file that the import ignores, each with the reason."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A user that cannot be imported, and the reason."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to import, with its factors and keys. ``password`` is hashed before it is stored."""

    place: str
    user: User
    factors: Sequence[Factor]
    keys: Sequence[Key]
    password: str | None
    left: Sequence[str] = ()
    """The fields of the file that the import ignores, each with the reason."""

    @property
    def has_password(self) -> bool:
        """Whether the user can log in with a password after the import."""
        return bool(self.password or self.user.password_hash)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The users that can be imported, the users that cannot, and the number of users that have been imported before."""

    new: Sequence[NewUser]
    without_password: Sequence[NewUser]
    """Users that are there without a password, because an identity provider kept it until now. They get theirs."""
    refused: Sequence[Refusal]
    present: int
