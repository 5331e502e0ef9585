"""Keeps the store and the identity provider in step.

The store is authoritative, the provider is derived. When accounts also exist outside the store
(``identity.remote``) a change takes three steps, each of which can be repeated:

    create   commit the user, pending      -> create the account     -> commit it active
    rename   commit the claim of the name  -> give it the address    -> commit the new name, free the old
    delete   commit it deleting            -> delete the account     -> commit it deleted, free its names

What a user owns is removed after its names are free, for either provider, and once more when the deletion is
settled: by then no request that began before it can still be writing. A guest who registers is created at the
provider between two commits like a change.

``reconcile_since`` is written with the first step and cleared with the last. What a crash leaves between
them is found by it and settled: a creation or a change is undone, a deletion is finished. Its value is also
the ticket of whoever is at work: settling takes a new one, with which a slow request has lost its own.

A call without an answer may still take effect later. So what it leaves stays to_reconcile, for settling to come
back to when that is over.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from src.application.accounts.steps import Change, activated, active, finishing, holding, released, reserving
from src.application.ports import Clock, IdentityProvider
from src.domain.errors import Invalid, InvalidToken, NotFound, PorteroError, Taken, Unavailable
from src.domain.receipts import Once, Repeated
from src.domain.users import State, User, UserRepository
from src.domain.values import Email, Role

_log = logging.getLogger("portero.accounts")

Owned = Callable[[str], None]
"""Removes what the user with this id owns; can be repeated."""

RECONCILE_AFTER = timedelta(seconds=60)
"""Longer than any request can take, so that what is older was left by a crash or an outage."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Creates, changes and deletes users here and at the identity provider, as if it were one step."""

    users: UserRepository
    identity: IdentityProvider
    clock: Clock
    owned: Sequence[Owned]
    """What is removed with a user."""

    def create(self, user: User, password: str | None, once: Once[User] | None = None) -> User:
        """Store a new user. Raises Taken, Invalid, Unavailable or Repeated, and then there is no such user.

        Without a password nobody can log in until one is set.
        """
        user = self._with_password(user, password)
        if not self.identity.remote:
            return self.users.add(user, once.answered(user) if once else None)
        try:
            self.users.add(replace(user, state=State.PENDING, reconcile_since=self.clock()))
            self.identity.create(user, password)
            return self.users.update(user.id, activated, once=once)
        except (PorteroError, Repeated):
            # The caller is told that it failed, so it must have failed, even if the last commit landed.
            self._try(self._undo_creation, user.id)
            raise

    def change(self, id: str, change: Change, revisions: Collection[str] | None = None) -> User:
        """Apply ``change`` to an active user. Raises as ``UserRepository.update`` does, Invalid and Unavailable."""
        if not self.identity.remote:
            return self.users.update(id, active(change), revisions=revisions)
        ticket = self.clock()
        user = self.users.update(id, active(reserving(change, ticket)), revisions=revisions)
        if user.reconcile_since != ticket:
            return user
        try:
            self.identity.set_email(change(user))
        except (Taken, Invalid):
            self._try(self.users.update, id, holding(ticket, released))  # refused, so nothing happened there
            raise
        except NotFound as error:
            raise InvalidToken from error  # the provider has lost the account; settling buries it
        except Unavailable:
            self._try(self.identity.set_email, user)
            self._try(self.users.update, id, self._marked_for_reconciliation)
            raise
        try:
            return self.users.update(id, finishing(change, ticket))
        except PorteroError:
            self._try(self.users.update, id, self._marked_for_reconciliation)
            raise

    def upgrade(self, id: str, promote: Change, password: str) -> User:
        """Make a guest a user, under the same id. Raises as ``create`` does, and then it is still a guest."""

        def change(guest: User) -> User:
            return replace(promote(guest), password_hash=kept)

        kept = self.identity.keep(password)
        if not self.identity.remote:
            return self.users.update(id, change)
        ticket = self.clock()
        guest = self.users.update(id, reserving(change, ticket))
        try:
            self.identity.create(change(guest), password)
            return self.users.update(id, finishing(change, ticket))
        except PorteroError:
            self._try(self._undo_upgrade, id, ticket)
            raise

    def delete(self, id: str) -> None:
        """Delete an active user: its sessions end, its names are free, and what it owns goes. Raises Unavailable."""
        if not self.identity.remote:
            self._try(self._remove_owned, self.users.update(id, active(self._undone)))
            return
        ticket = self.clock()
        self.users.update(id, active(lambda user: replace(user, state=State.DELETING, reconcile_since=ticket)))
        try:
            self.identity.delete(id)
        except PorteroError:
            # It may have happened all the same: settling asks the provider when it answers again.
            self._try(self.users.update, id, holding(ticket, lambda user: replace(user, state=State.ACTIVE)))
            raise
        self._try(self._remove_owned, self.users.update(id, self._undone))

    def purge(self) -> int:
        """Remove the guests whose time is over, and whose last request as well; returns how many."""
        guests = self.users.expired(self.clock() - RECONCILE_AFTER).items
        return sum(self._try(self._purge, guest) for guest in guests)

    def _purge(self, guest: User) -> None:
        def expire(stored: User) -> User:
            if stored.role is not Role.GUEST or stored.reconcile_since:
                raise NotFound  # registered meanwhile, or about to be
            return replace(self._undone(stored), expires_at=stored.expires_at)

        if guest.state is State.ACTIVE:
            guest = self.users.update(guest.id, expire)
        self._remove_owned(guest)
        self.users.remove(guest)

    def reconcile(self, older_than: timedelta = RECONCILE_AFTER) -> int:
        """Finish or undo what was left half done before ``older_than``; returns how many were settled."""
        settled = 0
        for user in self.users.to_reconcile(self.clock() - older_than).items:
            settled += self._try(self._reconcile, user)
        return settled

    def _reconcile(self, listed: User) -> None:
        # Of several who settle at once, one gets past this.
        user = self.users.update(listed.id, self._marked_for_reconciliation, revisions=[listed.revision])
        if user.state is State.PENDING:
            # Its names are free before the provider is asked. If it was finished after all, it stays.
            user = self.users.update(user.id, holding(user.reconcile_since, self._undone))
        if user.state is State.ACTIVE:
            self._restore(user)
        else:
            self.identity.delete(user.id)
            self._bury(self.users.update(user.id, self._undone))

    def _bury(self, user: User) -> None:
        """The end of a deleted user, when no request of its can be running any more."""
        self._remove_owned(user)
        self.users.update(user.id, self._buried)

    def _remove_owned(self, user: User) -> None:
        for remove in self.owned:
            remove(user.id)

    def _with_password(self, user: User, password: str | None) -> User:
        return user if password is None else replace(user, password_hash=self.identity.keep(password))

    def _restore(self, user: User) -> None:
        """Give the provider's account the stored address; a guest has no account there."""
        if user.role is Role.GUEST:
            self.identity.delete(user.id)
            self.users.update(user.id, holding(user.reconcile_since, released))
            return
        addresses = [user.email, *(Email(claim.key) for claim in user.reserved if claim.kind == "email"), None]
        try:
            for email in addresses:
                restored = replace(user, email=email, email_verified=user.email_verified and email == user.email)
                with suppress(Taken):  # a stranger took the address there meanwhile: the account has another one
                    self.identity.set_email(restored)
                    break
        except NotFound:
            # It was active until now, so that requests of it may still be writing: settled once more.
            self._remove_owned(self.users.update(user.id, self._undone))
            return

        def restore(stored: User) -> User:
            if stored.reconcile_since != user.reconcile_since:
                return self._marked_for_reconciliation(stored)  # changed meanwhile: reconcile it again
            return released(replace(stored, email=restored.email, email_verified=restored.email_verified))

        self.users.update(user.id, restore)

    def _undo_creation(self, id: str) -> None:
        self.users.update(id, self._undone)
        self.identity.delete(id)  # only now: a user that stays stored must keep the account

    def _undo_upgrade(self, id: str, ticket: datetime) -> None:
        mine = self.clock()

        def fence(user: User) -> User:
            at_it = user.role is Role.GUEST and user.reconcile_since == ticket
            return replace(user, reconcile_since=mine) if at_it else user

        # A write first: if the last commit landed after all, the user stays, and so must the account.
        user = self.users.update(id, fence)
        if user.reconcile_since == mine:
            self._restore(user)

    def _undone(self, user: User) -> User:
        return self._marked_for_reconciliation(self._buried(user))

    def _buried(self, user: User) -> User:
        return user.tombstone(self.clock())

    def _marked_for_reconciliation(self, user: User) -> User:
        return replace(user, reconcile_since=self.clock())

    def _try(self, step: Callable[..., object], *arguments: object) -> bool:
        """Run a step whose failure is not the caller's: what it leaves is settled later."""
        try:
            step(*arguments)
        except PorteroError as error:
            _log.warning("left for later: %s", error.__cause__ or error)
            return False
        return True
