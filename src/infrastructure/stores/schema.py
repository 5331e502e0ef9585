"""The schema: the collections, their fields and their queries. Stores, migrations and Firestore indexes follow it."""

from src.infrastructure.stores.declarations import Collection, Field, Index, Type

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
        "reserved": Field(Type.JSON, nullable=True),
        "reconcile_since": _time_or_null,
    },
    (
        Index("username_key", equal=("state",)),
        Index("username_key", equal=("state", "role")),
        Index("reconcile_since"),
        Index("expires_at"),
    ),
)

# One document for each unique value in use. Its id is a hash of the value, so that a second insert fails.
CLAIMS = Collection("claims", {"kind": _text, "holder_id": _text})

# The members of a group that must not become empty. Every commit that changes the membership writes the roster too.
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

TASKS = Collection(
    "tasks",
    {
        "user_id": _text,
        "title": _text,
        "description": _text_or_null,
        "completed": _boolean,
        "created_at": _time,
        "updated_at": _time,
    },
    (
        Index("created_at", equal=("user_id",), descending=True),
        Index("created_at", equal=("user_id", "completed"), descending=True),
    ),
)

DOGS = Collection(
    "dogs",
    {
        "user_id": _text,
        "name": _text,
        "name_key": _text,
        "picture": _text_or_null,
        "picture_status": _text,
        "is_adopted": _boolean,
        "job_id": _text,
        "created_at": _time,
    },
    (
        Index("name_key"),
        Index("name_key", equal=("is_adopted",)),
        Index("name_key", equal=("user_id",)),
    ),
)

FILES = Collection(
    "files",
    {
        "user_id": _text,
        "filename": _text,
        "content_type": _text,
        "size": _integer,
        "sha256": _text,
        "state": _text,
        "created_at": _time,
        "job_id": _text,
        "receipt_id": _text_or_null,
        "reconcile_since": _time_or_null,
    },
    (
        Index("created_at", equal=("state",), descending=True),
        Index("created_at", equal=("state", "user_id"), descending=True),
        Index("created_at", equal=("user_id",), descending=True),
        Index("reconcile_since"),
    ),
)

JOBS = Collection(
    "jobs",
    {
        "user_id": _text,
        "kind": _text,
        "subject_id": _text,
        "status": _text,
        "progress": Field(Type.FLOAT),
        "attempts": _integer,
        "error": _text_or_null,
        "result": Field(Type.JSON, nullable=True),
        "created_at": _time,
        "updated_at": _time,
        "run_at": _time,
        "due_at": _time_or_null,
        "ticket": _text_or_null,
        "expires_at": _time_or_null,
    },
    (
        Index("created_at", descending=True),
        Index("created_at", equal=("status",), descending=True),
        Index("created_at", equal=("user_id",), descending=True),
        Index("due_at"),
        Index("expires_at"),
    ),
    expires=True,
)

# The answers to requests with an idempotency key. The commit that creates something writes the receipt too.
RECEIPTS = Collection(
    "receipts",
    {
        "user_id": _text,
        "fingerprint": _text_or_null,
        "answer": _text_or_null,
        "expires_at": _time,
    },
    (Index("expires_at", equal=("user_id",)), Index("expires_at")),
    expires=True,
)

# Consecutive rows of a table, compressed. ``place`` is the line of the last row, padded so that texts are in the order
# of their lines. A pack that is larger than a document continues in the next one.
PACKS = Collection(
    "packs",
    {
        "set_id": _text,
        "valid": _boolean,
        "place": _text,
        "rows": _text,
        "goes_on": _boolean,
    },
    (Index("place", equal=("set_id", "valid")),),
)

DATASETS = Collection(
    "datasets",
    {
        "user_id": _text,
        "name": _text,
        "filename": _text,
        "size": _integer,
        "sha256": _text,
        "read_options": Field(Type.JSON),
        "status": _text,
        "row_sets": Field(Type.JSON),
        "pieces": _integer,
        "state": _text,
        "created_at": _time,
        "job_id": _text_or_null,
        "receipt_id": _text_or_null,
        "reconcile_since": _time_or_null,
    },
    (
        Index("created_at", equal=("state",), descending=True),
        Index("created_at", equal=("state", "user_id"), descending=True),
        Index("created_at", equal=("user_id",), descending=True),
        Index("reconcile_since"),
    ),
)

# The report on a dataset and the requested schema, each compressed and cut into pieces.
REPORTS = Collection("reports", {"text": _text})

COLLECTIONS = (
    USERS,
    CLAIMS,
    ROSTERS,
    SESSIONS,
    COUNTERS,
    TASKS,
    DOGS,
    FILES,
    JOBS,
    RECEIPTS,
    PACKS,
    DATASETS,
    REPORTS,
)
