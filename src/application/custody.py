"""Keeping in step a record and what it stands for outside the store, such as an object.

The record is there before and after the rest, so that nothing is ever without one: it is pending, then whole, then
about to be deleted. ``unsettled_since`` says since when somebody is at it, and is also that somebody's ticket. What a
crash leaves is found by it and removed.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, Protocol, Self, TypeVar

from src.application.ports import Clock
from src.domain.errors import NotFound, PorteroError, Unavailable
from src.domain.values import Page

_log = logging.getLogger("portero.custody")

SIGN_OF_LIFE = timedelta(seconds=15)
"""How often who stores something says so."""
ENOUGH = timedelta(seconds=10)
"""How long settling goes on when something fails."""
SETTLE_AFTER = timedelta(seconds=60)
"""Who has said nothing for so long is gone."""


class Held(Protocol):
    """A record that stands for something outside the store; a frozen dataclass."""

    @property
    def id(self) -> str:
        """Never used again."""

    @property
    def whole(self) -> bool:
        """Whether all of it is there, and is to stay."""

    @property
    def unsettled_since(self) -> datetime | None:
        """Since when somebody is storing or deleting it."""

    def deleting(self, now: datetime) -> Self:
        """The record of what is about to go."""


T = TypeVar("T", bound=Held)


class HeldRepository(Protocol[T]):
    """Keeps such records."""

    def update(self, id: str, change: Callable[[T], T]) -> T:
        """Apply the pure function ``change`` to one revision. Raises NotFound, and what ``change`` raises."""

    def all_of(self, user_id: str, limit: int = 100) -> Page[T]:
        """Those of a user, in any state."""

    def unsettled(self, before: datetime, limit: int = 100) -> Page[T]:
        """Those that somebody left half stored or half deleted before ``before``."""


@dataclass(frozen=True, slots=True)
class Custody(Generic[T]):
    """Undoes, removes and settles."""

    records: HeldRepository[T]
    erase: Callable[[T], None]
    """Removes what is outside, and then the record without which nobody would know of it; can be repeated."""
    clock: Clock

    def discard(self, item: T) -> None:
        """Leave nothing of what could not be stored whole; what cannot be removed now is left to settling."""
        now = self.clock()
        try:
            with suppress(NotFound):  # settled already, but perhaps before the rest was there
                item = self.records.update(item.id, lambda stored: stored if stored.whole else stored.deleting(now))
            if not item.whole:  # else its last commit landed after all
                self.erase(item)
        except PorteroError as error:
            _log.warning("left for later: %s", error.__cause__ or error)

    def remove(self, item: T) -> None:
        """From now on nobody sees it; what cannot be removed now is left to settling. Raises Unavailable."""
        with suppress(NotFound):
            item = self.records.update(item.id, lambda stored: stored.deleting(self.clock()))
        try:
            self.erase(item)
        except PorteroError as error:
            _log.warning("left for later: %s", error.__cause__ or error)

    def remove_of(self, user_id: str) -> None:
        """Remove everything of a user. Raises Unavailable."""
        while items := self.records.all_of(user_id).items:
            for item in items:
                with suppress(NotFound):
                    self.erase(self.records.update(item.id, lambda stored: stored.deleting(self.clock())))

    def settle(self, older_than: timedelta = SETTLE_AFTER) -> int:
        """Undo what a crash left half stored, finish what it left half deleted; returns how many."""
        settled, begun = 0, self.clock()
        for item in self.records.unsettled(self.clock() - older_than).items:

            def claim(stored: T, since: datetime | None = item.unsettled_since) -> T:
                if stored.unsettled_since != since:
                    raise NotFound  # somebody went on after all, or settles it too
                return stored.deleting(self.clock())

            try:
                self.erase(self.records.update(item.id, claim))
                settled += 1
            except NotFound:
                continue
            except PorteroError as error:
                _log.warning("left for later: %s", error.__cause__ or error)
                if self.clock() - begun > ENOUGH:
                    break  # each failure takes its time, and others wait for their turn
        return settled


class Vigil(Generic[T]):
    """Shows from time to time that somebody is storing ``item``, which changes with it."""

    def __init__(self, records: HeldRepository[T], clock: Clock, item: T) -> None:
        self.item = item
        self._records = records
        self._clock = clock

    def keep(self) -> None:
        """Say so, if the last time is a while ago. Raises Unavailable when it was given up meanwhile."""
        now, last = self._clock(), self.item.unsettled_since
        if last is None or now - last < SIGN_OF_LIFE:
            return

        def renew(stored: T) -> T:
            if stored.unsettled_since != last:
                raise overdue()
            return replace(stored, unsettled_since=now)  # type: ignore[type-var]

        try:
            self.item = self._records.update(self.item.id, renew)
        except NotFound:
            raise overdue() from None


def overdue() -> Unavailable:
    """What to tell whom it took too long."""
    return Unavailable("The upload took too long and was undone; send it again.", 1)
