"""The interface through which other services create, change, sign in to and delete accounts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from src.application.accounts.failures import attempt
from src.application.accounts.removal import AccountRemoval
from src.application.accounts.steps import Change, if_active, unchanged
from src.application.ports import CustomToken, ExternalIdentity, TokenClaims
from src.domain.errors import InvalidToken, NotFound
from src.domain.events import NO_EVENTS, Event, Recorded, always
from src.domain.passwords import NewPassword
from src.domain.receipts import IdempotentCreate
from src.domain.users import Claim, User

RECONCILE_AFTER = timedelta(seconds=60)
"""Longer than any request takes. An account that has been marked for longer was left by a crash or an outage."""
PURGE_FOR = timedelta(seconds=10)
"""The time after which a purge of guests ends, because other work waits for it."""
PURGED_AT_ONCE = 100
"""The number of removed guests after which a purge ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts(AccountRemoval, ABC):
    """The interface of accounts.

    LocalAccounts keeps the passwords itself, LinkedAccounts leaves them to an identity provider.

    If the process dies in the middle of an operation, ``reconcile`` finishes or undoes the operation. The methods for
    features that only an identity provider has are not abstract: their default is right for a service without one.
    """

    purged_until: list[datetime] = field(default_factory=list)
    """When the last guest expired that the previous purge has looked at. Empty if there were no further guests."""

    @abstractmethod
    def create(
        self,
        user: User,
        password: NewPassword | None,
        idempotent: IdempotentCreate[User] | None = None,
        events: Sequence[Event] = (),
    ) -> User:
        """Store a new user and the events, which are stored if the whole operation succeeds.

        A user without a password cannot log in. Raises Taken, Invalid, Unavailable or Repeated, and leaves no user
        behind.
        """

    @abstractmethod
    def upgrade(self, id: str, promote: Change, password: NewPassword, events: Sequence[Event] = ()) -> User:
        """Make a guest a user with the same id. Raises the errors of ``create``, and leaves the guest unchanged."""

    @abstractmethod
    def change(
        self,
        id: str,
        change: Change,
        revisions: Collection[str] | None = None,
        events: Recorded[User] = NO_EVENTS,
    ) -> User:
        """Apply ``change`` to an active user, and store the events of the change.

        Raises Invalid, Unavailable and the errors of UserRepository.update.
        """

    def set_password(
        self,
        id: str,
        password: NewPassword,
        events: Sequence[Event] = (),
        *,
        check: Change = unchanged,
        keep_session: str | None = None,
    ) -> None:
        """Set a password, and end every session except the one with the id ``keep_session``.

        Raises NotFound, Unavailable and the errors of ``check``.
        """
        user = self.start_password_change(id, password, events, check=check, keep_session=keep_session)
        self.finish_password_change(user, password)

    def start_password_change(
        self,
        id: str,
        password: NewPassword,
        events: Sequence[Event] = (),
        *,
        check: Change = unchanged,
        keep_session: str | None = None,
    ) -> User:
        """End the sessions, and store the hash of the password if this service keeps it. Return the stored user.

        ``check`` is called with the stored user first. The events are stored in the same commit. The sessions end
        before the provider gets the password: a crash in between leaves the old password and no other session, never
        the reverse. Raises as ``set_password`` does.
        """
        store_hash = self._with_password(id, password)

        def end_sessions(stored: User) -> User:
            return store_hash(check(stored).without_sessions(self.clock(), keep_session))

        return self.change(id, end_sessions, events=always(*events))

    def finish_password_change(
        self,
        user: User,
        password: NewPassword,
        *,
        remove_other_sign_ins: bool = False,
        remove_second_factors: bool = False,
    ) -> None:
        """Set the password at the identity provider, if there is one.

        With ``remove_other_sign_ins`` the password becomes the only way to sign in there. With
        ``remove_second_factors`` the provider no longer asks for a second factor. Raises NotFound, Invalid,
        Unavailable.
        """
        return  # the first step has stored the hash, and there is no other way to sign in

    @abstractmethod
    def delete(self, id: str, revisions: Collection[str] | None = None, events: Sequence[Event] = ()) -> None:
        """Delete an active user, end its sessions, free its names, remove its objects.

        The events are stored in the commit that frees the names. Raises NotFound, Stale, LastAdmin, Unavailable.
        """

    def reconcile(self, older_than: timedelta = RECONCILE_AFTER) -> int:
        """Finish or undo operations that have been unfinished for longer than ``older_than``. Return their number."""
        accounts = self.users.to_reconcile(self.clock() - older_than).items
        return sum(attempt(self._reconcile, user) for user in accounts)

    def purge_guests(self) -> int:
        """Remove expired guests whose last request must be over by now. Return the number of removed guests.

        A call ends when it has removed 100 guests, or has run for PURGE_FOR, and the next call goes on after them.
        Guests that cannot be removed yet, such as those of another project of the provider, therefore do not hold up
        the others. A new process begins with the oldest guest, and comes as far as one call does.
        """
        begun, removed = self.clock(), 0
        while removed < PURGED_AT_ONCE and self.clock() - begun <= PURGE_FOR:
            page = self.users.expired(begun - RECONCILE_AFTER, next(iter(self.purged_until), None))
            self.purged_until[:] = [guest.expires_at for guest in page.items[-1:] if page.next and guest.expires_at]
            removed += sum(attempt(self._purge, guest) for guest in page.items)
            if not self.purged_until:
                break
        return removed

    @abstractmethod
    def sign_in(
        self, claim: Claim | None, known: User | None, password: str
    ) -> tuple[User | None, ExternalIdentity | None]:
        """Return the user who has this password, and the identity that the provider asserts, if there is a provider.

        ``known`` is the stored user with the name ``claim``, or None. Without a known user the check takes as long as
        with one. Raises RegistrationClosed if the owner of an account at the provider comes for the first time, and may
        not register; Unavailable.
        """

    @abstractmethod
    def has_this_password(self, user: User, password: str) -> bool:
        """Return whether a user has this password. Raises Unavailable."""

    @abstractmethod
    def has_a_password(self, user: User) -> bool:
        """Return whether the account has a password that the user can be asked for. Raises Unavailable."""

    @abstractmethod
    def may_have_sign_ins(self, user: User) -> bool:
        """Return whether the account may have a way to sign in other than by mail, such as a password.

        A stranger may have set it before the owner of the address proved the address.
        """

    def require_id_tokens(self) -> None:
        """Raise NotFound if no identity provider issues tokens for these accounts."""
        raise NotFound("This service keeps its passwords itself; log in with a password.")

    def verify_id_token(self, id_token: str) -> ExternalIdentity:
        """Return the claims of a token of the identity provider.

        Raises InvalidToken for a forged or expired token; Unavailable.
        """
        raise InvalidToken

    def user_for_id_token(self, identity: ExternalIdentity, invitation: str = "") -> User:
        """Return the user of a token of the provider, after taking over the state of the provider's account.

        The first visit creates the user. ``invitation`` is the token of an invitation, which a newcomer accepts. An
        anonymous account makes a guest. All sessions of a user whose account is disabled end. Raises InvalidToken if
        the account is deleted or disabled, or if its user cannot log in; RegistrationClosed or Invalid if a newcomer
        may not register; Taken on a first visit with the address of another user; Unavailable.
        """
        raise InvalidToken

    def sync_user(self, user: User, *, one_factor: bool = False) -> User:
        """Return the user after taking over the state of the account at the provider, if there is a provider.

        If that account is deleted, the user is deleted; if it is disabled, all sessions of the user end. Raises
        InvalidToken in both cases, and with ``one_factor`` for an account that asks for a second factor; Unavailable.
        """
        return user

    def end_sessions(self, id: str, change: Change, events: Recorded[User] = NO_EVENTS) -> User:
        """Apply ``change``, which ends all sessions of an active user, and revoke its sign-ins at the provider.

        ``reconcile`` repeats a revocation that fails. Raises the errors of UserRepository.update.
        """
        return self.end_sessions_with(change, lambda ending: self.users.update(id, ending, events=events))

    def end_sessions_with(self, change: Change, commit: Callable[[Change], User]) -> User:
        """End all sessions of an active user as ``end_sessions`` does, in a commit that stores something else too.

        ``commit`` takes the change to apply, and returns the stored user. Raises the errors of ``commit``.
        """
        return commit(if_active(change))

    def custom_token(self, claims: TokenClaims, user: User) -> CustomToken:
        """Return a token with which the user of a session signs in at the provider. Raises NotFound, Unavailable."""
        raise NotFound

    def has_second_factor(self, user: User) -> bool:
        """Return whether a sign-in at the identity provider asks for a second factor. Raises Unavailable."""
        return False

    def wait_for_revocation(self) -> None:
        """Wait until new tokens of the provider are dated later than the tokens that were just revoked."""
        return  # sessions end with the commit

    @abstractmethod
    def _with_password(self, id: str, password: NewPassword) -> Change:
        """Return the change that stores the hash of a password, or no hash if an identity provider keeps the password.

        If the provider has revoked sign-ins without this service, the end of the sessions is stored first. Raises
        NotFound if the provider has no account for the user; Unavailable.
        """

    @abstractmethod
    def _reconcile(self, listed: User) -> None:
        """Finish or undo the unfinished operation on a user. Raises Stale if another process does it."""

    def _purge(self, guest: User) -> None:
        """Remove an expired guest. Raises NotFound if the guest has registered meanwhile."""
        self.remove_guest(guest)
