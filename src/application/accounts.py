"""Keeps the store and the identity provider in step.

The store is authoritative, the provider is derived. When accounts also exist outside the store
(``identity.remote``) a change takes three steps, each of which can be repeated:

    create   commit the user, pending      -> create the account     -> commit it active
    rename   commit the claim of the name  -> give it the address    -> commit the new name, free the old
    delete   commit it deleting            -> delete the account     -> commit it deleted, free its names

``unsettled_since`` is written with the first step and cleared with the last. What a crash leaves between
them is found by it and settled: a creation or a change is undone, a deletion is finished.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from src.application.ports import Clock, IdentityProvider
from src.domain.errors import InvalidToken, NotFound, PorteroError, Taken, Unavailable
from src.domain.users import Claim, State, User, UserRepository
from src.domain.values import Email

Change = Callable[[User], User]

SETTLE_AFTER = timedelta(seconds=60)
"""Longer than any request can take, so that what is older was left by a crash or an outage."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Creates, changes and deletes users here and at the identity provider, as if it were one step."""

    users: UserRepository
    identity: IdentityProvider
    clock: Clock

    def create(self, user: User, password: str) -> User:
        """Store a new user. Raises Taken or Unavailable, and then there is no such user."""
        user = replace(user, password_hash=self.identity.keep(password))
        if not self.identity.remote:
            return self.users.add(user)
        user = self.users.add(replace(user, state=State.PENDING, unsettled_since=self.clock()))
        try:
            self.identity.create(user, password)
            return self.users.update(user.id, _activated)
        except PorteroError:
            # The caller is told that it failed, so it must have failed, even if the last commit landed.
            self._try(self._undo_creation, user.id, State.PENDING, State.ACTIVE)
            raise

    def change(self, id: str, change: Change, revisions: Collection[str] | None = None) -> User:
        """Apply ``change`` to a usable user. Raises as ``UserRepository.update`` does, and Unavailable."""
        if not self.identity.remote:
            return self.users.update(id, _usable(change), revisions=revisions)
        user = self.users.update(id, _usable(self._reserving(change)), revisions=revisions)
        if not user.reserved:
            return user
        try:
            self.identity.set_email(change(user))
        except PorteroError as error:
            self._try(self._undo_change, user)
            if isinstance(error, NotFound):
                raise InvalidToken from error  # the provider has lost the account
            raise
        return self.users.update(id, self._releasing(change, user.reserved))

    def delete(self, id: str) -> None:
        """Delete a usable user: its tokens are void and its names are free. Raises Unavailable."""
        if not self.identity.remote:
            self.users.update(id, _usable(lambda user: user.buried(self.clock())))
            return
        self.users.update(id, _usable(self._deleting))
        try:
            self.identity.delete(id)
        except Unavailable:
            # It may have happened all the same: settling asks the provider when it answers again.
            self._try(self.users.update, id, lambda user: replace(user, state=State.ACTIVE))
            raise
        self.users.update(id, lambda user: user.buried(self.clock()))

    def settle(self, older_than: timedelta = SETTLE_AFTER) -> int:
        """Finish or undo what was left half done before ``older_than``; returns how many were settled."""
        settled = 0
        for user in self.users.unsettled(self.clock() - older_than).items:
            settled += self._try(self._settle, user)
        return settled

    def _settle(self, user: User) -> None:
        if user.state is State.PENDING:
            self._undo_creation(user.id, State.PENDING)
        elif user.state is State.ACTIVE and user.reserved:
            self._undo_change(user)
        elif user.state is State.ACTIVE and self.identity.exists(user.id):
            self.users.update(user.id, _settled)
        else:
            self.identity.delete(user.id)
            self.users.update(user.id, lambda user: user.buried(self.clock()))

    def _undo_creation(self, id: str, *states: State) -> None:
        def bury(user: User) -> User:
            if user.state not in states:
                return user
            return replace(user.buried(self.clock()), unsettled_since=self.clock())

        # The names are free before the provider is asked, which may be what is down.
        if self.users.update(id, bury).state is State.DELETED:
            self.identity.delete(id)
            self.users.update(id, _settled)

    def _undo_change(self, user: User) -> None:
        email = user.email
        try:
            self.identity.set_email(user)
        except NotFound:
            pass  # no account there, so no address to give back
        except Taken:
            # Somebody took the old address at the provider meanwhile; there the account has the new one.
            email = next(Email(claim.key) for claim in user.reserved if claim.kind == "email")

        def drop(stored: User) -> User:
            if stored.reserved != user.reserved:
                return stored
            verified = stored.email_verified and email == stored.email
            return _settled(replace(stored, email=email, email_verified=verified, reserved=()))

        self.users.update(user.id, drop)

    def _reserving(self, change: Change) -> Change:
        """The first step of ``change``: all of it, unless the provider must first agree to a new address."""

        def reserve(user: User) -> User:
            if user.reserved:
                raise Unavailable("An earlier change is still being settled; try again in a minute.", 60)
            changed = change(user)
            added = changed.claims - user.claims
            if not any(claim.kind == "email" for claim in added):
                return changed
            return replace(user, reserved=tuple(added), unsettled_since=self.clock())

        return reserve

    def _releasing(self, change: Change, reserved: tuple[Claim, ...]) -> Change:
        """The last step of ``change``."""

        def release(user: User) -> User:
            if user.reserved != reserved or not user.usable:
                raise Unavailable("The account was changed meanwhile; read it and try again.", 1)
            return _settled(replace(change(user), reserved=()))

        return release

    def _deleting(self, user: User) -> User:
        return replace(user, state=State.DELETING, unsettled_since=self.clock())

    def _try(self, step: Callable[..., object], *arguments: object) -> bool:
        """Run a step whose failure is not the caller's: what it leaves is settled later."""
        try:
            step(*arguments)
        except (Unavailable, NotFound, Taken, InvalidToken):
            return False
        return True


def _usable(change: Change) -> Change:
    """``change``, refused when the user was disabled or deleted since it was authenticated."""

    def guarded(user: User) -> User:
        if not user.usable:
            raise InvalidToken
        return change(user)

    return guarded


def _activated(user: User) -> User:
    if user.state is not State.PENDING:
        raise Unavailable("The registration took too long and was undone; try again.", 1)
    return _settled(replace(user, state=State.ACTIVE))


def _settled(user: User) -> User:
    return replace(user, unsettled_since=None)
