"""The schema: the collections, their fields and their queries. Stores, migrations and Firestore indexes follow it."""

from functools import partial

from src.infrastructure.stores.schema.types import Collection, Field, Index, Type


def _fields(type: Type, *names: str, nullable: bool = False, enumerated: bool = False) -> dict[str, Field]:
    return {name: Field(type, nullable, enumerated=enumerated) for name in names}


_text, _integer, _float = (partial(_fields, type) for type in (Type.TEXT, Type.INTEGER, Type.FLOAT))
_time, _json = (partial(_fields, type) for type in (Type.TIMESTAMP, Type.JSON))
_boolean, _enumeration = (partial(_fields, type, enumerated=True) for type in (Type.BOOLEAN, Type.TEXT))


def _reference(name: str, *collections: str, type: Type = Type.TEXT, nullable: bool = False) -> dict[str, Field]:
    return {name: Field(type, nullable, collections)}


# A deleted user stays as an id, and a guest is removed after everything that it owns.
_owner = {"user_id": Field(Type.TEXT, refers_to=("users",), enforced=True)}
_owner_or_none = {"user_id": Field(Type.TEXT, nullable=True, refers_to=("users",), enforced=True)}

USERS = Collection(
    "users",
    _text("username", "username_key", "email", "email_key", nullable=True)
    | _text("name", "last_name", "password_hash", nullable=True)
    | _reference("kept_session", "sessions", nullable=True)
    | _enumeration("role", "state")
    | _boolean("email_verified", "disabled")
    | _boolean("has_factors", nullable=True)  # null in users of earlier versions
    | _integer("session_epoch")
    | _integer("address_changes", nullable=True)  # null, as in users of earlier versions, stands for 0
    | _time("created_at", "updated_at")
    | _time("sessions_ended_at", "expires_at", "reconcile_since", "provider_valid_since", nullable=True)
    | _json("metadata", "custom_claims", "mirrored_claims", nullable=True)
    | _json("reserved", "factors", "keys", nullable=True)
    | _text("provider_project", nullable=True)
    | _reference("invitation_id", "invitations", nullable=True),
    (
        Index("username_key"),
        Index("email_key"),
        Index("username_key", equal=("state",)),
        Index("username_key", equal=("state", "role")),
        Index("username_key", equal=("state", "disabled")),
        Index("username_key", equal=("state", "email_verified")),
        Index("username_key", equal=("state", "has_factors")),
        Index("reconcile_since"),
        Index("expires_at"),
    ),
)

# One document for each unique value in use. Its id is a hash of the value, so that a second insert fails.
CLAIMS = Collection("claims", _text("kind") | _reference("holder_id", "users", "dogs"))

# The members of a group that must not become empty. Every commit that changes the membership writes the roster too.
ROSTERS = Collection("rosters", _reference("members", "users", "webhooks", type=Type.JSON))

SESSIONS = Collection(
    "sessions",
    _owner
    | _text("user_agent", "ip", "current_hash", "spent_hash", "second_factor", nullable=True)
    | _integer("epoch", "generation")
    | _time("created_at", "last_used_at", "expires_at", "ends_at")
    | _time("spent_at", "signed_in_at", "stepped_up_at", nullable=True)
    | _json("methods", nullable=True),  # null in sessions of earlier versions
    (Index("created_at", equal=("user_id",), descending=True), Index("expires_at")),
    expires=True,
)

# The last sign-in of each user, with the id of the user. Not a field of the user, whose revision is an ETag.
SIGN_INS = Collection("sign_ins", _time("day"), (Index("day"),))

# The factors of users. The id of a factor is a hash of what must be unique: the credential of a passkey, or the kind.
FACTORS = Collection(
    "factors",
    _owner
    | _enumeration("kind")
    | _text("name", "secret", "credential_id", "public_key", nullable=True)
    | _integer("last_step", "counter")
    | _boolean("backed_up")
    | _time("created_at")
    | _time("last_used_at", nullable=True)
    | _json("code_hashes", nullable=True),
    (Index("created_at", equal=("user_id",), descending=True),),
)

