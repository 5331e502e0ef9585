"""The fields of requests. Generated from the OpenAPI document by `make clients`."""

from typing import Any, Literal, NotRequired, TypedDict


class AccountChange(TypedDict):
    """A change of an account. At least one field is required; an absent field keeps its value."""

    username: NotRequired[str]
    """3 to 32 characters after NFKC: letters and digits of one script, at most four combining marks on a letter, and `. _ -`, beginning with a letter or a digit. Latin may be combined with the scripts of Chinese, Japanese or Korean. Unique ignoring case and Unicode form."""
    email: NotRequired[str]
    """Unique ignoring case."""
    name: NotRequired[str | None]
    last_name: NotRequired[str | None]
    metadata: NotRequired[dict[str, Any]]
    """A merge patch (RFC 7396) of your own data: null removes a key. At most 8 KiB and 8 levels."""
    current_password: NotRequired[str | None]


class Credentials(TypedDict):
    """
    A password, and a username or an e-mail address. `username` and `email` both accept either kind of name.

    OAuth2 clients of FastAPI send the fields form-encoded.
    """

    otp: NotRequired[str]
    """The code that an authenticator app shows."""
    email: NotRequired[str]
    """A username, or an e-mail address."""
    username: NotRequired[str]
    """A username, or an e-mail address."""
    password: str


class DogChange(TypedDict):
    """A change of a dog. At least one field is required; an absent field keeps its value."""

    name: NotRequired[str]
    """1 to 64 characters in one line, without a slash; not `.`, `..` or `is_adopted`. Unique ignoring case."""
    is_adopted: NotRequired[bool]
    picture: NotRequired[str]
    id_user: NotRequired[str]


class FactorChange(TypedDict):
    """The name of a factor."""

    name: NotRequired[str | None]


class FirebaseToken(TypedDict):
    """The ID token that getIdToken() of a Firebase client returns."""

    otp: NotRequired[str]
    """The code that an authenticator app shows."""
    id_token: str
    invitation: NotRequired[str]
    """That of an invitation, which a newcomer accepts."""


class MailAddress(TypedDict):
    """The address that the mail goes to."""

    email: str
    """Unique ignoring case."""


class NewDataset(TypedDict):
    """A CSV file and the options to read it with."""

    name: str
    schema: NotRequired[str]
    """JSON: each column's name and its type, or an object of type, required, unique, min, max, pattern, enum. Empty or absent: it is inferred."""
    delimiter: NotRequired[str]
    """A comma, semicolon, tab or bar. Detected by default."""
    encoding: NotRequired[str]
    """Detected by default."""


class NewDog(TypedDict):
    """A new dog."""

    is_adopted: NotRequired[bool]
    id_user: NotRequired[str]
    """The owner. Only admins may name other users."""


class NewFactor(TypedDict):
    """The enrolment and a code of an authenticator app; or a passkey that a browser has made."""

    enrolment: NotRequired[str]
    code: NotRequired[str]
    """The code that an authenticator app shows."""
    passkey: NotRequired[dict[str, Any] | None]
    name: NotRequired[str | None]


class NewInvitation(TypedDict):
    """An invitation for the owner of an e-mail address."""

    email: str
    """Unique ignoring case."""
    role: NotRequired[Literal["user", "uploader", "auditor", "admin"]]
    """The role of the account."""
    expires_in_days: NotRequired[int]


class NewKey(TypedDict):
    """A new key. Without `expires_in_days` it works until it is removed."""

    name: str
    scope: Literal["read", "write"]
    """A key with `read` is admitted to GET only."""
    expires_in_days: NotRequired[int | None]


class NewPassword(TypedDict):
    """The token of the mail and the new password."""

    token: str
    """The token in the link of the mail."""
    new_password: str
    """8 to 128 characters (unless set otherwise) after NFC, any of Unicode; not one of the most used passwords, not easy to guess, not a leaked one where the service looks for these, and not your username or e-mail address."""


class NewPerson(TypedDict):
    """A person whom an admin adds. A person without a password cannot log in."""

    name: str
    last_name: str
    email: str
    """Unique ignoring case."""
    username: NotRequired[str | None]
    password: NotRequired[str | None]
    role: NotRequired[Literal["user", "uploader", "auditor", "admin"]]


class NewServiceAccount(TypedDict):
    """A new account for a service."""

    name: str
    role: Literal["user", "uploader", "admin"]


class NewTask(TypedDict):
    """A new task."""

    title: str
    description: NotRequired[str | None]
    completed: NotRequired[bool]


