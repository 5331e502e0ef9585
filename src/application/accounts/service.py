"""The service for registration, and for changes of accounts by their owners and by admins."""

from collections.abc import Callable, Collection
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from src.application.accounts.changes import changes, registered
from src.application.accounts.confirmation import PasswordConfirmation, password_required
from src.application.accounts.interface import Accounts
from src.application.caller import Caller, caller_must_exist
from src.application.factors import FirstStep
from src.application.limits import (
    ADDRESS_CHANGES,
    REGISTRATIONS,
    USERNAME_CHANGES,
    Count,
    RateLimiter,
    network,
)
from src.application.notices import Notices
from src.application.ports import Clock, Tokens
from src.application.registration import RegistrationPolicy
from src.domain.errors import InvalidToken, WrongPassword
from src.domain.events import EventType
from src.domain.mails import MailKind
from src.domain.passwords import NewPassword, PasswordPolicy
from src.domain.sessions import Client, Login, Method
from src.domain.users import Profile, User, UserRepository, require_visible
from src.domain.values import Email, Role, as_field_error

FOR_ADMINS = frozenset({"role", "disabled", "custom_claims"})
"""The fields of a profile that only admins change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountService:
    """Registers users, changes and deletes accounts."""

    users: UserRepository
    accounts: Accounts
    confirmation: PasswordConfirmation
    start_session: Callable[[User, Client, FirstStep], tuple[User, Tokens]]
    """A function that starts a session of a user who has just registered."""
    registration: RegistrationPolicy
    passwords: PasswordPolicy
    limiter: RateLimiter
    notices: Notices
    clock: Clock

    def register(
        self,
        profile: Profile,
        password: NewPassword,
        client: Client,
        caller: User | None = None,
        invitation: str = "",
    ) -> User:
        """Make an account. ``invitation`` is the token of an invitation, which gives the address and the role.

        Username and e-mail address are unique, ignoring case and Unicode form. Of simultaneous requests for the same
        name exactly one wins, and the others are told which field is taken. A guest who registers with its token
        keeps its id and its data, and its guest sessions end.

        Raises RegistrationClosed, Invalid, Taken, TooManyRequests, Unavailable.
        """
        admission = self.registration.admit(profile.get("email"), invitation)
        if admission.email != profile.get("email"):
            password = self._checked(password, admission.email)
        self.limiter.hit(Count(REGISTRATIONS, network(client)))
        with as_field_error("password"):
            self.passwords.require_not_leaked(password)
        now = self.clock()
        guest = caller if caller and caller.role is Role.GUEST else None
        user = guest or admission.admit(User.new(now=now, **profile))
        events = registered(user, admission.invitation_id, client, now)
        if guest is None:
            return self.accounts.create(user, password, events=events)

        def promote(stored: User) -> User:
            return admission.admit(_promoted(stored, profile, now))

        with caller_must_exist():
            return self.accounts.upgrade(user.id, promote, password, events)

    def sign_up(
        self,
        profile: Profile,
        password: NewPassword,
        client: Client,
        caller: User | None = None,
        invitation: str = "",
    ) -> tuple[User, Tokens]:
        """Make an account as ``register`` does, and log in. Raises as ``register`` does."""
        user = self.register(profile, password, client, caller, invitation)
        return self.start_session(user, client, FirstStep((Method.PASSWORD,), Login.PASSWORD))

    def change(
        self,
        caller: Caller,
        id: str,
        change: Profile,
        current_password: str | None,
        revisions: Collection[str] | None,
        client: Client,
    ) -> User:
        """Change your own account or, as an admin, any account.

        Only admins set ``role``, ``disabled`` and the claims, with immediate effect; if others give them, they are
        ignored. The metadata is merged. The last admin cannot be demoted or disabled. A new address of the caller needs
        the current password, or a login of the last ten minutes: whoever has stolen a token could otherwise take over
        the account. From a caller with factors, a new address of any account needs a proof with two factors of the last
        ten minutes, and so does a new role that sees everybody, which only a person gives. A password that is given for
        the caller's own account is always checked.

        Raises Forbidden, InsufficientAuthentication, NotFound, Invalid, RegistrationClosed for an address that is not
        allowed here, WrongPassword, TooManyRequests, Taken, Stale, LastAdmin, Unavailable, and InvalidToken when the
        caller was deleted meanwhile.
        """
        user, now = caller.user, self.clock()
        require_self_or_admin(caller, id)
        if user.role is not Role.ADMIN:
            change = change.copy()
            for name in FOR_ADMINS:
                change.pop(name, None)  # type: ignore[misc]
            self.registration.admit_address(user, change.get("email", user.email))
        elif change.keys() & FOR_ADMINS:
            caller.require_admin()
        is_own, is_confirmed = id == user.id, caller.has_recent_proof(now)
        new_address = is_own and change.get("email", user.email) != user.email
        if new_address:
            caller.require_recent_two_factors(now)
        if is_own and (current_password is not None or (new_address and not is_confirmed)):
            self.confirmation.require(caller, current_password, client)
            is_confirmed = True
        # The answer tells whether another account has the new name.
        if new_address:
            self.limiter.hit(Count(ADDRESS_CHANGES, user.id))
        if is_own and change.get("username", user.username) != user.username:
            self.limiter.hit(Count(USERNAME_CHANGES, user.id))
        before: list[User] = []

        def apply(stored: User) -> User:
            before[:] = [require_visible(stored)]
            if is_own:
                caller.require_current(stored, now)
            if change.get("email", stored.email) != stored.email:  # whoever has the address can reset the password
                caller.require_recent_two_factors(now)
                if is_own and not is_confirmed:  # the address has changed since the caller was authenticated
                    raise password_required()
            changed = stored.changed(change, now)
            if changed.role is not stored.role:
                caller.require_may_grant(changed.role, now)
            return changed

        events = changes(client, user.actor, now, caller.session_id)
        with caller_must_exist() if is_own else nullcontext():
            changed = self.accounts.change(id, apply, revisions, events)
        self.notices.address_changed(before[0], changed, client)
        return changed

    def change_password(self, caller: Caller, current: str | None, new: NewPassword, client: Client) -> None:
        """Set a new password. Every other session ends.

        The current password is required. If the account at the identity provider has no password, a sign-in of the last
        ten minutes is required instead. With factors, a proof with two factors is required too. Tokens of the provider
        from before the change are refused, because the provider revokes them.

        Raises InsufficientAuthentication, Invalid, WrongPassword, TooManyRequests, Unavailable.
        """
        user = caller.user
        caller.require_two_factors()
        self.confirmation.require(caller, current, client)

        def require_unchanged(stored: User) -> User:
            if not stored.can_log_in:
                raise InvalidToken  # disabled since the caller was authenticated
            if stored.session_epoch != user.session_epoch:
                raise WrongPassword  # changed since it was verified
            return stored

        keep, ended = caller.session_id, EventType.SESSIONS_ENDED
        event = client.event(ended, user.id, user.actor, self.clock(), keep, reason="password-changed")
        with caller_must_exist():
            self.accounts.set_password(user.id, new, [event], check=require_unchanged, keep_session=keep)
        self.notices.send(MailKind.PASSWORD_CHANGED, user, client)

    def delete(self, caller: Caller, id: str, revisions: Collection[str] | None, client: Client) -> None:
        """Delete your own account or, as an admin, any account. The last admin cannot be deleted.

        With factors, your own account needs a proof with two factors of the last ten minutes. Raises Forbidden,
        InsufficientAuthentication, NotFound, LastAdmin, Stale, and InvalidToken when the caller was deleted meanwhile.
        """
        require_self_or_admin(caller, id)
        user, now = caller.user, self.clock()
        is_own = id == user.id
        if is_own:
            caller.require_recent_two_factors(now)
        else:  # guests are not visible, so that they are deleted by themselves only
            user = require_visible(self.users.get(id))
        event = client.event(EventType.USER_DELETED, id, caller.user.actor, now)
        with caller_must_exist() if is_own else nullcontext():
            self.accounts.delete(id, revisions, [event])
        self.notices.send(MailKind.ACCOUNT_DELETED, user, client)

    def _checked(self, password: NewPassword, email: Email | None) -> NewPassword:
        """Check a password again with the address of the invitation, which the password must not resemble.

        The password was compared with the username when it was parsed. Raises Invalid.
        """
        with as_field_error("password"):
            return self.passwords.check_form(password.text, email.address if email else None)


def require_self_or_admin(caller: Caller, id: str) -> None:
    """Raise Forbidden or InsufficientAuthentication unless the caller may change the user with this id."""
    if id == caller.user.id:
        caller.require_person()
    caller.require_owner_or_admin(id, "You may change yourself only.")


def _promoted(guest: User, profile: Profile, now: datetime) -> User:
    """Return the guest with ``profile``, its sessions ended. Raises InvalidToken unless a guest can log in."""
    if guest.role is not Role.GUEST or not guest.can_log_in:
        raise InvalidToken
    return guest.without_sessions(now).changed(profile, now)
