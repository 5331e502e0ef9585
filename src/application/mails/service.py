"""The service that carries out the actions of links: proving an address, logging in, setting a new password."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from src.application.accounts import Accounts, changes
from src.application.accounts.failures import after_failure
from src.application.factors import Answer, FirstStep
from src.application.limits import FAILED_LOGINS, MAIL_CODES, Count, RateLimiter, guess, network
from src.application.mails.tokens import MailTokens
from src.application.notices import Notices
from src.application.ports import Clock, Tokens
from src.application.sessions import SessionService
from src.domain.errors import InvalidToken, NotFound, Unavailable
from src.domain.events import Event, EventType, Recorded
from src.domain.mails import MAX_VALID_TOKENS, Mail, MailKind, MailRepository
from src.domain.passwords import NewPassword, PasswordPolicy
from src.domain.sessions import Client, Login, Method
from src.domain.users import User, UserRepository
from src.domain.values import Email, as_field_error

_INVALID = "The link or code is wrong, was used or has expired; ask for a new mail."


@dataclass(frozen=True, slots=True, kw_only=True)
class MailService:
    """Carries out the actions of the links and codes in mails."""

    mails: MailRepository
    users: UserRepository
    notices: Notices
    accounts: Accounts
    sessions: SessionService
    tokens: MailTokens
    passwords: PasswordPolicy
    limiter: RateLimiter
    clock: Clock

    def account_to_verify(self, token: str) -> User | None:
        """Return the user whose address the token proves, or None if the token is not valid. The token stays valid."""
        with suppress(InvalidToken):
            return self._peek(MailKind.VERIFY, token)[1]
        return None

    def verify_address(self, token: str, caller: User | None, client: Client) -> bool:
        """Mark the address of the mail with this token as verified. Return whether the token now sets a new password.

        If the address was not proved before, a stranger may have registered it: the password, the factors and all
        sessions end, unless the caller is the user of the account. The token then sets a new password, if there was
        one. Raises InvalidToken, Unavailable.
        """
        mail, user = self._peek(MailKind.VERIFY, token)
        own = caller is not None and caller.id == user.id
        self._prove(mail, user, client, own=own)
        return not own and self._loses_password(user)

    def log_in(self, token: str, client: Client, answer: Answer | None = None) -> tuple[User, Tokens]:
        """Trade the token of a mail for the tokens of a new session. It proves the address too.

        If the address was not proved before, a stranger may have registered it: the password, the factors and all
        sessions end. With Firebase Auth, the account is checked there first. A mail does not replace the second factor
        of an account: a user with factors needs a right ``answer`` too, and the mail is used up only then. Raises
        InvalidToken, MfaRequired, WrongCode, AlreadyUsed, TooManyRequests, Unavailable.
        """
        mail, user = self._peek(MailKind.LOGIN, token)
        return self._start(mail, user, client, answer)

    def log_in_with_code(
        self, address: Email, code: str, client: Client, answer: Answer | None = None
    ) -> tuple[User, Tokens]:
        """Trade the code of a mail for the tokens of a new session. After five wrong codes the code is refused.

        ``answer`` is as in ``log_in``. Raises InvalidToken, MfaRequired, WrongCode, AlreadyUsed, TooManyRequests,
        Unavailable.
        """
        newest = self.mails.newest(MailKind.LOGIN, address, MAX_VALID_TOKENS)
        counts = [Count(FAILED_LOGINS, network(client))]
        if any(each.with_attempt().accepts_codes for each in newest):  # else the code is refused in any case
            counts.append(Count(MAIL_CODES, address.key))
        with guess(self.limiter, self.limiter.hit(*counts, whole=True)):
            mail = next((each for each in newest if self._is_code(each, code)), None)
            if mail is None:
                raise InvalidToken(_INVALID)
        return self._start(mail, self._user_of(mail), client, answer, Login.MAIL_CODE)

    def use_for_login(self, id: str, client: Client) -> User:
        """Mark the address of a login mail as verified, and spend the mail, after the second step. Return the user.

        Raises InvalidToken if the mail is not valid any more; Unavailable.
        """
        mail = self.mails.get(id)
        if mail is None:
            raise InvalidToken(_INVALID)
        return self._prove(mail, self._user_of(mail), client)

    def reset_password(self, token: str, password: str, client: Client) -> None:
        """Set a new password with the token of a mail. It ends all sessions and proves the address.

        The factors of the account stay, unless the address was not proved before: a stranger may have added them then.
        Raises InvalidToken; Invalid for a password that the policy refuses, which spends no token; and Unavailable.
        After an outage of the identity provider the token works again. After an outage of the store the token may be
        spent, whether or not the new password is set. A user who cannot log in then asks for another mail.
        """
        mail, user = self._peek(MailKind.RESET, token)
        username = user.username.display if user.username else None
        with as_field_error("new_password"):
            new = self.passwords.check(password, username, mail.address.address)
        self._replace_password(mail, user, new, "password-reset", client)

    def _replace_password(self, mail: Mail, user: User, password: NewPassword, reason: str, client: Client) -> User:
        """Make ``password`` the only way to sign in to the account of a mail, and spend the mail. Return the user.

        If the address was not proved before, the factors of the account end too, also those at the identity provider.

        The commit that ends the sessions voids the token of the mail too, so that the token works once. If the identity
        provider does not answer after that commit, the token becomes valid again: without it, the user would have
        neither the old password nor a way to set a new one. Raises InvalidToken, Unavailable.
        """

        def check(stored: User) -> User:
            self._require_valid(mail, stored)
            if mail.kind is not MailKind.RESET and stored.email_verified:
                raise InvalidToken(_INVALID)  # proved meanwhile, so that a simultaneous use may have spent the mail
            return self._without_squatter(stored)

        def prove(stored: User) -> User:
            return replace(stored, email_verified=stored.email_verified or stored.email == mail.address)

        user = self._without_keys(mail, user, client)
        now, record = self.clock(), changes(client, user.actor, self.clock())
        ended = client.event(EventType.SESSIONS_ENDED, user.id, user.actor, now, reason=reason)
        events = [ended, *record(user, self._without_squatter(user))]
        try:
            stored = self.accounts.start_password_change(user.id, password, events, check=check)
            with after_failure(self.mails.update, mail.id, lambda spent: spent.reactivate_token(stored)):
                self.accounts.finish_password_change(
                    stored, password, remove_other_sign_ins=True, remove_second_factors=not stored.email_verified
                )
            # Only now: after a failure in between, the next mail must replace the password again.
            changed = self.users.update(user.id, prove, events=record)
        except NotFound:
            raise InvalidToken(_INVALID) from None
        with suppress(Unavailable, NotFound):  # its token is void already
            if mail.kind is MailKind.VERIFY:
                self.mails.update(mail.id, lambda spent: spent.for_new_password(changed, self.clock()))
            else:
                self.mails.remove(mail.id)
        self.notices.send(MailKind.PASSWORD_CHANGED, user, client)
        return changed

    def _start(
        self, mail: Mail, user: User, client: Client, answer: Answer | None, login: Login = Login.MAIL_LINK
    ) -> tuple[User, Tokens]:
        first = FirstStep((Method.EMAIL,), login, mail_id=mail.id)
        return self.sessions.start(
            user, client, first, answer=answer, prepare=partial(self._prove, mail, client=client)
        )

    def _prove(self, mail: Mail, user: User, client: Client, *, own: bool = False) -> User:
        """Mark the address of a mail as verified, and spend the mail. Return the user.

        If the address was not proved before, the password, the factors and all sessions end, unless ``own`` says that
        the user of the account sends the request.
        """
        if not own:
            if self._loses_password(user):
                return self._replace_password(mail, user, self.passwords.random(), "address-proved", client)
            user = self._without_keys(mail, user, client)

        def proved(stored: User) -> User:
            if stored.email_verified:
                return stored
            owned = stored if own else self._without_squatter(stored.without_sessions(self.clock()))
            return replace(owned, email_verified=True, updated_at=self.clock())

        def events(before: User, after: User) -> Sequence[Event]:
            verified = changes(client, user.actor, after.updated_at)(before, after)
            if after.session_epoch == before.session_epoch:
                return verified
            ended = EventType.SESSIONS_ENDED
            return [*verified, client.event(ended, user.id, user.actor, after.updated_at, reason="address-proved")]

        self._spend(mail)
        return self._update(mail, proved, events)

    def _without_keys(self, mail: Mail, user: User, client: Client) -> User:
        """Return the user of a mail, whose keys have ended if its address was not proved before.

        Its factors end after that, because all keys and factors of a user may be too many for one commit. Raises
        InvalidToken, Unavailable.
        """

        def without_keys(stored: User) -> User:
            return stored if stored.email_verified else stored.without_keys(self.clock())

        if user.email_verified or not user.keys:
            return user
        return self._update(mail, without_keys, changes(client, user.actor, self.clock()))

    def _without_squatter(self, user: User) -> User:
        """Return the user without any keys, and also without factors if the address was not proved before.

        A stranger who registered the address of somebody else may have added these factors.
        """
        user = user.without_keys(self.clock())
        return user if user.email_verified else user.without_factors(user.factors, self.clock())

    def _loses_password(self, user: User) -> bool:
        return not user.email_verified and self.accounts.may_have_sign_ins(user)

    def _update(self, mail: Mail, change: Callable[[User], User], events: Recorded[User]) -> User:
        """Change the user of a mail. Raises InvalidToken."""

        def checked(stored: User) -> User:
            self._require_valid(mail, stored)
            return change(stored)

        assert mail.user_id
        try:
            return self.users.update(mail.user_id, checked, events=events)
        except NotFound:
            raise InvalidToken(_INVALID) from None

    def _spend(self, mail: Mail) -> None:
        """Spend the token of a mail. Raises InvalidToken if the token was spent before."""
        if not self.mails.spend(mail):
            raise InvalidToken(_INVALID)

    def _peek(self, kind: MailKind, token: str) -> tuple[Mail, User]:
        """Return the mail with this token, and its user, without spending the token.

        Raises InvalidToken if the token is not valid; Unavailable.
        """
        id = self.tokens.mail_id(token)
        mail = self.mails.get(id) if id else None
        if mail is None or mail.kind is not kind:
            raise InvalidToken(_INVALID)
        return mail, self._user_of(mail)

    def _user_of(self, mail: Mail) -> User:
        """Return the user of a valid mail, after taking over the state of its account at the identity provider.

        Raises InvalidToken, Unavailable.
        """
        user = self.users.get(mail.user_id) if mail.user_id else None
        if user is None or not mail.is_for(user, self.clock()):
            raise InvalidToken(_INVALID)
        user = self.accounts.sync_user(user, one_factor=mail.kind is MailKind.LOGIN)
        self._require_valid(mail, user)
        return user

    def _is_code(self, mail: Mail, code: str) -> bool:
        """Return whether ``code`` is the code of a mail.

        The attempt is counted first, so that races add no attempts.
        """
        try:
            counted = self.mails.update(mail.id, Mail.with_attempt)
        except NotFound:  # spent meanwhile
            return False
        return counted.accepts_codes and self.tokens.is_code(mail, code)

    def _require_valid(self, mail: Mail, user: User) -> None:
        if not mail.is_for(user, self.clock()):
            raise InvalidToken(_INVALID)
