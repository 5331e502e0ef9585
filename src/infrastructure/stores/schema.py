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
    descending: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """A kind of document: a table in SQL, a collection in Firestore. The key is an ``id``, a text."""

    name: str
    fields: Mapping[str, Field]
    indexes: tuple[Index, ...] = ()
    expires: bool = False
    """Whether its field ``expires_at`` says when a document may be removed, by the store itself or by the sweep."""


_text, _text_or_null = Field(Type.TEXT), Field(Type.TEXT, nullable=True)
_time, _time_or_null = Field(Type.TIMESTAMP), Field(Type.TIMESTAMP, nullable=True)
_boolean, _integer = Field(Type.BOOLEAN), Field(Type.INTEGER)

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
        "session_epoch": _integer,
        "kept_session": _text_or_null,
        "sessions_ended_at": _time_or_null,
        "expires_at": _time_or_null,
        "reserved": Field(Type.JSON),
        "unsettled_since": _time_or_null,
    },
    (
        Index("username_key", equal=("state",)),
        Index("username_key", equal=("state", "role")),
        Index("unsettled_since"),
        Index("expires_at"),
    ),
)

# One document for each unique value in use; its id is a hash of the value, so that the write of a second one
# fails, any spelling is a legal id, and keys spread.
CLAIMS = Collection("claims", {"kind": _text, "user_id": _text})

# Who is in a group that must not become empty; written in the commit that changes it, so that it never is.
ROSTERS = Collection("rosters", {"members": Field(Type.JSON)})

SESSIONS = Collection(
    "sessions",
    {
        "user_id": _text,
        "epoch": _integer,
        "created_at": _time,
        "last_used_at": _time,
        "expires_at": _time,
        "ends_at": _time,
        "user_agent": _text_or_null,
        "ip": _text_or_null,
        "generation": _integer,
        "current_hash": _text_or_null,
        "spent_hash": _text_or_null,
        "spent_at": _time_or_null,
    },
    (Index("created_at", equal=("user_id",), descending=True), Index("expires_at")),
    expires=True,
)

COUNTERS = Collection("counters", {"hits": _integer, "expires_at": _time}, (Index("expires_at"),), expires=True)

COLLECTIONS = (USERS, CLAIMS, ROSTERS, SESSIONS, COUNTERS)
