"""Logging in with a passkey, which needs neither a name nor a password."""

from dataclasses import dataclass

from src.application.factors import PASSKEY_METHODS, FirstStep, PasskeyService, SecondStepProof
from src.application.ports import Credential, Options, Tokens
from src.application.sessions.service import SessionService
from src.domain.errors import InvalidCredentials, InvalidToken, WrongCode
from src.domain.sessions import Client, Login
from src.domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyLoginService:
    """Logs users in who sign a challenge with a passkey."""

    passkeys: PasskeyService
    sessions: SessionService

    def options(self) -> Options:
        """Return the options with which a browser offers its passkeys. They name no user, and nothing is stored.

        Raises NotFound if this service takes no passkeys.
        """
        return self.passkeys.sign_in_options()

    def log_in(self, credential: Credential, client: Client) -> tuple[User, Tokens]:
        """Trade a challenge that a passkey has signed for tokens. It takes one read and one commit.

        The device has verified the user, so that no second step follows. With an identity provider, the account is
        checked there. Each challenge works once. The error is the same for every reason, and an unknown passkey takes
        as long as a known one. Raises InvalidCredentials; NotFound, Unavailable.
        """
        try:
            user, evidence = self.passkeys.identify(credential)
            user = self.sessions.accounts.sync_user(user)
            proof = SecondStepProof(PASSKEY_METHODS, evidence)
            return self.sessions.start_proved(user, client, FirstStep(login=Login.PASSKEY), proof)
        except (WrongCode, InvalidToken):
            self.sessions.failures.record(None, client)
            raise InvalidCredentials("This passkey cannot log in here. Try again, or log in another way.") from None