# The keys of users. Their texts are not stored; the id of a key is the beginning of the hash of its text.
KEYS = Collection(
    "keys",
    _owner
    | _enumeration("scope")
    | _text("name", "hash", "prefix")
    | _time("created_at")
    | _time("valid_until", "last_used_at", nullable=True),
    (Index("created_at", equal=("user_id",), descending=True),),
)

# Accounts of services. A user with the same id owns what a service makes. ``old_hash`` and ``old_until`` are null
# unless an earlier version, which stored a single replaced secret, has written them.
SERVICE_ACCOUNTS = Collection(
    "service_accounts",
    _enumeration("role")
    | _text("name", "secret_hash")
    | _text("old_hash", nullable=True)
    | _time("created_at")
    | _time("old_until", nullable=True)
    | _json("old_secrets", nullable=True),
    (Index("created_at", descending=True),),
)

# The challenges and tickets that have been used, until they expire. A second insert of the same id fails.
SPENT = Collection("spent", _time("expires_at"), (Index("expires_at"),), expires=True)

EVENT_SHARDS = 4
"""The number of parts that the events of all users are spread over.

Firestore takes 500 writes a second to an index that only grows, and each part of this one has its own range.
"""

# What happened to accounts. ``due_at`` is the time of the event until it has been handed to the webhooks, then null.
EVENTS = Collection(
    "events",
    {"shard": Field(Type.INTEGER, enumerated=True)}
    | _enumeration("type", "actor_kind")
    | _reference("user_id", "users", nullable=True)
    | _reference("actor_id", "users", nullable=True)
    | _reference("session_id", "sessions", nullable=True)
    | _text("ip", "user_agent", "request_id", nullable=True)
    | _time("at", "expires_at")
    | _time("due_at", nullable=True)
    | _json("data", nullable=True),
    (
        Index("at", equal=("user_id",), descending=True),
        Index("at", equal=("user_id", "type"), descending=True),
        Index("at", equal=("shard",), descending=True),
        Index("at", equal=("shard", "type"), descending=True),
        Index("due_at", equal=("shard",)),
        Index("expires_at"),
    ),
    expires=True,
)

# URLs to which events are sent. The secrets that sign the deliveries are encrypted. ``old_secret`` and
# ``old_secret_until`` are null unless an earlier version, which stored a single replaced secret, has written them.
WEBHOOKS = Collection(
    "webhooks",
    _text("url", "secret")
    | _text("description", "old_secret", nullable=True)
    | _boolean("enabled")
    | _integer("failures")
    | _time("created_at", "updated_at")
    | _time("old_secret_until", "last_success_at", "last_failure_at", "failing_since", nullable=True)
    | _json("events")
    | _json("old_secrets", nullable=True),
    (Index("created_at"),),
)

# An event that is sent to a webhook. Its id follows from the two.
DELIVERIES = Collection(
    "deliveries",
    _reference("webhook_id", "webhooks")
    | _reference("event_id", "events")
    | _text("type")
    | _enumeration("status")
    | _integer("attempts")
    | {"response_status": Field(Type.INTEGER, nullable=True)}
    | _time("created_at", "expires_at")
    | _time("next_attempt_at", nullable=True),
    (
        Index("created_at", equal=("webhook_id",), descending=True),
        Index("next_attempt_at", equal=("webhook_id",)),
        Index("expires_at"),
    ),
    expires=True,
)

# ``ends`` is the end of the window in microseconds since 1970: a number, of which Firestore can keep the lower one.
COUNTERS = Collection("counters", _integer("hits", "ends") | _time("expires_at"), (Index("expires_at"),), expires=True)

TASKS = Collection(
    "tasks",
    _owner
    | _text("title")
    | _text("description", nullable=True)
    | _boolean("completed")
    | _time("created_at", "updated_at"),
    (
        Index("created_at", equal=("user_id",), descending=True),
        Index("created_at", equal=("user_id", "completed"), descending=True),
    ),
)

DOGS = Collection(
    "dogs",
    _owner
    | _reference("job_id", "jobs")
    | _text("name", "name_key")
    | _enumeration("picture_status")
    | _text("picture", nullable=True)
    | _boolean("is_adopted")
    | _time("created_at"),
    (Index("name_key"), Index("name_key", equal=("is_adopted",)), Index("name_key", equal=("user_id",))),
)

