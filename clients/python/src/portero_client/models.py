"""Resources of the service. Generated from the OpenAPI document by `make clients`."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from portero_client.resource import Resource


class AccessToken(Resource):
    """An access token, as OAuth2 names it (RFC 6749 section 5.1)."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    """Seconds."""


class AppSetup(Resource):
    """The secret for an authenticator app, in the forms in which apps take it."""

    enrolment: str
    """Send it back with the first code of the app."""
    secret: str
    """In base32, for people who type it."""
    uri: str
    qr_svg: str
    """The QR code of `uri`."""
    expires_in: int
    """Seconds."""


class CustomToken(Resource):
    """A custom token for `signInWithCustomToken` of a Firebase client."""

    custom_token: str
    expires_in: int
    """Seconds."""


class FieldProblem(Resource):
    """A bad field."""

    field: str
    code: str
    message: str


class Finding(Resource):
    """A rule that a row breaks."""

    rule: str
    column: str | None
    """Null for a rule of the whole row."""


class MailRequested(Resource):
    """The request is accepted. The answer is the same whether or not a user has the address."""

    detail: str


class PasskeyOptions(Resource):
    """The options of a WebAuthn ceremony, as `PublicKeyCredential.parse…OptionsFromJSON` reads them."""

    publicKey: dict[str, Any]


class Receipt(Resource):
    """The answer that is kept for a request with an idempotency key."""

    expires_at: AwareDatetime
    answer: dict[str, Any] | None
    """Null while the request is in progress."""


class RecoveryCodes(Resource):
    """New recovery codes, which are shown this once."""

    codes: list[str]


class Row(Resource):
    """A row."""

    line: int
    """The line on which it begins."""
    valid: bool
    """Whether it breaks no rule of severity `error`."""
    values: dict[str, str]
    """The values as they are written in the file."""
    normalised: dict[str, int | float | bool | str]
    """The values that are written in another form than JSON or ISO 8601 have."""
    findings: list[Finding]
    """The rules that it breaks, warnings too."""


class Sample(Resource):
    """A value that breaks a rule, and the line of its row."""

    row: int
    """The line on which the record begins; the header is line 1."""
    value: str


class Secret(Resource):
    """A new secret of a service. It is shown this once."""

    client_secret: str


class ServiceAccount(Resource):
    """An account of a service. It has no login, and is in no list of users."""

    id: str
    name: str
    role: Literal["guest", "user", "uploader", "auditor", "admin"] | str
    created_at: AwareDatetime


class Session(Resource):
    """One of your sessions."""

    id: str
    created_at: AwareDatetime
    last_used_at: AwareDatetime
    """The time of the last login or refresh."""
    user_agent: str | None
    ip: str | None
    amr: list[str]
    """How you have logged in (RFC 8176): `pwd`, `email`, `otp`, `recovery`, `pop`, `user`, `mfa`; empty if that is not known."""
    second_factor: str | None
    """The second factor that Firebase asked for."""
    current: bool
    """Whether the token of this request belongs to it."""


class SignIn(Resource):
    """The day of your last sign-in, in UTC."""

    day: str


class Summary(Resource):
    """A summary of a dataset for people."""

    source: Literal["rules", "ai"] | str
    text: str
    suggested_schema: dict[str, Any]
    """A stricter schema, in the form that an upload takes."""


class Task(Resource):
    """A task."""

    id: str
    title: str
    description: str | None
    completed: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime


class Tokens(Resource):
    """An access token and the refresh token that gets the next one."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    """Seconds."""
    refresh_token: str
    """Single use: keep the one of the last answer."""


class User(Resource):
    """A user."""

    id: str
    username: str | None
    email: str | None
    email_verified: bool
    name: str | None
    last_name: str | None
    role: Literal["guest", "user", "uploader", "auditor", "admin"] | str
    disabled: bool
    metadata: dict[str, Any]
    """The user's own data. Nothing in it is trusted."""
    claims: dict[str, Any]
    """What admins have set. Every access token carries it at its top level."""
    created_at: AwareDatetime
    updated_at: AwareDatetime


class Validation(Resource):
    """A rule that was checked, and the result of the check."""

    rule: str
    column: str | None
    severity: Literal["error", "warning"] | str
    """A row that breaks a rule of severity `error` is not valid. A warning leaves the row valid."""
    passed: bool
    count: int
    """The number of values that broke it."""
    samples: list[Sample]
    """The first ten of those values."""


class Webhook(Resource):
    """A webhook."""

    id: str
    url: str
    events: list[str]
    description: str | None
    enabled: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime
    last_success_at: AwareDatetime | None
    last_failure_at: AwareDatetime | None
    failures: int
    """The failed attempts since the last success."""


