"""Keep the store and the identity provider in step.

The store is authoritative for what is changed here, and the provider follows it. ``AccountMirror`` takes over what is
changed at the provider. When accounts also exist at a remote provider
(``identity.remote``), every operation takes three steps, and each step can be repeated:

    create   store the user as pending       -> create the account    -> store the user as active
    rename   store a claim on the new name   -> change the address    -> store the new name, free the old one
    delete   store the user as deleting      -> delete the account    -> store the user as deleted, free its names

The objects of a user are removed after its names are free. Reconciliation removes them once more, because by then no
request that began before the deletion can still be writing. A guest who registers gets an account between two commits.

The first step sets ``reconcile_since``, and the last step clears it. Reconciliation looks for users in which it is set.
It undoes their creation or change, and finishes their deletion. The value is also the ticket of the process that works
on the user: reconciliation takes a new ticket, and a slow request that finds another ticket gives up. A call to the
provider that got no answer may take effect later, so that the user stays marked and is reconciled again.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from src.application.accounts.failures import after_failure, attempt
from src.application.accounts.steps import AccountSteps
from src.application.accounts.transitions import (
    Change,
    activated,
    finishing,
    following,
    if_active,
    if_ticket,
    released,
    reserving,
)
from src.application.audit import AuditEvent
from src.domain.errors import Invalid, InvalidToken, NotFound, Taken, Unavailable
from src.domain.receipts import IdempotentCreate
from src.domain.users import State, User
from src.domain.values import Role, Username

RECONCILE_AFTER = timedelta(seconds=60)
"""Longer than any request takes. An account that has been marked for longer was left by a crash or an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSaga(AccountSteps):
    """Creates, changes and deletes accounts in the store and at the identity provider: in both, or in neither."""

    def create(self, user: User, password: str | None, idempotent: IdempotentCreate[User] | None = None) -> User:
        """Store a new user. A user without a password cannot log in.

        Raises Taken, Invalid, Unavailable or Repeated, and leaves no user behind.
        """
        if password is not None:
            user = replace(user, password_hash=self.identity.keep(password))
        if not self.identity.remote:
            return self.users.add(user, idempotent.receipt_for(user) if idempotent else None)
        try:
            self._add_pending(user)
        except Unavailable:
            attempt(self._undo_creation, user.id)  # the commit may have landed
            raise
        # The caller is told that it failed, so it must have failed, even if the last commit landed.
        with after_failure(self._undo_creation, user.id):
            self.identity.create(user, password)
            return self.users.update(user.id, self._changed_there(user.id, activated), idempotent=idempotent)

    def change(self, id: str, change: Change, revisions: Collection[str] | None = None) -> User:
        """Apply ``change`` to an active user. Raises Invalid, Unavailable and the errors of UserRepository.update."""
        if not self.identity.remote:
            return self.users.update(id, if_active(change), revisions=revisions)
        ticket = self.clock()
        user = self.users.update(id, if_active(reserving(change, ticket)), revisions=revisions)
        if user.reconcile_since != ticket:
            return user
        try:
            account = self.identity.account(id)
            if account is None:
                self._require_project(user)
                raise NotFound
            self.identity.set_email(change(user))
        except (Taken, Invalid):
            attempt(self.users.update, id, if_ticket(ticket, released))  # refused, so nothing happened there
            raise
        except NotFound as error:
            raise InvalidToken from error  # the account was deleted there; reconciliation removes the user
        except Unavailable:
            attempt(self.identity.set_email, user)
            attempt(self.users.update, id, self._marked)
            raise
        with after_failure(self.users.update, id, self._marked):
            # The change hides what was revoked at the provider before.
            revoking = self._changed_there(id, lambda stored: change(stored.with_revocation(account.valid_since)))
            return self.users.update(id, finishing(revoking, ticket))

    def set_password(
        self,
        id: str,
        password: str,
        reason: str,
        *,
        check: Change = lambda user: user,
        keep: str | None = None,
        sole: bool = False,
        after_outage: Callable[[User], object] = lambda user: None,
    ) -> None:
        """Set a password that has passed the policy, and end every session except the one with the id ``keep``.

        First, ``check`` is called with the stored user, and may raise an error. ``reason`` is written to the audit log.
        With ``sole``, the provider forgets every other way to sign in. If the provider fails after the sessions ended,
        ``after_outage`` is called with the stored user. Raises NotFound, Unavailable and the errors of ``check``.
        """
        if self.identity.remote and self.identity.account(id) is None:
            if stored := self.users.get(id):
                self._require_project(stored)
            raise NotFound("This user has no account at the identity provider.")
        kept = self.identity.keep(password)

        def without_sessions(user: User) -> User:
            return user.without_sessions(self.clock(), keep)

        # Sessions first: a crash in between leaves the old password and no other session, never the reverse.
        user = self.change(id, lambda stored: replace(without_sessions(check(stored)), password_hash=kept))
        self.audit(AuditEvent.SESSIONS_ENDED, {"user_id": id, "reason": reason})
        if self.identity.remote:
            with after_failure(after_outage, user):
                self.identity.set_password(user, password, sole=sole)
                # Again, because the old password could still start sessions until a moment ago.
                self.change(id, self._changed_there(id, without_sessions))
            self.identity.sessions_ended()

    def upgrade(self, id: str, promote: Change, password: str) -> User:
        """Make a guest a user with the same id. Raises the errors of ``create``, and leaves the guest unchanged."""

        def change(guest: User) -> User:
            return replace(promote(guest), password_hash=kept)

        kept = self.identity.keep(password)
        if not self.identity.remote:
            return self.users.update(id, change)
        ticket = self.clock()
        guest = self.users.update(id, reserving(change, ticket))
        with after_failure(self._undo_upgrade, id, ticket):
            self.identity.create(change(guest), password)
            user = self.users.update(id, finishing(self._changed_there(id, change), ticket))
        if guest.provider_valid_since:
            self.identity.sessions_ended()
        return user

    def delete(self, id: str, revisions: Collection[str] | None = None) -> None:
        """Delete an active user, end its sessions, free its names, remove its objects. Raises Unavailable, Stale."""
        if not self.identity.remote:
            attempt(self._remove_owned, self.users.update(id, if_active(self._marked_tombstone), revisions=revisions))
            return
        ticket = self.clock()
        deleting = if_active(lambda user: replace(user, state=State.DELETING, reconcile_since=ticket))
        self.users.update(id, deleting, revisions=revisions)
        undo = if_ticket(ticket, lambda user: replace(user, state=State.ACTIVE))
        # It may have happened all the same: reconciliation asks the provider when it answers again.
        with after_failure(self.users.update, id, undo):
            self.identity.delete(id)
        attempt(self._remove_owned, self.users.update(id, self._marked_tombstone))

    def purge_guests(self) -> int:
        """Remove expired guests whose last request must be over by now. Return the number of removed guests."""
        guests = self.users.expired(self.clock() - RECONCILE_AFTER).items
        return sum(attempt(self._purge, guest) for guest in guests)

    def reconcile(self, older_than: timedelta = RECONCILE_AFTER) -> int:
        """Finish or undo operations that have been unfinished for longer than ``older_than``. Return their number."""
        accounts = self.users.to_reconcile(self.clock() - older_than).items
        return sum(attempt(self._reconcile, user) for user in accounts)

    def _purge(self, guest: User) -> None:
        def expire(stored: User) -> User:
            if stored.role is not Role.GUEST or stored.reconcile_since:
                raise NotFound  # registered meanwhile, or about to be
            return replace(self._marked_tombstone(stored), expires_at=stored.expires_at)

        account = self.identity.account(guest.id) if guest.provider_valid_since else None
        if account and not account.anonymous:  # it was upgraded, and has not come back yet
            named = replace(account, email=None)  # the next visit takes over the address, if it is free
            self.users.update(guest.id, following(named, self.identity.project, Username.random(), self.clock()))
            return
        if account is None and self.identity.remote and guest.provider_project is not None:
            self._require_project(guest)  # it may have been upgraded in the other project
        if guest.state is State.ACTIVE:
            guest = self.users.update(guest.id, expire)
        self._remove_owned(guest)
        self.users.remove(guest)

    def _reconcile(self, listed: User) -> None:
        # Of several processes that reconcile at once, one gets past this; the others get Stale.
        user = self.users.update(listed.id, self._marked, revisions=[listed.revision])
        if user.state is State.PENDING:
            # Its names are free before the provider is asked. If it was finished after all, it stays.
            user = self.users.update(user.id, if_ticket(user.reconcile_since, self._marked_tombstone))
        if user.state is State.ACTIVE:
            self._restore(user)
            return
        self.identity.delete(user.id)
        # By now no request of the deleted user can still be running.
        self._remove_owned(self.users.update(user.id, self._marked_tombstone))
        self.users.update(user.id, lambda stored: stored.tombstone(self.clock()))

    def _undo_creation(self, id: str) -> None:
        self.users.update(id, self._marked_tombstone)
        self.identity.delete(id)  # only now: a user that stays stored must keep the account

    def _undo_upgrade(self, id: str, ticket: datetime) -> None:
        mine = self.clock()

        def take_over(user: User) -> User:
            held = user.role is Role.GUEST and user.reconcile_since == ticket
            return replace(user, reconcile_since=mine) if held else user

        # A write first: if the last commit landed after all, the user stays, and so must the account.
        user = self.users.update(id, take_over)
        if user.reconcile_since == mine:
            self._restore(user)

    def _add_pending(self, user: User) -> None:
        pending = replace(user, state=State.PENDING, reconcile_since=self.clock())
        try:
            self.users.add(pending)
        except Taken as taken:
            if "email" not in taken.fields or not self.free_address(user.email):
                raise
            self.users.add(pending)
