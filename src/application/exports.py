"""The service that gives users a copy of all data that is held about them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from src.application.ports import Clock
from src.domain.events import EventRepository, EventType
from src.domain.sessions import Client
from src.domain.users import User
from src.domain.values import Page, pages

ListForUser = Callable[[str, str | None, int], Page[Any]]
"""A function of the id of a user, a cursor and a limit. It returns a page of what belongs to the user."""
_AT_ONCE = 25
"""The number of things to read at a time. An export that its client reads slowly keeps them in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A user, and pages of everything that belongs to the user. A page is read from the store once it is iterated."""

    user: User
    sections: Mapping[str, Iterator[Sequence[Any]]]
    """The pages of tasks, dogs and the other things of the user, by the names of ``ExportService.lists``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportService:
    """Collects all data that is held about a user."""

    events: EventRepository
    clock: Clock
    lists: Mapping[str, ListForUser]
    """A function for each kind of thing that belongs to users, by its name in the export."""

    def export(self, user: User, client: Client) -> Export:
        """Get everything that the service holds about you.

        Your profile, sessions, tasks, dogs and jobs are complete. Of files and datasets you get what is known about
        them; their contents and rows are at their own routes. Also included are the answers that are kept for requests
        with an idempotency key, and what happened to your account. Passwords and tokens, of which only hashes are
        stored, are left out, and mails on their way, which are kept for a day at most.
        """
        self.events.add(client.event(EventType.USER_EXPORTED, user.id, user.actor, self.clock()))
        return Export(user=user, sections={name: _pages(read, user.id) for name, read in self.lists.items()})


def _pages(read: ListForUser, user_id: str) -> Iterator[Sequence[Any]]:
    return pages(lambda cursor: read(user_id, cursor, _AT_ONCE))
