"""The service that gives users a copy of everything that is held about them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from src.domain.users import User
from src.domain.values import Page, pages

ListForUser = Callable[[str, str | None], Page[Any]]
"""A function of the id of a user and a cursor. It returns a page of what belongs to the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A user, and pages of everything that belongs to the user. Each page is read when the iteration reaches it."""

    user: User
    sections: Mapping[str, Iterator[Sequence[Any]]]
    """The pages of tasks, dogs and the other things of the user, by the names of ``ExportService.lists``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportService:
    """Collects what is held about a user."""

    lists: Mapping[str, ListForUser]
    """A function for each kind of thing that belongs to users, by its name in the export."""

    def export(self, user: User) -> Export:
        """Get everything that the service holds about you.

        Your profile, sessions, tasks, dogs and jobs are complete. Of files and datasets you get what is known about
        them; their contents and rows are at their own routes. Also included are the answers that are kept for requests
        with an idempotency key. Passwords and tokens, of which only hashes are stored, are left out, and mails on their
        way, which are kept for a day at most.
        """
        return Export(user=user, sections={name: pages(partial(read, user.id)) for name, read in self.lists.items()})
