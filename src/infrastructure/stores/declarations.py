"""The words in which the schema says what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


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


@dataclass(frozen=True, slots=True)
class Index:
    """A query that is made: equality on all of ``equal``, in the order of ``order`` and then of the id."""

    order: str
    equal: tuple[str, ...] = ()
    descending: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """A kind of document: a table in SQL, a collection in Firestore. The key is an ``id``, a text."""

    name: str
    fields: Mapping[str, Field]
    indexes: tuple[Index, ...] = ()
    expires: bool = False
    """Whether its field ``expires_at`` says when a document may be removed, by the store itself or by the sweep."""
