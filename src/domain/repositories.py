"""The base protocol of all repositories. The repository protocol of an entity stands in the module of the entity."""

from collections.abc import Callable, Collection
from typing import Protocol, TypeVar

from src.domain.events import NO_EVENTS, Recorded
from src.domain.receipts import IdempotentCreate

E = TypeVar("E")


class Repository(Protocol[E]):
    """Stores entities of one kind.

    The methods return entities whatever their state, such as users that are being deleted.
    """

    def get(self, id: str) -> E | None:
        """Return the entity with this id, or None."""

    def get_many(self, *ids: str) -> list[E | None]:
        """Return the entities in the order of ``ids``, with None for each absent one. Takes one round trip."""

    def update(self, id: str, change: Callable[[E], E], *, revisions: Collection[str] | None = None) -> E:
        """Apply ``change`` to the stored entity, atomically, and return the result.

        ``change`` is a pure function, because it may run several times. If ``revisions`` is given, raises Stale unless
        the stored revision is one of them. Also raises NotFound, the errors of ``change``, and Taken if another entity
        has a value that must be unique.
        """


class OwnedRepository(Repository[E], Protocol[E]):
    """Stores entities that belong to users."""

    def remove(self, id: str, revisions: Collection[str] | None = None) -> None:
        """Remove an entity, if it exists, with its unique values. Raises Stale as ``update`` does."""

    def delete_for_user(self, user_id: str) -> None:
        """Remove every entity of a user."""


class RecordedRepository(Repository[E], Protocol[E]):
    """Stores entities whose changes are events, and may be requested more than once."""

    def update(
        self,
        id: str,
        change: Callable[[E], E],
        *,
        revisions: Collection[str] | None = None,
        idempotent: IdempotentCreate[E] | None = None,
        events: Recorded[E] = NO_EVENTS,
    ) -> E:
        """Change an entity as Repository does. Store the receipt of ``idempotent`` and the events in the same commit.

        Also raises Repeated.
        """
