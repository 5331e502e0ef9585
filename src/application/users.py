"""What people do with their own account."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from src.application.accounts import Accounts
from src.application.limits import FAILED_LOGINS, FAILED_LOGINS_BY_NAME, REGISTRATIONS, Count, RateLimiter, network
from src.application.ports import Audit, Clock, IdentityProvider
from src.application.sessions import Caller, still_there
from src.domain.errors import InvalidToken, WrongPassword
from src.domain.sessions import Client
from src.domain.users import ProfileChange, User
from src.domain.values import Email, Role, Username


@dataclass(frozen=True, slots=True)
class NewProfile:
    """What an account begins with."""

    username: Username
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
            with still_there():
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
    user = User.new(now=clock(), username=profile.username, email=profile.email, role=profile.role)
    return replace(user, name=profile.name, last_name=profile.last_name)


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Change your username, e-mail address or names; what is not given stays.

    A changed address is no longer verified. With `If-Match` the change is refused when the account has
    changed since it was read.
    """

    accounts: Accounts
    clock: Clock

    def __call__(self, id: str, change: ProfileChange, revisions: Collection[str] | None = None) -> User:
        """Return the changed user. Raises Taken, Stale, Unavailable."""
        now = self.clock()
        with still_there():
            return self.accounts.change(id, lambda user: _still_usable(user).changed(change, now), revisions)


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Set a new password, knowing the current one. Every other session ends."""

    accounts: Accounts
    identity: IdentityProvider
    limiter: RateLimiter
    audit: Audit
    clock: Clock

    def __call__(self, caller: Caller, current: str, new: str, client: Client) -> None:
        """``new`` has passed the policy. Raises WrongPassword, TooManyRequests, Unavailable."""
        user, address = caller.user, network(client)
        # Whoever has somebody's token must not try passwords here without limit.
        failure = (Count(FAILED_LOGINS_BY_NAME, f"{address} {user.id}"), Count(FAILED_LOGINS, address))
        self.limiter.check(*failure)
        if not self.identity.verify(user, current):
            self.limiter.hit(*failure)
            raise WrongPassword
        kept = self.identity.keep(new)
        keep = caller.session.id if caller.session else None

        def change(stored: User) -> User:
            if _still_usable(stored).session_epoch != user.session_epoch:
                raise WrongPassword  # somebody changed it between the check and now
            return replace(stored.without_sessions(self.clock(), keep), password_hash=kept)

        # Sessions first: a crash in between leaves the old password and no other session, never the reverse.
        with still_there():
            changed = self.accounts.change(user.id, change)
        self.audit("sessions-ended", {"user_id": user.id, "reason": "password-changed"})
        if self.identity.remote:
            with still_there():
                self.identity.set_password(changed, new)
                # And again: until a moment ago the old password still got new ones.
                self.accounts.change(user.id, lambda stored: stored.without_sessions(self.clock(), keep))
            self.identity.sessions_ended()


@dataclass(frozen=True, slots=True)
class DeleteAccount:
    """Delete your account: its sessions end at once and its names are free for others."""

    accounts: Accounts
    audit: Audit

    def __call__(self, id: str) -> None:
        """Raises LastAdmin, Unavailable."""
        with still_there():
            self.accounts.delete(id)
        self.audit("user-deleted", {"user_id": id, "by": id})


def _still_usable(user: User) -> User:
    """The user, unless it was disabled or deleted since it was authenticated."""
    if not user.usable:
        raise InvalidToken
    return user
