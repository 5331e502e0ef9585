"""The service that carries out the actions of links: proving an address, logging in, setting a new password."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from src.application.accounts import Accounts
from src.application.factors import Answer, FirstStep
from src.application.limits import FAILED_LOGINS, MAIL_CODES, Count, RateLimiter, guess, network
from src.application.mails.address_proofs import INVALID, AddressProofs
from src.application.mails.tokens import MailTokens
from src.application.ports import Clock, Tokens
from src.application.sessions import SessionService
from src.domain.errors import InvalidToken, NotFound
from src.domain.mails import MAX_VALID_TOKENS, Mail, MailKind, MailRepository
from src.domain.passwords import PasswordPolicy
from src.domain.sessions import Client, Login, Method
from src.domain.users import User, UserRepository
from src.domain.values import Email, as_field_error


@dataclass(frozen=True, slots=True, kw_only=True)
class MailService:
    """Carries out the actions of the links and codes in mails."""

    mails: MailRepository
    users: UserRepository
    accounts: Accounts
    proofs: AddressProofs
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
        self.proofs.prove(mail, user, client, own=own)
        return not own and self.proofs.loses_password(user)

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
                raise InvalidToken(INVALID)
        return self._start(mail, self._user_of(mail), client, answer, Login.MAIL_CODE)

    def use_for_login(self, id: str, client: Client) -> User:
        """Mark the address of a login mail as verified, and spend the mail, after the second step. Return the user.

        Raises InvalidToken if the mail is not valid any more; Unavailable.
        """
        mail = self.mails.get(id)
        if mail is None:
            raise InvalidToken(INVALID)
        return self.proofs.prove(mail, self._user_of(mail), client)

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
        self.proofs.replace_password(mail, user, new, "password-reset", client)

    def _start(
        self, mail: Mail, user: User, client: Client, answer: Answer | None, login: Login = Login.MAIL_LINK
    ) -> tuple[User, Tokens]:
        first = FirstStep((Method.EMAIL,), login, mail_id=mail.id)
        return self.sessions.start(
            user, client, first, answer=answer, prepare=partial(self.proofs.prove, mail, client=client)
        )

    def _peek(self, kind: MailKind, token: str) -> tuple[Mail, User]:
        """Return the mail with this token, and its user, without spending the token.

        Raises InvalidToken if the token is not valid; Unavailable.
        """
        id = self.tokens.mail_id(token)
        mail = self.mails.get(id) if id else None
        if mail is None or mail.kind is not kind:
            raise InvalidToken(INVALID)
        return mail, self._user_of(mail)

    def _user_of(self, mail: Mail) -> User:
        """Return the user of a valid mail, after taking over the state of its account at the identity provider.

        Raises InvalidToken, Unavailable.
        """
        user = self.users.get(mail.user_id) if mail.user_id else None
        if user is None or not mail.is_for(user, self.clock()):
            raise InvalidToken(INVALID)
        user = self.accounts.sync_user(user, one_factor=mail.kind is MailKind.LOGIN)
        self.proofs.require_valid(mail, user)
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
