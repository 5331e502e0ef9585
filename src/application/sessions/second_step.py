"""The second step of logins."""

from collections.abc import Callable
from dataclasses import dataclass

from src.application.factors import Answer, PasskeyService, PendingLogin
from src.application.ports import Options, Tokens
from src.application.sessions.service import SessionService
from src.domain.errors import AlreadyUsed, InvalidToken
from src.domain.factors import Factor
from src.domain.sessions import Client
from src.domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStepService:
    """Finishes logins whose first step has succeeded."""

    sessions: SessionService
    passkeys: PasskeyService
    use_mail: Callable[[str, Client], User]
    """A function that does what the login mail with this id is for, and returns its user. Raises InvalidToken."""

    def options(self, mfa_token: str) -> Options:
        """Return the options with which a browser offers the passkeys of the user for the second step.

        Raises InvalidToken; NotFound if this service takes no passkeys; Unavailable.
        """
        pending = self.sessions.pending.open(mfa_token)
        user, _ = self._read(pending)
        return self.passkeys.proof_options(user)

    def finish(self, mfa_token: str, answer: Answer, client: Client) -> tuple[User, Tokens]:
        """Take the second step of a login, and return the tokens of a new session.

        ``mfa_token`` comes with the answer to the first step. It works once, and becomes void with every change of the
        password, the address or the factors, and when all sessions end. If the first step was a mail, the mail is spent
        only now. Raises InvalidToken, WrongCode, AlreadyUsed, TooManyRequests, Unavailable.
        """
        pending = self.sessions.pending.open(mfa_token)
        user, factor = self._read(pending, answer)
        with self.sessions.proofs.check_answer(user, answer, client, ticket=pending.ticket, factor=factor) as proof:
            if pending.first.mail_id:
                user = self.use_mail(pending.first.mail_id, client)
            return self.sessions.start_proved(user, client, pending.first, proof)

    def _read(self, pending: PendingLogin, answer: Answer | None = None) -> tuple[User, Factor | None]:
        """Return the user, and the factor that gives the answer. Raises InvalidToken if the first step was used."""
        try:
            user, factor = self.sessions.proofs.read(pending.user_id, pending.ticket, answer)
        except AlreadyUsed:
            raise InvalidToken("The first step of the login has expired or was used; log in again.") from None
        return pending.require_current(user), factor
