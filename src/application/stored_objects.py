"""Keeping in step a record and what it stands for outside the store, such as an object.

The record is there before and after the rest, so that nothing is ever without one: it is pending, then whole, then
about to be deleted. ``reconcile_since`` says since when somebody is at it, and is also that somebody's ticket. What a
crash leaves is found by it and removed.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from src.application.ports import Clock
from src.domain.errors import Ended, NotFound, PorteroError, Unavailable
from src.domain.jobs import Job, JobRepository
from src.domain.receipts import Once
from src.domain.stored_objects import StoredObject, StoredObjectRepository
from src.domain.users import User
from src.domain.values import Page, Role

_log = logging.getLogger("portero.custody")

HEARTBEAT = timedelta(seconds=15)
"""How often who stores something says so."""
HEARTBEAT_TIMEOUT = timedelta(seconds=60)
"""Who has said nothing for so long is gone."""
ENOUGH = timedelta(seconds=10)
"""How long settling goes on when something fails."""

T = TypeVar("T", bound=StoredObject)
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class ObjectLifecycle(Generic[T]):
    """What all services do alike whose records stand for something outside the store."""

    noun: str
    """What people call it."""
    records: StoredObjectRepository[T]
    jobs: JobRepository
    erase: Callable[[T], None]
    """Removes what is outside, and then the record without which nobody would know of it; can be repeated."""
    clock: Clock

    @contextmanager
    def storing(self, item: T, once: Once[S] | None) -> Iterator["PendingObject[T, S]"]:
        """Store the pending ``item`` while the rest of it is stored; nothing stays of what is not finished.

        Raises Repeated, Unavailable.
        """
        item, receipt = self.records.begin(item, once.receipt if once else None)
        begun = replace(once, receipt=receipt) if once and receipt else None
        try:
            yield PendingObject(self.records, self.clock, item, begun)
        except BaseException:
            self.discard(item)
            raise

    def discard(self, item: T) -> None:
        """Leave nothing of what could not be stored whole; what cannot be removed now is left to settling."""
        now = self.clock()
        with _or_later():
            with suppress(NotFound):  # settled already, but perhaps before the rest was there
                item = self.records.update(item.id, lambda stored: stored if stored.whole else stored.deleting(now))
            if not item.whole:  # else its last commit landed after all
                self.erase(item)

    def list(self, caller: User, cursor: str | None, limit: int) -> Page[T]:
        """Those of the caller, the newest first; an admin sees everybody's. Raises Invalid for a bad cursor."""
        return self.records.of(None if caller.role is Role.ADMIN else caller.id, cursor, limit)

    def show(self, caller: User, id: str) -> T:
        """One of the caller's; admins see everybody's. Raises NotFound, also for what is not whole."""
        item = self.records.get(id)
        if item is None or not item.whole or (item.user_id != caller.id and caller.role is not Role.ADMIN):
            raise NotFound(f"There is no such {self.noun}.")
        return item

    def delete(self, caller: User, id: str) -> None:
        """Cancel the job of what ``show`` shows; from then on nobody sees it.

        What cannot be removed now is left to settling. Raises NotFound, Unavailable.
        """
        item = self.show(caller, id)
        if item.job_id:
            with suppress(NotFound, Ended):
                self.jobs.update(item.job_id, lambda job: job.cancelled(self.clock()))
        with suppress(NotFound):
            item = self.records.update(item.id, lambda stored: stored.deleting(self.clock()))
        with _or_later():
            self.erase(item)

    def remove_of(self, user_id: str) -> None:
        """Remove everything of a user. Raises Unavailable."""
        while items := self.records.all_of(user_id).items:
            for item in items:
                with suppress(NotFound):
                    self.erase(self.records.update(item.id, lambda stored: stored.deleting(self.clock())))

    def reconcile(self, older_than: timedelta) -> int:
        """Undo what a crash left half stored, finish what it left half deleted; returns how many."""
        settled, begun = 0, self.clock()
        for item in self.records.to_reconcile(self.clock() - older_than).items:

            def claim(stored: T, since: datetime | None = item.reconcile_since) -> T:
                if stored.reconcile_since != since:
                    raise NotFound  # somebody went on after all, or settles it too
                return stored.deleting(self.clock())

            try:
                self.erase(self.records.update(item.id, claim))
                settled += 1
            except NotFound:
                continue
            except PorteroError as error:
                _warn(error)
                if self.clock() - begun > ENOUGH:
                    break  # each failure takes its time, and others wait for their turn
        return settled


@contextmanager
def _or_later() -> Iterator[None]:
    """What fails is left to settling."""
    try:
        yield
    except PorteroError as error:
        _warn(error)


def _warn(error: PorteroError) -> None:
    _log.warning("left for later: %s", error.__cause__ or error)


class PendingObject(Generic[T, S]):
    """What is being stored: ``item`` is its record, which changes with each heartbeat."""

    def __init__(self, records: StoredObjectRepository[T], clock: Clock, item: T, once: Once[S] | None) -> None:
        self.item = item
        self._records = records
        self._clock = clock
        self._once = once

    def heartbeat(self) -> None:
        """Say that somebody is at it, if the last time is a while ago.

        Raises Unavailable when it was given up meanwhile.
        """
        now, last = self._clock(), self.item.reconcile_since
        if last is None or now - last < HEARTBEAT:
            return

        def renew(stored: T) -> T:
            if stored.reconcile_since != last:
                raise _overdue()
            return replace(stored, reconcile_since=now)  # type: ignore[type-var]

        try:
            self.item = self._records.update(self.item.id, renew)
        except NotFound:
            raise _overdue() from None

    def finish(self, whole: T, job: Job | None, result: Callable[[T, Job | None], S]) -> S:
        """Store the record of what is whole, its job, and what a repetition is answered; returns their ``result``.

        Raises Unavailable when it was given up meanwhile.
        """
        receipt = self._once.answered(result(whole, job)) if self._once else None
        try:
            return result(self._records.finish(whole, job, receipt), job)
        except NotFound:
            raise _overdue() from None


def _overdue() -> Unavailable:
    """What to tell whom it took too long."""
    return Unavailable("The upload took too long and was undone; send it again.", 1)
