"""The types in which the schema is declared."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

VALID_ID = re.compile(r"(?!\.{1,2}\Z|__.*__\Z)[^/\0\ud800-\udfff]{1,300}", re.DOTALL)
"""The ids that are valid in every store. Firestore restricts them most.

See https://firebase.google.com/docs/firestore/quotas.
"""


class Type(Enum):
    """The type of a field, the same in every store."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a collection."""

    type: Type
    nullable: bool = False
    refers_to: tuple[str, ...] = ()
    """The collections whose ids the field holds: one id, or a list of ids if the type is JSON."""
    enforced: bool = False
    """Whether SQL may enforce the reference: the field refers to one collection, whose document is removed last."""
    enumerated: bool = False
    """Whether the field has one of a few values, which the service itself defines. SQL statements contain them."""


@dataclass(frozen=True, slots=True)
class Index:
    """A supported query: equality on every field of ``equal``, ordered by ``order`` and then by id."""

    order: str
    equal: tuple[str, ...] = ()
    descending: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """A kind of document: a table in SQL, a collection in Firestore. The primary key is a text, ``id``."""

    name: str
    fields: Mapping[str, Field]
    indexes: tuple[Index, ...] = ()
    expires: bool = False
    """Whether documents may be removed after their ``expires_at``, by the service or by ``Store.remove_expired``."""