class NewWebhook(TypedDict):
    """A new webhook."""

    url: str
    events: list[
        Literal[
            "*",
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
        ]
    ]
    """The types of the events to send, or `*` for all."""
    description: NotRequired[str | None]
    enabled: NotRequired[bool]


class PasskeyLogin(TypedDict):
    """The answer of a passkey to the challenge of a sign-in."""

    passkey: dict[str, Any]
    """A `PublicKeyCredential`, as its method `toJSON()` returns it."""


class PasswordChange(TypedDict):
    """
    Your current password and the new one.

    With `IDENTITY=firebase`, a recent sign-in at Firebase stands for the current password of an account that has none.
    """

    current_password: NotRequired[str]
    new_password: str
    """8 to 128 characters (unless set otherwise) after NFC, any of Unicode; not one of the most used passwords, not easy to guess, not a leaked one where the service looks for these, and not your username or e-mail address."""


class Registration(TypedDict):
    """A new account."""

    username: str
    """3 to 32 characters after NFKC: letters and digits of one script, at most four combining marks on a letter, and `. _ -`, beginning with a letter or a digit. Latin may be combined with the scripts of Chinese, Japanese or Korean. Unique ignoring case and Unicode form."""
    invitation: NotRequired[str]
    """The token in the link of an invitation."""
    email: NotRequired[str]
    """Needed without an invitation."""
    password: str
    """8 to 128 characters (unless set otherwise) after NFC, any of Unicode; not one of the most used passwords, not easy to guess, not a leaked one where the service looks for these, and not your username or e-mail address."""
    name: NotRequired[str | None]
    last_name: NotRequired[str | None]


class SecondStep(TypedDict):
    """The token that the first step was answered with, and the answer of a factor."""

    code: NotRequired[str]
    """The code that an authenticator app shows."""
    recovery_code: NotRequired[str]
    """Each works once."""
    passkey: NotRequired[dict[str, Any] | None]
    mfa_token: str
    """The token of the problem `mfa-required`."""


class StepUpBody(TypedDict):
    """One proof: the password of an account without factors, or the answer of a factor."""

    code: NotRequired[str]
    """The code that an authenticator app shows."""
    recovery_code: NotRequired[str]
    """Each works once."""
    passkey: NotRequired[dict[str, Any] | None]
    password: NotRequired[str]


class TaskChange(TypedDict):
    """A change of a task. At least one field is required; an absent field keeps its value."""

    title: NotRequired[str]
    description: NotRequired[str | None]
    completed: NotRequired[bool]


class Ticket(TypedDict):
    """The token that the first step was answered with."""

    mfa_token: str
    """The token of the problem `mfa-required`."""


class TokenOrCode(TypedDict):
    """The token in the link of the mail; or the address, and the six digits in the mail."""

    otp: NotRequired[str]
    """The code that an authenticator app shows."""
    token: NotRequired[str]
    """The token in the link of the mail."""
    email: NotRequired[str | None]
    code: NotRequired[str]


class TokenOrNothing(TypedDict):
    """The token of the mail; or nothing, to ask for a mail."""

    token: NotRequired[str]
    """The token in the link of the mail."""


class UserChange(TypedDict):
    """A change of a user. At least one field is required. Only admins can set `role`, `disabled` and `claims`."""

    username: NotRequired[str]
    """3 to 32 characters after NFKC: letters and digits of one script, at most four combining marks on a letter, and `. _ -`, beginning with a letter or a digit. Latin may be combined with the scripts of Chinese, Japanese or Korean. Unique ignoring case and Unicode form."""
    email: NotRequired[str]
    """Unique ignoring case."""
    name: NotRequired[str | None]
    last_name: NotRequired[str | None]
    metadata: NotRequired[dict[str, Any]]
    """A merge patch (RFC 7396) of your own data: null removes a key. At most 8 KiB and 8 levels."""
    current_password: NotRequired[str | None]
    role: NotRequired[Literal["user", "uploader", "auditor", "admin"]]
    disabled: NotRequired[bool]
    claims: NotRequired[dict[str, Any]]
    """Replaces what every access token carries. At most 1 000 bytes together with `role`."""


class WebhookBody(TypedDict):
    """A change of a webhook. At least one field is required; an absent field keeps its value."""

    url: NotRequired[str]
    events: NotRequired[
        list[
            Literal[
                "*",
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
            ]
        ]
    ]
    """The types of the events to send, or `*` for all."""
    description: NotRequired[str | None]
    enabled: NotRequired[bool]
