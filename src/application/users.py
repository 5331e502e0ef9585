"""What people do with their own account."""

from dataclasses import dataclass, replace

from src.application.accounts import Accounts, SetPassword
from src.application.limits import FAILED_LOGINS, FAILED_LOGINS_BY_NAME, REGISTRATIONS, Count, RateLimiter, network
from src.application.ports import Clock, IdentityProvider
from src.application.sessions import Caller, caller_must_exist
from src.domain.errors import InvalidToken, WrongPassword
from src.domain.sessions import Client
from src.domain.users import User
from src.domain.values import Email, Role, Username


@dataclass(frozen=True, slots=True)
class NewProfile:
    """What an account begins with; the username is random if none is given."""

    username: Username | None
    email: Email | None
    name: str | None = None
    last_name: str | None = None
    role: Role = Role.USER


@dataclass(frozen=True, slots=True)
class Register:
    """Make an account.

    Username and e-mail address are unique, ignoring case and Unicode form; of simultaneous requests for
    one of them exactly one wins and the others are told which field is taken. A guest who registers with its
    token keeps its id and its data; its guest sessions end.
    """

    accounts: Accounts
    limiter: RateLimiter
    clock: Clock

    def __call__(self, profile: NewProfile, password: str, client: Client, caller: User | None = None) -> User:
        """Return the user; ``password`` has passed the policy. Raises Taken, TooManyRequests, Unavailable."""
        self.limiter.hit(Count(REGISTRATIONS, network(client)))
        if caller and caller.role is Role.GUEST:
            with caller_must_exist():
                return self.accounts.upgrade(caller.id, lambda guest: self._promoted(guest, profile), password)
        return self.accounts.create(new_user(profile, self.clock), password)

    def _promoted(self, guest: User, profile: NewProfile) -> User:
        if guest.role is not Role.GUEST or not guest.usable:
            raise InvalidToken  # registered, or removed, meanwhile
        user = new_user(profile, self.clock)
        ended = guest.without_sessions(user.created_at)
        return replace(
            ended,
            username=user.username,
            email=user.email,
            name=user.name,
            last_name=user.last_name,
            role=user.role,
            expires_at=None,
        )


def new_user(profile: NewProfile, clock: Clock) -> User:
    """A user who begins with ``profile``, not stored yet."""
    username = profile.username or Username.random()
    user = User.new(now=clock(), username=username, email=profile.email, role=profile.role)
    return replace(user, name=profile.name, last_name=profile.last_name)


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Set a new password, knowing the current one. Every other session ends."""

    identity: IdentityProvider
    set_password: SetPassword
    limiter: RateLimiter

    def __call__(self, caller: Caller, current: str, new: str, client: Client) -> None:
        """``new`` has passed the policy. Raises WrongPassword, TooManyRequests, Unavailable."""
        user, address = caller.user, network(client)
        # Whoever has somebody's token must not try passwords here without limit.
        failure = (Count(FAILED_LOGINS_BY_NAME, f"{address} {user.id}"), Count(FAILED_LOGINS, address))
        self.limiter.check(*failure)
        if not self.identity.verify(user, current):
            self.limiter.hit(*failure)
            raise WrongPassword
        keep = caller.session.id if caller.session else None

        def still_current(stored: User) -> User:
            if _still_usable(stored).session_epoch != user.session_epoch:
                raise WrongPassword  # somebody changed it between the check and now
            return stored

        with caller_must_exist():
            self.set_password(user.id, new, "password-changed", check=still_current, keep=keep)


def _still_usable(user: User) -> User:
    """The user, unless it was disabled or deleted since it was authenticated."""
    if not user.usable:
        raise InvalidToken
    return user
