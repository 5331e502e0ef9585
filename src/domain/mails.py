"""The Mail entity: a mail that was requested, and, for some kinds, the single-use token that it brings.

A request stores a mail for any address, without asking whether a user has it, so that the answer and its time tell
nothing about the address. The job that sends the mail finds the user. If there is one, it opens the mail: from then on
the token is valid, for ``LIFETIME``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from src.domain.jobs import Job
from src.domain.repositories import Repository
from src.domain.users import User
from src.domain.values import Email, new_id

LIFETIME = timedelta(minutes=30)
"""The time for which the token of a mail is valid."""
MAX_VALID_TOKENS = 3
"""The number of tokens of one kind that an address can have at the same time. A newer mail ends the oldest one."""
MAX_ATTEMPTS = 5
"""The number of codes that can be tried for a mail. The link stays valid after them."""
_GIVEN_BACK = "given_back"
"""The detail of a mail whose token became valid again."""
RETRY_WINDOW = timedelta(days=1)
"""The time that a mail waits for a mail server that does not answer."""


class MailKind(StrEnum):
    """The reason of a mail. The first three kinds bring a token, and so does an invitation."""

    LOGIN = "login"
    VERIFY = "verify"
    RESET = "reset"
    ADDRESS_CHANGED = "address-changed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - it is no password
    NEW_DEVICE = "new-device"
    ACCOUNT_DELETED = "account-deleted"
    FACTOR_ADDED = "factor-added"
    FACTOR_REMOVED = "factor-removed"
    RECOVERY_CODES_RENEWED = "recovery-codes-renewed"
    FACTORS_RESET = "factors-reset"
    WRONG_CODES = "wrong-codes"
    INVITATION = "invitation"
    WEBHOOK_DISABLED = "webhook-disabled"

    @property
    def has_token(self) -> bool:
        """Whether a mail of this kind brings a token."""
        return self.opens_account or self is MailKind.INVITATION

    @property
    def opens_account(self) -> bool:
        """Whether a mail of this kind brings a token of its own, and goes to the address of a user only."""
        return self in (MailKind.LOGIN, MailKind.VERIFY, MailKind.RESET)


EXAMPLES: Mapping[MailKind, Mapping[str, str]] = {
    MailKind.INVITATION: {"invitation": "0123456789abcdef0123456789abcdef", "until": "2026-11-30"},
    MailKind.NEW_DEVICE: {"device": "Firefox on Linux, 192.0.2.7"},
    MailKind.ADDRESS_CHANGED: {"new_address": "ana@example.org"},
    MailKind.FACTOR_ADDED: {"factor": "totp"},
    MailKind.FACTOR_REMOVED: {"factor": "passkey"},
    MailKind.WEBHOOK_DISABLED: {"url": "https://example.com/portero"},
}
"""The details of each kind of mail that has any, with examples, which `portero mails preview` shows."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail. ``revision`` identifies this version in the store, and is empty until the mail is stored.

    Neither the token nor the code is stored: both are derived from the id with a key of this service.
    """

    id: str
    kind: MailKind
    address: Email
    language: str
    """The language of the request: "en" or "es"."""
    created_at: datetime
    expires_at: datetime
    details: Mapping[str, str] = field(default_factory=dict)
    """The facts that a notice tells, such as the name of the new device."""
    user_id: str | None = None
    """The user for whom the mail was opened, or None before, and for an address that no user has."""
    valid_until: datetime | None = None
    """The time at which the token expires. None before the mail is opened, and once its token is void."""
    epoch: int = 0
    """The ``mail_epoch`` of the user when the mail was opened.

    The token ends with a new address, and when all sessions end, as with a new password.
    """
    attempts: int = 0
    """The number of codes that were tried."""
    revision: str = ""

    @classmethod
    def new(
        cls, kind: MailKind, address: Email, language: str, now: datetime, details: Mapping[str, str] | None = None
    ) -> "Mail":
        """Return a mail that is not stored yet."""
        return cls(new_id(), kind, address, language, now, now + RETRY_WINDOW + LIFETIME, details or {})

    def activate_token(self, user: User | None, now: datetime) -> "Mail":
        """Return the mail with a valid token for ``user``. Without a user, return the mail with an early expiry.

        The mail goes to the address as the user has spelled it, because another spelling may be another mailbox. A
        repeated attempt to send the mail makes the same token valid again. If the token has become void since an
        earlier attempt, which may have delivered the mail, the token stays void and the mail expires early.
        """
        if user is None or user.email is None or (self.user_id and not self._is_current(user)):
            return replace(self, valid_until=None, expires_at=now + LIFETIME)
        return replace(self, address=user.email, user_id=user.id, epoch=user.mail_epoch, valid_until=now + LIFETIME)

    def sent(self) -> "Mail":
        """Return the mail after it was sent. It expires together with its token, as a mail without a user does.

        If only one of these two kinds of mails stayed longer, the response time for a wrong code would reveal whether a
        user has the address.
        """
        return replace(self, expires_at=self.valid_until or self.expires_at)

    def reactivate_token(self, user: User) -> "Mail":
        """Return the mail with its token valid again, after the identity provider failed while the token was used.

        The provider may have set the new password before it failed. From then on, the provider's revocations of
        sign-ins therefore do not void the token.
        """
        return replace(self, epoch=user.mail_epoch, details={**self.details, _GIVEN_BACK: "yes"})

    def for_new_password(self, user: User, now: datetime) -> "Mail":
        """Return the mail as a password reset, after its first use removed the user's old password.

        Its token is valid again.
        """
        until = now + LIFETIME
        return replace(self, kind=MailKind.RESET, epoch=user.mail_epoch, valid_until=until, expires_at=until)

    def is_for(self, user: User | None, now: datetime) -> bool:
        """Return whether the token is valid for ``user``.

        The token must not have expired. Since it was issued, the user must not have been disabled, have changed the
        password or the address, or have had all sessions ended here or at the identity provider.
        """
        return (
            user is not None
            and user.can_log_in
            and self._is_current(user)
            and self.valid_until is not None
            and now < self.valid_until
            and not self._is_revoked(user, self.valid_until - LIFETIME)
        )

    def _is_current(self, user: User) -> bool:
        """Return whether the mail was opened for ``user``, whose mail epoch and address are still the same."""
        return (user.id, user.mail_epoch, user.email) == (self.user_id, self.epoch, self.address)

    def _is_revoked(self, user: User, opened_at: datetime) -> bool:
        """Return whether the provider has revoked all sign-ins since ``opened_at``.

        The provider revokes all sign-ins when a password is set there, for example.
        """
        revoked_at = user.provider.valid_since if user.provider else None
        return revoked_at is not None and opened_at < revoked_at and _GIVEN_BACK not in self.details

    def with_attempt(self) -> "Mail":
        """Return the mail after one more attempt to guess its code."""
        return replace(self, attempts=self.attempts + 1)

    @property
    def accepts_codes(self) -> bool:
        """Whether the last attempt to guess the code was one of the first ``MAX_ATTEMPTS``."""
        return self.attempts <= MAX_ATTEMPTS


class MailRepository(Repository[Mail], Protocol):
    """Stores mails. A mail that has expired may be missing."""

    def add(self, mail: Mail, job: Job) -> None:
        """Store a new mail and the job that sends it, in one commit."""

    def newest(self, kind: MailKind, address: Email, limit: int) -> Sequence[Mail]:
        """Return the mails of one kind to an address, the newest first."""

    def spend(self, mail: Mail) -> bool:
        """Remove a mail, and return whether this call removed it. Of simultaneous calls, exactly one returns True."""

    def remove(self, id: str) -> None:
        """Remove a mail, if it exists."""
