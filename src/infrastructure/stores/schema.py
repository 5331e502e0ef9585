"""What is stored, as data: every store, the migrations and the Firestore indexes follow this file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """The type of a field, the same in every store."""

    TEXT = "text"
    INTEGER = "integer"
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


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """A kind of document: a table in SQL, a collection in Firestore. The key is an ``id``, a text."""

    name: str
    fields: Mapping[str, Field]
    indexes: tuple[Index, ...] = ()


_text, _text_or_null = Field(Type.TEXT), Field(Type.TEXT, nullable=True)
_time, _time_or_null = Field(Type.TIMESTAMP), Field(Type.TIMESTAMP, nullable=True)
_boolean = Field(Type.BOOLEAN)

USERS = Collection(
    "users",
    {
        "username": _text_or_null,
        "username_key": _text_or_null,
        "email": _text_or_null,
        "email_verified": _boolean,
        "name": _text_or_null,
        "last_name": _text_or_null,
        "role": _text,
        "disabled": _boolean,
        "created_at": _time,
        "updated_at": _time,
        "password_hash": _text_or_null,
        "state": _text,
        "token_generation": Field(Type.INTEGER),
        "tokens_void_before": _time_or_null,
        "reserved": Field(Type.JSON),
        "unsettled_since": _time_or_null,
    },
    (
        Index("username_key", equal=("state",)),
        Index("username_key", equal=("state", "role")),
        Index("unsettled_since"),
    ),
)

# One document for each unique value in use; its id is a hash of the value, so that the write of a second one
# fails, any spelling is a legal id, and keys spread.
CLAIMS = Collection("claims", {"kind": _text, "user_id": _text})

COLLECTIONS = (USERS, CLAIMS)
