"""What can go wrong, in the words of the domain.

    PorteroError
    ├── Invalid              some fields of the input break a rule; names all of them
    │   ├── InvalidCursor    the cursor of a list was not given out for that list
    │   ├── UnknownOwner     something was to be given to a user who does not exist
    │   └── KeyReused        an idempotency key was used for another request before
    ├── Unauthenticated      nobody, or nobody we believe
    │   ├── InvalidToken
    │   └── InvalidCredentials
    ├── Forbidden            known, but not allowed
    │   └── WrongPassword    the current password, asked for again, does not match
    ├── NotFound
    ├── Taken                a unique value belongs to someone else; names the fields
    ├── Stale                the caller changed an older revision than the stored one
    ├── LastAdmin            the change would leave nobody in charge
    ├── Ended                a job has ended, and cannot be cancelled any more
    ├── InProgress           the first request with this idempotency key has not been answered yet
    ├── AttemptFailed        a job could not do its work this time; says whether trying again can help
    │   └── Postponed        it did not even try, since the other side is left alone; says when to try again
    ├── TooManyRequests      over a limit of ours; says when to try again
    └── Unavailable          a dependency is down, slow or contended; says when to try again
        └── TooManyAttempts  the identity provider refuses more attempts for now

Each class has a stable ``code``. What status it is over HTTP is not known here.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: its name as the client wrote it, a stable code, a sentence to act on."""

    field: str
    code: str
    message: str


class PorteroError(Exception):
    """The root. ``detail`` is one sentence that a person can act on and that holds no secret."""

    code: ClassVar[str] = "error"
    default_detail: ClassVar[str] = "Something went wrong."

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or self.default_detail
        super().__init__(self.detail)


class Invalid(PorteroError):
    """Understood, but some fields break a rule."""

    code = "invalid"
    default_detail = "Some fields are not valid; each is named in errors."

    def __init__(self, *errors: FieldError) -> None:
        self.errors = errors
        super().__init__()


class InvalidCursor(Invalid):
    """The cursor was not given out for this list and these filters."""


class UnknownOwner(Invalid):
    """The user who was to own something does not exist."""


class KeyReused(Invalid):
    """The idempotency key was used for another request before."""


class Unauthenticated(PorteroError):
    """No credentials were given."""

    code = "unauthenticated"
    default_detail = "Not authenticated"


class InvalidToken(Unauthenticated):
    """A token was given that is not ours, has expired, or whose user is gone."""

    code = "invalid-token"
    default_detail = "The token is not valid here or has expired; log in again."


class InvalidCredentials(Unauthenticated):
    """Wrong password, unknown user or disabled account: deliberately the same."""

    code = "invalid-credentials"
    default_detail = "The username, e-mail or password is not right."


class Forbidden(PorteroError):
    """Known, but not allowed."""

    code = "forbidden"
    default_detail = "You are not allowed to do this."


class WrongPassword(Forbidden):
    """The caller is logged in, but the current password given again is wrong."""

    code = "wrong-password"
    default_detail = "The current password is not right."


class NotFound(PorteroError):
    """There is no such thing, or not for this caller."""

    code = "not-found"
    default_detail = "There is nothing here."


class Taken(PorteroError):
    """Unique values that belong to someone else."""

    code = "taken"

    def __init__(self, *fields: str) -> None:
        self.fields = fields
        super().__init__(f"Already taken: {', '.join(fields)}. Choose another.")


class Stale(PorteroError):
    """The stored revision is not the one the caller's change was made for."""

    code = "stale"
    default_detail = "It has changed since you read it; read it again and repeat your change."


class LastAdmin(PorteroError):
    """The last admin cannot be removed, disabled or demoted."""

    code = "last-admin"
    default_detail = "This is the last admin; make another one first."


class Ended(PorteroError):
    """The job has ended."""

    code = "ended"
    default_detail = "The job has ended already."


class InProgress(PorteroError):
    """The first request with this idempotency key has not been answered yet."""

    code = "in-progress"
    default_detail = "The first request with this key is still in progress; try again in a moment."


class AttemptFailed(PorteroError):
    """A job could not do its work. ``detail`` is shown to the owner of the job and holds no secret."""

    code = "attempt-failed"

    def __init__(self, detail: str, *, final: bool = False) -> None:
        self.final = final
        super().__init__(detail)


class Postponed(AttemptFailed):
    """Nothing was tried: the other side failed a moment ago and is left alone. ``retry_after`` is in seconds."""

    code = "postponed"

    def __init__(self, detail: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class TooManyRequests(PorteroError):
    """Over a limit. ``retry_after`` is in seconds."""

    code = "too-many-requests"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many requests; try again in {retry_after} seconds.")


class Unavailable(PorteroError):
    """A dependency is down, slow or contended; nothing was half done. ``retry_after`` is in seconds."""

    code = "unavailable"
    default_detail = "A service behind this one does not answer; try again in a moment."

    def __init__(self, detail: str | None = None, retry_after: int = 5) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class TooManyAttempts(Unavailable):
    """More attempts than the identity provider allows for this account."""

    code = "too-many-attempts"
    default_detail = "Too many attempts; wait before trying again."
