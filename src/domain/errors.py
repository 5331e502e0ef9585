"""The errors of the domain.

    PorteroError
    ├── Invalid              some fields of the input break a rule; lists every such field
    │   ├── InvalidCursor    the cursor does not belong to this list
    │   ├── UnknownOwner     the user who is named as an owner does not exist
    │   ├── InvalidInvitation  the token of an invitation is wrong, spent, expired or revoked
    │   ├── KeyReused        the idempotency key belongs to another request
    │   └── AnswerTooLong    the answer to a request with an idempotency key is larger than the store takes
    ├── Unauthenticated      no credentials were given
    │   ├── InvalidToken
    │   ├── InvalidCredentials
    │   ├── InsufficientAuthentication  the caller must prove again, or with two factors, who they are
    │   └── InvalidClient    a service has sent no valid credential
    ├── Forbidden            the caller is known but not allowed to do this
    │   ├── InsufficientScope  the key of the caller may not do this
    │   ├── WrongPassword    the caller has confirmed a change with a wrong password
    │   ├── MfaRequired      the first step of a login was right, and a second one is needed
    │   ├── WrongCode        the second step was taken with a wrong code or passkey
    │   │   ├── WrongPasskey the answer of a passkey is malformed, too late, or not signed by it
    │   │   └── AlreadyUsed  the code, challenge or ticket was right, and has been used before
    │   └── RegistrationClosed  the newcomer may not come in, or the address is not one of the allowed ones
    ├── NotFound
    ├── Taken                a unique value belongs to another user or dog; lists the fields
    ├── Stale                the caller has changed an older revision than the stored one
    ├── LastSignIn           the change would leave no way to sign in to the account
    ├── LastAdmin            the change would leave no admin who can log in
    ├── Ended                the job has ended and cannot be cancelled
    ├── InProgress           the first request with this idempotency key has no answer yet
    ├── AttemptFailed        an attempt of a job failed; says whether another attempt can help
    │   └── Postponed        the attempt was not made, because the other service failed a moment ago; says when to retry
    │       └── Busy         the attempt was not made, because too many others like it are being made
    ├── TooManyRequests      a rate limit of this service is exceeded; says when to retry
    └── Unavailable          a dependency is down, slow or contended; says when to retry
        ├── Overloaded       more requests come than the service can answer in time
        └── TooManyAttempts  the identity provider accepts no more attempts for now

Each class has a stable ``code`` for clients. The interfaces decide how an error is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from src.domain.messages import Translatable, clipped

_MAX_FIELD = 300


@dataclass(frozen=True, slots=True)
class FieldError:
    """An invalid field: the name that the client gave it, a stable code, and a message that says what to change."""

    field: str
    code: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "field", clipped(self.field, _MAX_FIELD))


class PorteroError(Exception):
    """The base class of all errors. ``detail`` is a sentence that tells users what to do.

    The sentence contains no secret.
    """

    code: ClassVar[str] = "error"
    default_detail: ClassVar[str] = "Something went wrong."

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or self.default_detail
        super().__init__(self.detail)


class Invalid(PorteroError):
    """Some fields of the input break a rule."""

    code = "invalid"
    default_detail = "Some fields are not valid; each is named in errors."

    def __init__(self, *errors: FieldError) -> None:
        self.errors = errors
        super().__init__()


class InvalidCursor(Invalid):
    """The cursor was not made for this list with these filters."""


class UnknownOwner(Invalid):
    """The user who is named as the owner of an object does not exist."""


class InvalidInvitation(Invalid):
    """The token of an invitation is wrong, was used, has expired or was revoked, or its maker is no admin any more."""


class KeyReused(Invalid):
    """The idempotency key was used for another request before."""


class AnswerTooLong(Invalid):
    """The answer to a request with an idempotency key is larger than the store takes."""


class Unauthenticated(PorteroError):
    """No credentials were given."""

    code = "unauthenticated"
    default_detail = "Not authenticated"


class InvalidToken(Unauthenticated):
    """The token was not issued here, has expired or was revoked, or its user cannot log in."""

    code = "invalid-token"
    default_detail = "The token is not valid here or has expired; log in again."


class InvalidCredentials(Unauthenticated):
    """The user is unknown or disabled, or the password is wrong. The error does not tell callers which."""

    code = "invalid-credentials"
    default_detail = "The username, e-mail or password is not right."


class InvalidClient(Unauthenticated):
    """A service that must authenticate has sent no valid credential."""

    code = "invalid-client"


class InsufficientAuthentication(Unauthenticated):
    """The caller is known, but needs a newer or stronger proof of identity (RFC 9470).

    ``two_factors`` says whether the proof needs two factors. ``within`` is the greatest age of the proof, or None for
    any age.
    """

    code = "insufficient-user-authentication"
    default_detail = "Confirm that it is you, and send the request again with the new token."

    def __init__(self, *, two_factors: bool = True, within: timedelta | None = None) -> None:
        super().__init__()
        self.two_factors = two_factors
        self.within = within


class Forbidden(PorteroError):
    """The caller is known but not allowed to do this."""

    code = "forbidden"
    default_detail = "You are not allowed to do this."


class InsufficientScope(Forbidden):
    """The caller has sent a key whose scope does not allow this. ``scope`` is the scope that does (RFC 6750)."""

    code = "insufficient-scope"

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(Translatable("This needs a key with the scope {scope}.", scope=scope))


class WrongPassword(Forbidden):
    """The caller must confirm a change with the current password, and has given a wrong one."""

    code = "wrong-password"
    default_detail = "The current password is not right."


class MfaRequired(Forbidden):
    """The first step of a login has succeeded, and the account has factors.

    ``mfa_token`` is a ticket for the second step, ``expires_in`` is the lifetime of the ticket in seconds, and
    ``factors`` are the kinds of the user's factors.
    """

    code = "mfa-required"
    default_detail = "Take the second step of the login: a code of your app, a recovery code, or a passkey."

    def __init__(self, mfa_token: str, expires_in: int, factors: Sequence[str]) -> None:
        self.mfa_token = mfa_token
        self.expires_in = expires_in
        self.factors = factors
        super().__init__()


class WrongCode(Forbidden):
    """A code, a recovery code or the answer of a passkey is wrong."""

    code = "wrong-code"
    default_detail = "That is not right. Use the code that your app shows now, or another way to prove that it is you."


class WrongPasskey(WrongCode):
    """The answer of a passkey is malformed, has an unknown or expired challenge, or was not signed by the passkey."""

    default_detail = "This passkey was not accepted. Try again, or use another way to prove that it is you."


class AlreadyUsed(WrongCode):
    """A code, a challenge or a ticket was right, but it works only once and has been used."""


class RegistrationClosed(Forbidden):
    """The settings do not let this newcomer make an account or become a guest, or do not allow the address."""

    code = "registration-closed"
    default_detail = "Registration is closed here; ask an admin for an account."


class NotFound(PorteroError):
    """The object does not exist, or the caller is not allowed to know that it exists."""

    code = "not-found"
    default_detail = "There is nothing here."


class Taken(PorteroError):
    """Unique values belong to another user or dog. ``fields`` are the names of the fields that hold these values."""

    code = "taken"

    def __init__(self, *fields: str) -> None:
        self.fields = fields
        super().__init__(Translatable("Already taken: {fields}. Choose another.", fields=", ".join(fields)))


class Stale(PorteroError):
    """The object has been changed since the caller read the revision that the caller wants to change."""

    code = "stale"
    default_detail = "It has changed since you read it; read it again and repeat your change."


class LastSignIn(PorteroError):
    """The change would leave no way to sign in to the account."""

    code = "last-sign-in"
    default_detail = "This is the only way to sign in to your account; set a password first."


class LastAdmin(PorteroError):
    """The last admin cannot be removed, disabled or demoted."""

    code = "last-admin"
    default_detail = "This is the last admin; make another one first."


class Ended(PorteroError):
    """The job has ended and cannot be cancelled, or the dataset has failed and has no report to summarise."""

    code = "ended"
    default_detail = "The job has ended already."


class InProgress(PorteroError):
    """The first request with this idempotency key has not been answered yet."""

    code = "in-progress"
    default_detail = "The first request with this key is still in progress; try again in a moment."


class AttemptFailed(PorteroError):
    """An attempt of a job failed. ``final`` says that another attempt would fail too.

    ``detail`` is shown to the owner of the job.
    """

    code = "attempt-failed"

    def __init__(self, detail: str, *, final: bool = False) -> None:
        self.final = final
        super().__init__(detail)


class Postponed(AttemptFailed):
    """The attempt was not made, because the other service failed a moment ago. ``retry_after`` is in seconds."""

    code = "postponed"

    def __init__(self, detail: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class Busy(Postponed):
    """The attempt was not made, because too many others like it are being made. Never counts as a failure."""


class TooManyRequests(PorteroError):
    """A rate limit is exceeded. ``retry_after`` is in seconds, and ``limit`` is the name of the limit."""

    code = "too-many-requests"

    def __init__(self, retry_after: int, limit: str = "") -> None:
        self.retry_after = retry_after
        self.limit = limit
        super().__init__(Translatable("Too many requests; try again in {seconds} seconds.", seconds=retry_after))


class Unavailable(PorteroError):
    """A dependency is down, slow or contended. ``retry_after`` is in seconds."""

    code = "unavailable"
    default_detail = "A service behind this one does not answer; try again in a moment."

    def __init__(self, detail: str | None = None, retry_after: int = 5) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class Overloaded(Unavailable):
    """More requests come than the service can answer in time."""

    default_detail = "More requests come than the service can answer; try again in a moment."


class TooManyAttempts(Unavailable):
    """The identity provider accepts no more attempts for this account for now."""

    code = "too-many-attempts"
    default_detail = "Too many attempts; wait before trying again."
