"""What people do with their own account."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from src.application.accounts import Accounts
from src.application.ports import Clock, IdentityProvider
from src.domain.errors import WrongPassword
from src.domain.users import ProfileChange, User
from src.domain.values import Email, Role, Username


@dataclass(frozen=True, slots=True)
class Register:
    """Make an account.

    Username and e-mail address are unique, ignoring case and Unicode form; of simultaneous requests for
    one of them exactly one wins and the others are told which field is taken.
    """

    accounts: Accounts
    clock: Clock

    def __call__(
        self,
        username: Username,
        email: Email | None,
        password: str,
        name: str | None = None,
        last_name: str | None = None,
        role: Role = Role.USER,
    ) -> User:
        """Return the new user; ``password`` has passed the policy. Raises Taken, Unavailable."""
        user = User.new(now=self.clock(), username=username, email=email)
        return self.accounts.create(replace(user, name=name, last_name=last_name, role=role), password)


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
        return self.accounts.change(id, lambda user: user.changed(change, now), revisions)


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Set a new password, knowing the current one. Every token issued so far becomes void."""

    accounts: Accounts
    identity: IdentityProvider
    clock: Clock

    def __call__(self, user: User, current: str, new: str) -> None:
        """``new`` has passed the policy. Raises WrongPassword, Unavailable."""
        if not self.identity.verify(user, current):
            raise WrongPassword
        kept = self.identity.keep(new)

        def change(stored: User) -> User:
            if stored.token_generation != user.token_generation:
                raise WrongPassword  # somebody changed it between the check and now
            return replace(stored.without_tokens(self.clock()), password_hash=kept)

        # Tokens first: a crash in between leaves the old password and no session, never the reverse.
        changed = self.accounts.change(user.id, change)
        if self.identity.remote:
            self.identity.set_password(changed, new)
            # And again: until a moment ago the old password still got new ones.
            self.accounts.change(user.id, lambda stored: stored.without_tokens(self.clock()))
            self.identity.sessions_ended()


@dataclass(frozen=True, slots=True)
class DeleteAccount:
    """Delete your account: its tokens are void at once and its names are free for others."""

    accounts: Accounts

    def __call__(self, id: str) -> None:
        """Raises Unavailable."""
        self.accounts.delete(id)
