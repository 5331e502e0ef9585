"""Confirms changes of an account with its current password."""

from dataclasses import dataclass

from src.application.accounts.interface import Accounts
from src.application.caller import Caller
from src.application.limits import FAILED_LOGINS, FAILED_LOGINS_BY_ACCOUNT, Count, RateLimiter, guess, network
from src.application.ports import Clock
from src.domain.errors import FieldError, Invalid, WrongPassword
from src.domain.sessions import Client
from src.domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordConfirmation:
    """Checks the passwords with which users confirm that a request is theirs.

    Wrong passwords count as failed logins: a stolen token must not allow guessing the password without limit.
    """

    accounts: Accounts
    limiter: RateLimiter
    clock: Clock

    def require_password(self, user: User, password: str, client: Client) -> None:
        """Raise WrongPassword unless a user has this password. Raises TooManyRequests, Unavailable."""
        address = network(client)
        failures = Count(FAILED_LOGINS, address)
        self.limiter.check(failures)
        attempts = self.limiter.hit(Count(FAILED_LOGINS_BY_ACCOUNT, f"{address} {user.id}"))
        with guess(self.limiter, attempts, failures):
            if not self.accounts.has_this_password(user, password):
                raise WrongPassword

    def require(self, caller: Caller, current: str | None, client: Client) -> None:
        """Raise an error unless the caller has given the current password, or needs none.

        A caller whose account at the identity provider has no password needs a sign-in of the last ten minutes instead.
        Raises Invalid, WrongPassword, TooManyRequests, Unavailable.
        """
        if current is None and not self._has_no_password(caller):
            raise password_required()
        if current is not None:
            try:
                self.require_password(caller.user, current, client)
                return
            except WrongPassword:
                if not self._has_no_password(caller):
                    raise
        if not caller.has_recent_proof(self.clock()):
            raise WrongPassword("Sign in again, and set the password within ten minutes of that.")

    def _has_no_password(self, caller: Caller) -> bool:
        """Return whether the caller has signed in at the identity provider, and the account there has no password."""
        return caller.signed_in_at is not None and not self.accounts.has_a_password(caller.user)


def password_required() -> Invalid:
    """Return the error for a request without the current password."""
    return Invalid(FieldError("current_password", "required", "This field is required."))