class WebhookSecret(Resource):
    """A webhook with the secret that signs its deliveries."""

    id: str
    url: str
    events: list[str]
    description: str | None
    enabled: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime
    last_success_at: AwareDatetime | None
    last_failure_at: AwareDatetime | None
    failures: int
    """The failed attempts since the last success."""
    secret: str
    """Not shown again."""


class Actor(Resource):
    """The actor that has caused an event."""

    kind: Literal["user", "admin", "service", "operator", "system"] | str
    id: str | None


class AddedFactor(Resource):
    """A new second factor. The first one of a user brings the recovery codes, which are shown this once."""

    id: str
    kind: Literal["passkey", "totp", "recovery"] | str
    name: str | None
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None
    backed_up: bool | None = None
    """Of passkeys only: whether it is synchronised between devices."""
    left: int | None = None
    """Of recovery codes only: how many have not been used."""
    recovery_codes: list[str] | None = None


class Column(Resource):
    """A column and its rules."""

    name: str
    type: Literal["string", "integer", "number", "boolean", "date", "datetime", "email"] | str
    required: bool | None
    """Whether empty cells are errors (true), are not looked for (false), or are warnings (null)."""
    unique: bool
    min: int | float | str | None
    max: int | float | str | None
    pattern: str | None
    enum: list[str] | None
    format: str | None
    """The order and the separators of dates."""
    decimal: str | None
    """The character before decimals."""
    thousands: str | None
    """The character between groups of three digits, which may be left out."""
    true: str | None
    """The word for true. Case and accents do not matter."""
    false: str | None
    """The word for false."""
    allow: list[str] | None
    """The suspicions that are not looked for."""


class CreatedInvitation(Resource):
    """A new invitation, with the link to the page that registers."""

    id: str
    email: str
    role: Literal["guest", "user", "uploader", "auditor", "admin"] | str
    status: Literal["pending", "accepted", "expired"] | str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    url: str
    """The link, shown this once."""


class CreatedKey(Resource):
    """A new key. It is shown this once."""

    id: str
    name: str
    scope: Literal["read", "write"] | str
    prefix: str
    """The beginning of the key, to recognise it by."""
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    """Right to the hour."""
    key: str


class CreatedServiceAccount(Resource):
    """A new account of a service, with its secret, which is shown this once."""

    client_secret: str
    id: str
    name: str
    role: Literal["guest", "user", "uploader", "auditor", "admin"] | str
    created_at: AwareDatetime
    client_id: str
    """Its id."""


class Dataset(Resource):
    """A dataset."""

    id: str
    name: str
    filename: str
    file_uri: str
    size: int
    """Bytes."""
    sha256: str
    delimiter: str | None
    encoding: str | None
    rows: int | None
    """The number of rows; null until all are stored."""
    columns: list[Column]
    schema_: dict[str, Any] = Field(..., alias="schema")
    """The given or inferred schema, in the form that an upload takes."""
    status: Literal["processing", "clean", "findings", "failed"] | str
    validations: list[Validation]
    """Every rule that was checked."""
    created_at: AwareDatetime


class Delivery(Resource):
    """A delivery of an event to a webhook."""

    id: str
    event_id: str
    type: str
    status: Literal["pending", "succeeded", "failed"] | str
    attempts: int
    response_status: int | None
    """The status of the last answer."""
    next_attempt_at: AwareDatetime | None
    created_at: AwareDatetime


class Dog(Resource):
    """A dog."""

    id: str
    name: str
    picture: str | None
    picture_status: Literal["pending", "ready", "failed"] | str
    is_adopted: bool
    id_user: str
    """The owner."""
    create_date: AwareDatetime


class Event(Resource):
    """Something that happened to an account."""

    id: str
    type: (
        Literal[
            "login-succeeded",
            "login-failed",
            "passkey-counter-went-back",
            "session-ended",
            "sessions-ended",
            "user-registered",
            "guest-registered",
            "invitation-created",
            "invitation-accepted",
            "user-added",
            "profile-changed",
            "role-changed",
            "user-deleted",
            "address-changed",
            "address-verified",
            "address-taken",
            "factor-added",
            "factor-removed",
            "key-created",
            "key-removed",
            "user-exported",
            "users-imported",
            "webhook-changed",
            "service-changed",
            "denied",
        ]
        | str
    )
    at: AwareDatetime
    user_id: str | None
    actor: Actor
    session_id: str | None
    ip: str | None
    user_agent: str | None
    request_id: str | None
    data: dict[str, Any]


