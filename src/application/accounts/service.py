"""The service for registration and for changes of the own password."""

from dataclasses import dataclass, replace
from datetime import datetime

from src.application.accounts.saga import AccountSaga
from src.application.limits import FAILED_LOGINS, FAILED_LOGINS_BY_NAME, REGISTRATIONS, Count, RateLimiter, network
from src.application.ports import Clock, IdentityProvider
from src.application.sessions.authentication import Caller, caller_must_exist
from src.domain.errors import InvalidToken, WrongPassword
from src.domain.sessions import Client
from src.domain.users import Profile, User
from src.domain.values import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountService:
    """Registers users and changes their passwords."""

    saga: AccountSaga
    identity: IdentityProvider
    limiter: RateLimiter
    clock: Clock

    def register(self, profile: Profile, password: str, client: Client, caller: User | None = None) -> User:
        """Make an account.

        Username and e-mail address are unique, ignoring case and Unicode form. Of simultaneous requests for the same
        name exactly one wins, and the others are told which field is taken. A guest who registers with its token
        keeps its id and its data, and its guest sessions end.

        ``password`` has passed the policy. Raises Taken, TooManyRequests, Unavailable.
        """
        self.limiter.hit(Count(REGISTRATIONS, network(client)))
        now = self.clock()
        if caller is None or caller.role is not Role.GUEST:
            return self.saga.create(User.new(now=now, **profile), password)
        with caller_must_exist():
            return self.saga.upgrade(caller.id, lambda guest: _promoted(guest, profile, now), password)

    def change_password(self, caller: Caller, current: str, new: str, client: Client) -> None:
        """Set a new password. The current password is required. Every other session ends.

        ``new`` has passed the policy. Raises WrongPassword, TooManyRequests, Unavailable.
        """
        user, address = caller.user, network(client)
        # A stolen token must not allow guessing the password without limit.
        failure = (Count(FAILED_LOGINS_BY_NAME, f"{address} {user.id}"), Count(FAILED_LOGINS, address))
        self.limiter.check(*failure)
        if not self.identity.verify(user, current):
            self.limiter.hit(*failure)
            raise WrongPassword

        def require_unchanged(stored: User) -> User:
            if not stored.can_log_in:
                raise InvalidToken  # disabled since the caller was authenticated
            if stored.session_epoch != user.session_epoch:
                raise WrongPassword  # changed since it was verified
            return stored

        keep = caller.session.id if caller.session else None
        with caller_must_exist():
            self.saga.set_password(user.id, new, "password-changed", check=require_unchanged, keep=keep)


def _promoted(guest: User, profile: Profile, now: datetime) -> User:
    """Return the guest as a user with ``profile``. Raises InvalidToken unless it is a guest that can log in."""
    if guest.role is not Role.GUEST or not guest.can_log_in:
        raise InvalidToken
    user = guest.without_sessions(now).changed(profile | {"role": Role.USER}, now)
    return replace(user, expires_at=None)
