"""Registering, and changing one's own password."""

from dataclasses import dataclass, replace

from src.application.accounts.saga import AccountSaga
from src.application.limits import FAILED_LOGINS, FAILED_LOGINS_BY_NAME, REGISTRATIONS, Count, RateLimiter, network
from src.application.ports import Clock, IdentityProvider
from src.application.sessions.authentication import Caller, caller_must_exist
from src.domain.errors import InvalidToken, WrongPassword
from src.domain.sessions import Client
from src.domain.users import User
from src.domain.values import Email, Role, Username


@dataclass(frozen=True, slots=True)
class NewProfile:
    """The profile of a new account. The username is random if none is given."""

    username: Username | None
    email: Email | None
    name: str | None = None
    last_name: str | None = None
    role: Role = Role.USER


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountService:
    """Registers users and changes their passwords."""

    saga: AccountSaga
    identity: IdentityProvider
    limiter: RateLimiter
    clock: Clock

    def register(self, profile: NewProfile, password: str, client: Client, caller: User | None = None) -> User:
        """Make an account.

        Username and e-mail address are unique, ignoring case and Unicode form: of simultaneous requests for the same
        name exactly one wins, and the others are told which field is taken. A guest who registers with its token
        keeps its id and its data; its guest sessions end.

        ``password`` has passed the policy. Raises Taken, TooManyRequests, Unavailable.
        """
        self.limiter.hit(Count(REGISTRATIONS, network(client)))
        user = new_user(profile, self.clock)
        if caller is None or caller.role is not Role.GUEST:
            return self.saga.create(user, password)
        with caller_must_exist():
            return self.saga.upgrade(caller.id, lambda guest: _promoted(guest, user), password)

    def change_password(self, caller: Caller, current: str, new: str, client: Client) -> None:
        """Set a new password, knowing the current one. Every other session ends.

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


def new_user(profile: NewProfile, clock: Clock) -> User:
    """Return a user with ``profile`` that is not stored yet."""
    username = profile.username or Username.random()
    user = User.new(now=clock(), username=username, email=profile.email, role=profile.role)
    return replace(user, name=profile.name, last_name=profile.last_name)


def _promoted(guest: User, user: User) -> User:
    """Return the guest with the profile of ``user``. Raises InvalidToken when it is no usable guest any more."""
    if guest.role is not Role.GUEST or not guest.can_log_in:
        raise InvalidToken
    return replace(
        guest.without_sessions(user.created_at),
        username=user.username,
        email=user.email,
        name=user.name,
        last_name=user.last_name,
        role=user.role,
        expires_at=None,
    )