class Factor(Resource):
    """A second factor."""

    id: str
    kind: Literal["passkey", "totp", "recovery"] | str
    name: str | None
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None
    backed_up: bool | None = None
    """Of passkeys only: whether it is synchronised between devices."""
    left: int | None = None
    """Of recovery codes only: how many have not been used."""


class History(Resource):
    """Something that happened to your account, also in words."""

    id: str
    type: (
        Literal[
            "login-succeeded",
            "login-failed",
            "passkey-counter-went-back",
            "session-ended",
            "sessions-ended",
            "user-registered",
            "guest-registered",
            "invitation-created",
            "invitation-accepted",
            "user-added",
            "profile-changed",
            "role-changed",
            "user-deleted",
            "address-changed",
            "address-verified",
            "address-taken",
            "factor-added",
            "factor-removed",
            "key-created",
            "key-removed",
            "user-exported",
            "users-imported",
            "webhook-changed",
            "service-changed",
            "denied",
        ]
        | str
    )
    at: AwareDatetime
    user_id: str | None
    actor: Actor
    session_id: str | None
    ip: str | None
    user_agent: str | None
    request_id: str | None
    data: dict[str, Any]
    text: str
    """In the language of the request."""


class Invitation(Resource):
    """An invitation to make an account."""

    id: str
    email: str
    role: Literal["guest", "user", "uploader", "auditor", "admin"] | str
    status: Literal["pending", "accepted", "expired"] | str
    created_at: AwareDatetime
    expires_at: AwareDatetime


class Job(Resource):
    """A job that runs in the background, and its progress."""

    id: str
    kind: str
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"] | str
    progress: float
    """Never falls."""
    attempts: int
    error: str | None
    """Why the last attempt failed."""
    result: Any
    """The result; null until the job is done."""
    created_at: AwareDatetime
    updated_at: AwareDatetime


class Key(Resource):
    """A key of yours."""

    id: str
    name: str
    scope: Literal["read", "write"] | str
    prefix: str
    """The beginning of the key, to recognise it by."""
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    """Right to the hour."""


class NewUserWithTokens(Resource):
    """A new user and its tokens, together at the top level."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    """Seconds."""
    refresh_token: str
    """Single use: keep the one of the last answer."""
    token: str
    """The same as access_token."""
    accessToken: str
    """The same as access_token."""
    refreshToken: str
    """The same as refresh_token."""
    id: str
    username: str | None
    email: str | None
    email_verified: bool
    name: str | None
    last_name: str | None
    role: Literal["guest", "user", "uploader", "auditor", "admin"] | str
    disabled: bool
    metadata: dict[str, Any]
    """The user's own data. Nothing in it is trusted."""
    claims: dict[str, Any]
    """What admins have set. Every access token carries it at its top level."""
    created_at: AwareDatetime
    updated_at: AwareDatetime


class PublicUser(Resource):
    """A user as others see it, with the id and the username. Admins, auditors and the user itself see all fields."""

    id: str
    username: str | None
    email: str | None = None
    email_verified: bool | None = None
    name: str | None = None
    last_name: str | None = None
    role: Literal["guest", "user", "uploader", "auditor", "admin"] | str | None = None
    disabled: bool | None = None
    metadata: dict[str, Any] | None = None
    claims: dict[str, Any] | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None


class AcceptedDataset(Resource):
    """A dataset that a job checks."""

    id: str
    status: Literal["processing", "clean", "findings", "failed"] | str
    job: Job


class File(Resource):
    """A file."""

    id: str
    filename: str
    content_type: str
    """As the client gave it. Downloads are application/octet-stream."""
    size: int
    """Bytes."""
    sha256: str
    """The SHA-256 of the content, in hexadecimal."""
    created_at: AwareDatetime
    job: Job | None
    """The job that sends the file on; null long after it ended."""


class Export(Resource):
    """Everything that the service holds about you."""

    user: User
    sessions: list[Session]
    """Also those that have ended and are not yet removed."""
    sign_ins: list[SignIn]
    """The last one, if it is known."""
    tasks: list[Task]
    dogs: list[Dog]
    files: list[File]
    """Their contents are at `/api/files/{id}/content`."""
    datasets: list[Dataset]
    """Their files and rows are at `/datasets/{id}/file` and `/rows`."""
    jobs: list[Job]
    factors: list[Factor]
    """Without their secrets."""
    keys: list[Key]
    """Without their texts, which are not stored."""
    receipts: list[Receipt]
    invitations: list[Invitation]
    """The invitation with which you have made the account."""
    events: list[Event]
    """Other people in them are not named."""
