"""Resources of the service. Generated from the OpenAPI document by `make clients`."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from portero_client.resource import Resource


class AccessToken(Resource):
    """An access token, as OAuth2 names it (RFC 6749 section 5.1)."""

    access_token: str
    expires_in: int
    """Seconds."""
    token_type: Literal["bearer"]


class FieldProblem(Resource):
    """A bad field."""

    code: str
    field: str
    message: str


class MailRequested(Resource):
    """The request is accepted. The answer is the same whether or not a user has the address."""

    detail: str


class Receipt(Resource):
    """The answer that is kept for a request with an idempotency key."""

    answer: dict[str, Any] | None
    """Null while the request is in progress."""
    expires_at: AwareDatetime


class Row(Resource):
    """A row."""

    line: int
    """The line on which it begins; the header is line 1."""
    valid: bool
    """Whether it breaks no rule."""
    values: dict[str, str]


class Sample(Resource):
    """A value that breaks a rule, and the line of its row."""

    row: int
    """The line on which the record begins; the header is line 1."""
    value: str


class Session(Resource):
    """One of your sessions."""

    created_at: AwareDatetime
    current: bool
    """Whether the token of this request belongs to it."""
    id: str
    ip: str | None
    last_used_at: AwareDatetime
    """The time of the last login or refresh."""
    second_factor: str | None
    """The second factor that Firebase asked for."""
    user_agent: str | None


class Summary(Resource):
    """A summary of a dataset for people."""

    source: Literal["rules", "ai"] | str
    suggested_schema: dict[str, Any]
    """A stricter schema, in the form that an upload takes."""
    text: str


class Task(Resource):
    """A task."""

    completed: bool
    created_at: AwareDatetime
    description: str | None
    id: str
    title: str
    updated_at: AwareDatetime


class Tokens(Resource):
    """An access token and the refresh token that gets the next one."""

    access_token: str
    expires_in: int
    """Seconds."""
    refresh_token: str
    """Single use: keep the one of the last answer."""
    token_type: Literal["bearer"]


class User(Resource):
    """A user."""

    created_at: AwareDatetime
    disabled: bool
    email: str | None
    email_verified: bool
    id: str
    last_name: str | None
    name: str | None
    role: Literal["guest", "user", "uploader", "admin"] | str
    updated_at: AwareDatetime
    username: str | None


class Validation(Resource):
    """A rule that was checked, and the result of the check."""

    column: str | None
    count: int
    """The number of values that broke it."""
    passed: bool
    rule: str
    samples: list[Sample]
    """The first ten of those values."""
    severity: Literal["error", "warning"] | str
    """A row that breaks a rule of severity `error` is not valid. A warning leaves the row valid."""


class Column(Resource):
    """A column and its rules."""

    enum: list[str] | None
    max: int | float | str | None
    min: int | float | str | None
    name: str
    pattern: str | None
    required: bool | None
    """Whether empty cells are errors (true), are not looked for (false), or are warnings (null)."""
    type: Literal["string", "integer", "number", "boolean", "date", "datetime", "email"] | str
    unique: bool


class Dataset(Resource):
    """A dataset."""

    columns: list[Column]
    created_at: AwareDatetime
    delimiter: str | None
    encoding: str | None
    file_uri: str
    filename: str
    id: str
    name: str
    rows: int | None
    """The number of rows; null until all are stored."""
    schema_: dict[str, Any] = Field(..., alias="schema")
    """The given or inferred schema, in the form that an upload takes."""
    sha256: str
    size: int
    """Bytes."""
    status: Literal["processing", "clean", "findings", "failed"] | str
    validations: list[Validation]
    """Every rule that was checked."""


class Dog(Resource):
    """A dog."""

    create_date: AwareDatetime
    id: str
    id_user: str
    """The owner."""
    is_adopted: bool
    name: str
    picture: str | None
    picture_status: Literal["pending", "ready", "failed"] | str


class Job(Resource):
    """A job that runs in the background, and its progress."""

    attempts: int
    created_at: AwareDatetime
    error: str | None
    """Why the last attempt failed."""
    id: str
    kind: str
    progress: float
    """Never falls."""
    result: Any
    """The result; null until the job is done."""
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"] | str
    updated_at: AwareDatetime


class NewUserWithTokens(Resource):
    """A new user and its tokens, together at the top level."""

    accessToken: str
    """The same as access_token."""
    access_token: str
    created_at: AwareDatetime
    disabled: bool
    email: str | None
    email_verified: bool
    expires_in: int
    """Seconds."""
    id: str
    last_name: str | None
    name: str | None
    refreshToken: str
    """The same as refresh_token."""
    refresh_token: str
    """Single use: keep the one of the last answer."""
    role: Literal["guest", "user", "uploader", "admin"] | str
    token: str
    """The same as access_token."""
    token_type: Literal["bearer"]
    updated_at: AwareDatetime
    username: str | None


class PublicUser(Resource):
    """A user as others see it, with the id and the username. Admins, and the user itself, see the other fields too."""

    created_at: AwareDatetime | None = None
    disabled: bool | None = None
    email: str | None = None
    email_verified: bool | None = None
    id: str
    last_name: str | None = None
    name: str | None = None
    role: Literal["guest", "user", "uploader", "admin"] | str | None = None
    updated_at: AwareDatetime | None = None
    username: str | None


class AcceptedDataset(Resource):
    """A dataset that a job checks."""

    id: str
    job: Job
    status: Literal["processing", "clean", "findings", "failed"] | str


class File(Resource):
    """A file."""

    content_type: str
    """As the client gave it. Downloads are application/octet-stream."""
    created_at: AwareDatetime
    filename: str
    id: str
    job: Job | None
    """The job that sends the file on; null long after it ended."""
    sha256: str
    """The SHA-256 of the content, in hexadecimal."""
    size: int
    """Bytes."""


class Export(Resource):
    """Everything that the service holds about you."""

    datasets: list[Dataset]
    """Their files and rows are at `/datasets/{id}/file` and `/rows`."""
    dogs: list[Dog]
    files: list[File]
    """Their contents are at `/api/files/{id}/content`."""
    jobs: list[Job]
    receipts: list[Receipt]
    sessions: list[Session]
    """Also those that have ended and are not yet removed."""
    tasks: list[Task]
    user: User