_STORED_OBJECT_FIELDS = (
    _owner
    | _reference("receipt_id", "receipts", nullable=True)
    | _text("filename", "sha256")
    | _enumeration("state")
    | _integer("size")
    | _time("created_at")
    | _time("reconcile_since", nullable=True)
)
_STORED_OBJECT_INDEXES = (
    Index("created_at", equal=("state",), descending=True),
    Index("created_at", equal=("state", "user_id"), descending=True),
    Index("created_at", equal=("user_id",), descending=True),
    Index("reconcile_since"),
)

FILES = Collection(
    "files",
    _STORED_OBJECT_FIELDS | _text("content_type") | _reference("job_id", "jobs"),
    _STORED_OBJECT_INDEXES,
)

DATASETS = Collection(
    "datasets",
    _STORED_OBJECT_FIELDS
    | _text("name")
    | _enumeration("status")
    | _reference("job_id", "jobs", nullable=True)
    | _reference("pieces", "reports", type=Type.JSON)
    | _json("read_options", "row_sets"),
    _STORED_OBJECT_INDEXES,
)

# The pieces of the report on a dataset, and of the columns that its client requested.
REPORTS = Collection("reports", _text("text"))

JOBS = Collection(
    "jobs",
    _owner_or_none
    | _reference("subject_id", "dogs", "files", "datasets", "mails")
    | _enumeration("kind", "status")
    | _text("error", "ticket", "trace", nullable=True)
    | _integer("attempts")
    | _float("progress")
    | _time("created_at", "updated_at", "run_at")
    | _time("due_at", "expires_at", nullable=True)
    | _json("result", nullable=True),
    (
        Index("created_at", descending=True),
        Index("created_at", equal=("status",), descending=True),
        Index("created_at", equal=("user_id",), descending=True),
        Index("due_at"),
        Index("expires_at"),
    ),
    expires=True,
)

# ``expires_at`` is later than the end of the invitation, so that admins see what became of it.
INVITATIONS = Collection(
    "invitations",
    _reference("user_id", "users", nullable=True)
    | _reference("made_by", "users", nullable=True)
    | _text("email")
    | _enumeration("role")
    | _boolean("is_accepted")
    | _time("created_at", "valid_until", "expires_at"),
    (
        Index("created_at", descending=True),
        Index("created_at", equal=("is_accepted",), descending=True),
        Index("created_at", equal=("user_id",), descending=True),
        Index("expires_at"),
    ),
    expires=True,
)

# A mail to be sent and its token. Nothing in it is secret: the token is derived from the id with a key of the service.
MAILS = Collection(
    "mails",
    _enumeration("kind")
    | _text("address", "address_key", "language")
    | _reference("user_id", "users", nullable=True)
    | _integer("epoch", "attempts")
    | _json("details", nullable=True)
    | _time("created_at", "expires_at")
    | _time("valid_until", nullable=True),
    (Index("created_at", equal=("kind", "address_key"), descending=True), Index("expires_at")),
    expires=True,
)

# The answers to requests with an idempotency key. The commit that creates something writes the receipt too.
RECEIPTS = Collection(
    "receipts",
    _owner | _text("fingerprint", "answer", nullable=True) | _time("expires_at"),
    (Index("expires_at", equal=("user_id",)), Index("expires_at")),
    expires=True,
)

# Consecutive rows of a table, compressed. ``place`` is the line of the last row, padded so that texts are in the order
# of their lines. A pack that is larger than a document continues in the next one.
PACKS = Collection(
    "packs",
    _text("set_id", "place", "rows") | _boolean("valid", "goes_on"),
    (Index("place", equal=("set_id", "valid")),),
)

COLLECTIONS = (
    *(USERS, CLAIMS, ROSTERS, SESSIONS, SIGN_INS, FACTORS, KEYS, SERVICE_ACCOUNTS, SPENT, EVENTS, WEBHOOKS, DELIVERIES),
    *(COUNTERS, TASKS, DOGS, FILES, JOBS, INVITATIONS, MAILS, RECEIPTS, PACKS, DATASETS, REPORTS),
)
