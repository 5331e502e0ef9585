"""Account tasks of the operator, who uses the command line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from src.application.accounts import Accounts, changes
from src.application.directory import DirectoryService
from src.application.notices import Notices
from src.application.ports import Clock
from src.domain.errors import Taken
from src.domain.events import OPERATOR, EventType
from src.domain.mails import MailKind
from src.domain.passwords import NewPassword, PasswordPolicy
from src.domain.sessions import NO_CLIENT
from src.domain.sign_ins import LastSignInRepair, Repaired
from src.domain.users import Claim, Profile, User, UserRepository, require_visible
from src.domain.values import Email, Page, Role, Username


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrationService:
    """Manages accounts for the operator, who is not a user."""

    users: UserRepository
    accounts: Accounts
    directory: DirectoryService
    last_sign_ins: LastSignInRepair
    passwords: PasswordPolicy
    notices: Notices
    clock: Clock

    def lacks_admin(self) -> bool:
        """Return whether no admin can log in."""
        return not self.users.has_admin()

    def ensure_admin(self, email: Email, password: NewPassword) -> bool:
        """Make the first admin if there is no admin yet. Return whether this call made one.

        The username is ``admin``, or random if a user has that name.
        An existing account is never promoted, and its password is never changed. Of several calls at the same time,
        only one makes an admin. Raises Taken if the address belongs to a user who is no admin.
        """
        if self.users.has_admin():
            return False
        profile = Profile(username=Username.parse("admin"), email=email, role=Role.ADMIN)
        try:
            self._add_with_a_free_username(profile, password)
        except Taken:
            holder = self.users.by_claim(Claim("email", email.key))
            if holder is None or holder.role is not Role.ADMIN:
                raise
            return False
        return True

    def _add_with_a_free_username(self, profile: Profile, password: NewPassword) -> None:
        """Add a user. If the username of ``profile`` is taken, give the user a random one.

        Raises Taken for the e-mail address.
        """
        try:
            self.directory.add(profile, password)
        except Taken as taken:
            if taken.fields != ("username",):
                raise
            self.directory.add(profile | {"username": Username.random()}, password)

    def list_users(self, role: Role | None = None, cursor: str | None = None, limit: int = 100) -> Page[User]:
        """Return a page of the active users who have a username, ordered by username."""
        return self.users.find(only=role, cursor=cursor, limit=limit)

    def record_last_sign_ins(self) -> Iterator[Repaired]:
        """Store the last sign-ins of users of an earlier version, and remove those that nobody keeps.

        Yield what each step did.
        """
        return self.last_sign_ins.run()

    def find_user(self, claim: Claim) -> User:
        """Return the active user with the username or e-mail address of ``claim``. Raises NotFound."""
        return require_visible(self.users.by_claim(claim))

    def set_disabled(self, claim: Claim, disabled: bool) -> User:
        """Disable or enable a user, and end all sessions of the user. Disabling removes the keys too.

        Raises NotFound, LastAdmin.
        """
        now = self.clock()

        def change(stored: User) -> User:
            ended = stored.without_sessions(now)
            return replace(ended.without_keys(now) if disabled else ended, disabled=disabled)

        return self.accounts.end_sessions(self.find_user(claim).id, change, changes(NO_CLIENT, OPERATOR, now))

    def set_role(self, claim: Claim, role: Role) -> User:
        """Change the role of a user, from the next request of the user on. Raises NotFound, LastAdmin, Unavailable."""
        id, events = self.find_user(claim).id, changes(NO_CLIENT, OPERATOR, self.clock())
        return self.accounts.change(id, lambda stored: replace(stored, role=role), events=events)

    def set_claims(self, claim: Claim, claims: Mapping[str, Any]) -> User:
        """Replace the claims of a user. The next token of the user carries the new claims.

        Raises NotFound, Invalid, Unavailable.
        """
        id, now = self.find_user(claim).id, self.clock()
        events = changes(NO_CLIENT, OPERATOR, now)
        return self.accounts.change(id, lambda stored: stored.changed({"custom_claims": claims}, now), events=events)

    def delete_user(self, user: User) -> None:
        """Delete a user and everything that belongs to the user. Raises NotFound, LastAdmin, Unavailable."""
        self.accounts.delete(user.id, events=[NO_CLIENT.event(EventType.USER_DELETED, user.id, OPERATOR, self.clock())])
        self.notices.send(MailKind.ACCOUNT_DELETED, user, NO_CLIENT)

    def reset_password(self, claim: Claim, password: str) -> None:
        """Set a new password for a user, and end all sessions and keys of the user.

        Raises NotFound, Unavailable, and InvalidValue for a password that the policy refuses.
        """
        user = self.find_user(claim)
        username = user.username.display if user.username else None
        new = self.passwords.check(password, username, user.email.address if user.email else None)
        now = self.clock()
        event = NO_CLIENT.event(EventType.SESSIONS_ENDED, user.id, OPERATOR, now, reason="password-reset")
        removed = changes(NO_CLIENT, OPERATOR, now)(user, user.without_keys(now))
        self.accounts.set_password(user.id, new, [event, *removed], check=lambda stored: stored.without_keys(now))
        self.notices.send(MailKind.PASSWORD_CHANGED, user, NO_CLIENT)
