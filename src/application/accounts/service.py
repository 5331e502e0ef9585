"""The service for registration and for changes of the own password."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from src.application.accounts.interface import Accounts
from src.application.caller import Caller, caller_must_exist
from src.application.limits import FAILED_LOGINS, FAILED_LOGINS_BY_ACCOUNT, REGISTRATIONS, Count, RateLimiter, network
from src.application.mails.outbox import Notices
from src.application.ports import Clock
from src.domain.errors import FieldError, Invalid, InvalidToken, WrongPassword
from src.domain.mails import MailKind
from src.domain.passwords import NewPassword
from src.domain.sessions import Attempt, Client
from src.domain.users import Profile, User
from src.domain.values import Role

RECENT_SIGN_IN = timedelta(minutes=10)
"""The time for which a sign-in stands for the current password of an account that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountService:
    """Registers users and changes their passwords."""

    accounts: Accounts
    limiter: RateLimiter
    notices: Notices
    clock: Clock

    def register(self, profile: Profile, password: NewPassword, client: Client, caller: User | None = None) -> User:
        """Make an account.

        Username and e-mail address are unique, ignoring case and Unicode form. Of simultaneous requests for the same
        name exactly one wins, and the others are told which field is taken. A guest who registers with its token
        keeps its id and its data, and its guest sessions end.

        Raises Taken, TooManyRequests, Unavailable.
        """
        self.limiter.hit(Count(REGISTRATIONS, network(client)))
        now = self.clock()
        if caller is None or caller.role is not Role.GUEST:
            return self.accounts.create(User.new(now=now, **profile), password)
        with caller_must_exist():
            return self.accounts.upgrade(caller.id, lambda guest: _promoted(guest, profile, now), password)

    def change_password(self, caller: Caller, current: str | None, new: NewPassword, client: Client) -> None:
        """Set a new password. Every other session ends.

        The current password is required. If the account at Firebase has none, a sign-in there in the last ten minutes
        stands for it. ID tokens from before the change are refused, because Firebase revokes them.

        Raises Invalid, WrongPassword, TooManyRequests, Unavailable.
        """
        user = caller.user
        self._confirm(caller, current, client)

        def require_unchanged(stored: User) -> User:
            if not stored.can_log_in:
                raise InvalidToken  # disabled since the caller was authenticated
            if stored.session_epoch != user.session_epoch:
                raise WrongPassword  # changed since it was verified
            return stored

        keep = caller.session.id if caller.session else None
        with caller_must_exist():
            self.accounts.set_password(user.id, new, "password-changed", check=require_unchanged, keep_session=keep)
        self.notices.send(MailKind.PASSWORD_CHANGED, user, client)

    def confirm_address(self, caller: Caller, change: Profile, current: str | None, client: Client) -> None:
        """Raise an error unless the caller may change the e-mail address as ``change`` says.

        A new address needs the current password, or a login of the last ten minutes: whoever has stolen a token could
        otherwise take over the account. A password that is given is always checked, so that nobody takes a wrong one
        for the right one. Raises Invalid, WrongPassword, TooManyRequests, Unavailable.
        """
        new_address = change.get("email", caller.user.email) != caller.user.email
        # A stolen ID token may be an hour old, and still start a session.
        logged_in_at = caller.signed_in_at or (caller.session.created_at if caller.session else None)
        recent = logged_in_at is not None and self.clock() - logged_in_at <= RECENT_SIGN_IN
        if current is not None or (new_address and not recent):
            self._confirm(caller, current, client)

    def _confirm(self, caller: Caller, current: str | None, client: Client) -> None:
        """Raise an error unless the caller has given the current password, or needs none."""
        user, address = caller.user, network(client)
        # A stolen token must not allow guessing the password without limit.
        self.limiter.check(Count(FAILED_LOGINS, address))
        attempts: Sequence[Attempt] = ()
        if current is not None:
            attempts = self.limiter.hit(Count(FAILED_LOGINS_BY_ACCOUNT, f"{address} {user.id}"))
            try:
                right = self.accounts.has_this_password(user, current)
            except BaseException:
                self.limiter.give_back(attempts)  # the password was not looked at
                raise
            if right:
                self.limiter.give_back(attempts)
                return
        if caller.signed_in_at and not self.accounts.has_a_password(user):
            self.limiter.give_back(attempts)
            if self.clock() - caller.signed_in_at > RECENT_SIGN_IN:
                raise WrongPassword("Sign in again, and set the password within ten minutes of that.")
            return
        if current is None:
            raise Invalid(FieldError("current_password", "required", "This field is required."))
        self.limiter.hit(Count(FAILED_LOGINS, address))
        raise WrongPassword


def _promoted(guest: User, profile: Profile, now: datetime) -> User:
    """Return the guest as a user with ``profile``. Raises InvalidToken unless it is a guest that can log in."""
    if guest.role is not Role.GUEST or not guest.can_log_in:
        raise InvalidToken
    user = guest.without_sessions(now).changed(profile | {"role": Role.USER}, now)
    return replace(user, expires_at=None)
