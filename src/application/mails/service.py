"""The service for links in mails: proving an address, logging in, and setting a new password."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from src.application.accounts import AccountMirror, AccountSaga
from src.application.audit import Audit, AuditEvent
from src.application.limits import FAILED_LOGINS, MAILS, MAILS_TO_ADDRESS, Count, RateLimiter, network
from src.application.mails.tokens import MailTokens
from src.application.outbox import Notices, Outbox
from src.application.ports import Clock, Tokens
from src.application.sessions import SessionService
from src.domain.errors import FieldError, Invalid, InvalidToken, NotFound
from src.domain.mails import MAX_LIVING, Mail, MailKind, MailRepository
from src.domain.sessions import Client
from src.domain.users import PasswordPolicy, User, UserRepository
from src.domain.values import Email, InvalidValue

_INVALID = "The link or code is wrong, was used or has expired; ask for a new mail."


@dataclass(frozen=True, slots=True, kw_only=True)
class MailService:
    """Requests mails with links, and does what their links are for."""

    mails: MailRepository
    users: UserRepository
    outbox: Outbox
    notices: Notices
    saga: AccountSaga
    mirror: AccountMirror
    sessions: SessionService
    tokens: MailTokens
    passwords: PasswordPolicy
    limiter: RateLimiter
    audit: Audit
    clock: Clock
    enabled: bool
    """Whether there is a mail server, or a folder for mails in development."""

    def request(self, kind: MailKind, address: Email, client: Client) -> None:
        """Send a mail with a link to this address if a user has it.

        The answer and its time are the same for every address. Raises NotFound if this service sends no mails;
        TooManyRequests, Unavailable.
        """
        if not self.enabled:
            raise NotFound("This service sends no mails; its operator has not set SMTP_URL.")
        self.limiter.hit(Count(MAILS, network(client)), Count(MAILS_TO_ADDRESS, address.key))
        self.outbox.add(kind, address, client.language)

    def request_verification(self, user: User, client: Client) -> None:
        """Send a mail with a link that proves your address.

        Raises Invalid for a user without an address; TooManyRequests, Unavailable.
        """
        if user.email is None:
            raise Invalid(FieldError("email", "required", "Your account has no e-mail address; set one first."))
        self.request(MailKind.VERIFY, user.email, client)

    def verify(self, token: str) -> None:
        """Mark the address as verified to which the mail with this token was sent. Raises InvalidToken."""
        mail = self._spend(MailKind.VERIFY, token)
        self._update(mail, lambda user: replace(user, email_verified=True, updated_at=self.clock()))

    def log_in(self, token: str, client: Client) -> tuple[User, Tokens]:
        """Trade the token of a mail for the tokens of a new session. It proves the address too.

        With Firebase Auth, the account is checked there first. A mail does not stand for the second factor of an
        account. Raises InvalidToken, Unavailable.
        """
        return self._start(self._spend(MailKind.LOGIN, token), client)

    def log_in_with_code(self, address: Email, code: str, client: Client) -> tuple[User, Tokens]:
        """Trade the code of a mail for the tokens of a new session. After five wrong codes the code is refused.

        Raises InvalidToken, TooManyRequests, Unavailable.
        """
        failure = Count(FAILED_LOGINS, network(client))
        self.limiter.check(failure)
        for mail in self.mails.newest(MailKind.LOGIN, address, MAX_LIVING):
            if self._is_code(mail, code):
                self._user_of(mail)
                if self.mails.spend(mail):
                    return self._start(mail, client)
        self.limiter.hit(failure)
        raise InvalidToken(_INVALID)

    def reset_password(self, token: str, password: str, client: Client) -> None:
        """Set a new password with the token of a mail. It ends all sessions and proves the address.

        Raises InvalidToken, Unavailable, and Invalid for a password that the policy refuses, which spends no token.
        """
        mail = self._peek(MailKind.RESET, token)
        user = self._user_of(mail)
        username = user.username.display if user.username else None
        try:
            password = self.passwords.check(password, username, mail.address.address)
        except InvalidValue as error:
            raise Invalid(FieldError("new_password", error.code, str(error))) from None
        if not self.mails.spend(mail):
            raise InvalidToken(_INVALID)

        def check(stored: User) -> User:
            self._require_valid(mail, stored)
            return replace(stored, email_verified=True)

        self.saga.set_password(user.id, password, "password-reset", check=check)
        self.notices.password_changed(user, client)

    def _start(self, mail: Mail, client: Client) -> tuple[User, Tokens]:
        user = self._update(mail, lambda stored: replace(stored, email_verified=True))
        self.audit(AuditEvent.LOGIN_SUCCEEDED, {"user_id": user.id})
        self.notices.logged_in(user, client)
        return user, self.sessions.start(user, client)

    def _update(self, mail: Mail, change: Callable[[User], User]) -> User:
        """Change the user of a mail whose token has just been spent. Raises InvalidToken."""

        def checked(stored: User) -> User:
            self._require_valid(mail, stored)
            return change(stored)

        assert mail.user_id
        try:
            return self.users.update(mail.user_id, checked)
        except NotFound:
            raise InvalidToken(_INVALID) from None

    def _spend(self, kind: MailKind, token: str) -> Mail:
        """Return the mail with this token, which is not valid any more. Raises InvalidToken."""
        mail = self._peek(kind, token)
        if not self.mails.spend(mail):
            raise InvalidToken(_INVALID)
        return mail

    def _peek(self, kind: MailKind, token: str) -> Mail:
        """Return the mail with this token. Raises InvalidToken unless it is valid; Unavailable."""
        id = self.tokens.mail_id(token)
        mail = self.mails.get(id) if id else None
        if mail is None or mail.kind is not kind:
            raise InvalidToken(_INVALID)
        self._user_of(mail)
        return mail

    def _user_of(self, mail: Mail) -> User:
        """Return the user of a valid mail, in line with its account at the identity provider.

        Raises InvalidToken, Unavailable.
        """
        user = self.users.get(mail.user_id) if mail.user_id else None
        if user is None or not mail.is_for(user, self.clock()):
            raise InvalidToken(_INVALID)
        user = self.mirror.check(user, one_factor=mail.kind is MailKind.LOGIN)
        self._require_valid(mail, user)
        return user

    def _is_code(self, mail: Mail, code: str) -> bool:
        """Return whether ``code`` is the code of a mail. The attempt is counted first, so that no race adds guesses."""
        try:
            counted = self.mails.update(mail.id, Mail.with_attempt)
        except NotFound:  # spent meanwhile
            return False
        return counted.accepts_codes and self.tokens.is_code(mail, code)

    def _require_valid(self, mail: Mail, user: User) -> None:
        if not mail.is_for(user, self.clock()):
            raise InvalidToken(_INVALID)
