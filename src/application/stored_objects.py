"""Keep a record in step with the object and the rows that it stands for outside the store.

The record exists before its data and after it, so that no data is ever without a record: it is pending, then stored,
then about to be deleted. ``reconcile_since`` says since when a request stores or deletes it, and is also that
request's ticket. Reconciliation finds by it what a crash left behind, and removes it.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from src.application.ports import Clock
from src.domain.errors import Ended, InvalidToken, NotFound, PorteroError, Unavailable
from src.domain.jobs import Job, JobRepository
from src.domain.receipts import Once
from src.domain.stored_objects import StoredObject, StoredObjectRepository
from src.domain.users import User, UserRepository
from src.domain.values import Page, Role

_log = logging.getLogger("portero.stored_objects")

HEARTBEAT = timedelta(seconds=15)
"""How often a request that stores something renews its ticket."""
HEARTBEAT_TIMEOUT = timedelta(seconds=60)
"""A request that has not renewed its ticket for so long is taken for dead."""
RECONCILE_FOR = timedelta(seconds=10)
"""How long reconciliation goes on after a failure."""

T = TypeVar("T", bound=StoredObject)
S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectLifecycle(Generic[T]):
    """The life of records that own data outside the store, from pending to removed."""

    noun: str
    """What people call such an object."""
    records: StoredObjectRepository[T]
    users: UserRepository
    jobs: JobRepository
    erase: Callable[[T], None]
    """Remove the data, and then the record without which it could not be found. Can be repeated."""
    clock: Clock

    @contextmanager
    def storing(self, item: T, once: Once[S] | None) -> Iterator["PendingObject[T, S]"]:
        """Store the pending record ``item`` while the block stores its data; remove both unless the block finishes.

        Raises Repeated, Unavailable; InvalidToken when the owner was deleted meanwhile.
        """
        item, receipt = self.records.begin(item, once.receipt if once else None)
        started = replace(once, receipt=receipt) if once and receipt else None
        pending = PendingObject(self.records, self.clock, item, started)
        try:
            yield pending
        except TicketLost:
            self.discard(item)
            owner = self.users.get(item.user_id)
            if owner is None or not owner.usable:
                raise InvalidToken from None
            raise
        except BaseException:
            self.discard(item)
            raise

    def discard(self, item: T) -> None:
        """Remove what could not be stored whole; reconciliation removes what cannot be removed now."""
        now = self.clock()
        with _left_to_reconciliation():
            with suppress(NotFound):  # reconciled already, but perhaps before all its data was there
                item = self.records.update(item.id, lambda stored: stored if stored.whole else stored.deleting(now))
            if not item.whole:  # else the last commit landed after all
                self.erase(item)

    def list(self, caller: User, cursor: str | None, limit: int) -> Page[T]:
        """Return a page of the caller's stored objects, the newest first; of everybody's for an admin."""
        return self.records.of(None if caller.role is Role.ADMIN else caller.id, cursor, limit)

    def show(self, caller: User, id: str) -> T:
        """Return a stored object of the caller; of anybody for an admin. Raises NotFound."""
        item = self.records.get(id)
        if item is None or not item.whole or (item.user_id != caller.id and caller.role is not Role.ADMIN):
            raise NotFound(f"There is no such {self.noun}.")
        return item

    def delete(self, caller: User, id: str) -> None:
        """Hide an object of the caller, cancel its job, and remove it. Raises NotFound, Unavailable.

        Reconciliation removes what cannot be removed now.
        """
        item = self.show(caller, id)
        if item.job_id:
            with suppress(NotFound, Ended):
                self.jobs.update(item.job_id, lambda job: job.cancelled(self.clock()))
        with suppress(NotFound):
            item = self.records.update(item.id, lambda stored: stored.deleting(self.clock()))
        with _left_to_reconciliation():
            self.erase(item)

    def remove_of(self, user_id: str) -> None:
        """Remove every object of a user. Raises Unavailable."""
        while items := self.records.all_of(user_id).items:
            for item in items:
                with suppress(NotFound):
                    self.erase(self.records.update(item.id, lambda stored: stored.deleting(self.clock())))

    def reconcile(self, older_than: timedelta) -> int:
        """Remove what a crash left half stored or half deleted; return how many objects."""
        reconciled, begun = 0, self.clock()
        for item in self.records.to_reconcile(begun - older_than).items:

            def take_over(stored: T, ticket: datetime | None = item.reconcile_since) -> T:
                if stored.reconcile_since != ticket:
                    raise NotFound  # its request went on after all, or another process reconciles it
                return stored.deleting(self.clock())

            try:
                self.erase(self.records.update(item.id, take_over))
                reconciled += 1
            except NotFound:
                continue
            except PorteroError as error:
                _warn(error)
                if self.clock() - begun > RECONCILE_FOR:
                    break  # each failure takes its time, and the other kinds of objects wait for their turn
        return reconciled


class TicketLost(Unavailable):
    """Reconciliation took a pending object over, because its request took too long or its owner was deleted."""

    def __init__(self) -> None:
        super().__init__("The upload took too long and was undone; send it again.", 1)


class PendingObject(Generic[T, S]):
    """An object whose data is being stored. ``item`` is its record, which changes with each heartbeat."""

    def __init__(self, records: StoredObjectRepository[T], clock: Clock, item: T, once: Once[S] | None) -> None:
        self.item = item
        self._records = records
        self._clock = clock
        self._once = once

    def heartbeat(self) -> None:
        """Renew the ticket when it is due. Raises TicketLost."""
        now, last = self._clock(), self.item.reconcile_since
        if last is None or now - last < HEARTBEAT:
            return

        def renew(stored: T) -> T:
            if stored.reconcile_since != last:
                raise TicketLost
            return replace(stored, reconcile_since=now)  # type: ignore[type-var]

        try:
            self.item = self._records.update(self.item.id, renew)
        except NotFound:
            raise TicketLost from None

    def finish(self, whole: T, job: Job | None, result: Callable[[T, Job | None], S]) -> S:
        """Store the record of a whole object with its job and receipt; return their ``result``. Raises TicketLost."""
        receipt = self._once.answered(result(whole, job)) if self._once else None
        try:
            return result(self._records.finish(whole, job, receipt), job)
        except NotFound:
            raise TicketLost from None


@contextmanager
def _left_to_reconciliation() -> Iterator[None]:
    """Log a failure instead of raising it."""
    try:
        yield
    except PorteroError as error:
        _warn(error)


def _warn(error: PorteroError) -> None:
    _log.warning("left to reconciliation: %s", error.__cause__ or error)
