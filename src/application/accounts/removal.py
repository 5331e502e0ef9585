"""Removes expired guests, and what deleted users have owned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from src.application.accounts.steps import bury_guest
from src.application.ports import Clock
from src.domain.events import SYSTEM, Event, EventType
from src.domain.sessions import NO_CLIENT
from src.domain.users import State, User, UserRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRemoval:
    """The last steps of an account, which are the same with and without an identity provider."""

    users: UserRepository
    owned: Sequence[Callable[[str], None]]
    """Functions that take the id of a user and remove one kind of object that the user owns. Each can be repeated."""
    clock: Clock

    def remove_guest(self, guest: User) -> None:
        """Remove a guest with its objects. Raises NotFound if the guest has registered meanwhile."""
        if guest.state is State.ACTIVE:
            guest = self.users.update(guest.id, bury_guest(self.buried))
        self.remove_owned(guest)
        self.users.remove(guest)

    def buried(self, user: User) -> User:
        """Return the tombstone of a deleted user, marked so that reconciliation removes the user's objects again."""
        now = self.clock()
        return user.tombstone(now).marked(now)

    def marked(self, user: User) -> User:
        """Return the user, marked for reconciliation from now on."""
        return user.marked(self.clock())

    def remove_owned(self, user: User) -> None:
        """Remove every object that the user owns. Raises Unavailable."""
        for remove in self.owned:
            remove(user.id)

    def finish_deletion(self, user: User) -> None:
        """Remove the objects that a deleted user's last requests have stored, and keep only the tombstone.

        Call it when no request of the user can be running any more.
        """
        self.remove_owned(self.users.update(user.id, self.buried, events=deletion))
        self.users.update(user.id, lambda stored: stored.tombstone(self.clock()))


def deletion(before: User, after: User) -> Sequence[Event]:
    """Return the event of a deletion that a crash has interrupted; none if it was stored, or there was no user."""
    if before.state is not State.DELETING:
        return ()
    return [NO_CLIENT.event(EventType.USER_DELETED, after.id, SYSTEM, after.updated_at)]
