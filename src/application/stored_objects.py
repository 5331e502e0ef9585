"""The life cycle of records that own data outside the store, such as files and row sets.

A record is pending while a request stores its data, then stored, then deleting, so that there is no data without a
record. ``reconcile_since`` is the ticket of the request that stores or deletes the data. If it has not been renewed
for a while, the request has crashed: reconciliation takes the ticket, and removes the data and the record.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from src.application.caller import Caller
from src.application.ports import Clock
from src.domain.errors import Ended, InvalidToken, NotFound, PorteroError, Unavailable
from src.domain.jobs import CLOCK_SKEW, Job, JobRepository, JobStatus
from src.domain.receipts import IdempotentCreate
from src.domain.stored_objects import StoredObject, StoredObjectRepository
from src.domain.users import User, UserRepository
from src.domain.values import Page, Role

_log = logging.getLogger("portero.stored_objects")

HEARTBEAT = timedelta(seconds=15)
"""The interval at which a request that stores an object renews its ticket."""
HEARTBEAT_TIMEOUT = CLOCK_SKEW + 2 * HEARTBEAT
"""A request that has not renewed its ticket for this long counts as crashed. Clocks may differ by CLOCK_SKEW."""
RECONCILE_FOR = timedelta(seconds=10)
"""The time after which reconciliation ends after a failure, because other kinds of objects wait for it.

Removing the objects of a deleted user ends after this time, too, and the next reconciliation goes on.
"""

_TAKES_LONG = "Removing the objects takes long; the rest is removed in the background."

T = TypeVar("T", bound=StoredObject)
S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectLifecycle(Generic[T]):
    """Stores, shows, deletes and reconciles one kind of stored object."""

    missing: str
    """The message when there is no such object, such as "There is no such file."."""
    records: StoredObjectRepository[T]
    users: UserRepository
    jobs: JobRepository
    erase: Callable[[T], None]
    """A function that removes the data of a record. It can be repeated."""
    clock: Clock

    @contextmanager
    def storing(self, item: T, idempotent: IdempotentCreate[S] | None) -> Iterator["PendingObject[T, S]"]:
        """Store the record ``item``, whose data the block stores. If the block raises, remove the record and the data.

        Raises Repeated, Unavailable, and InvalidToken when the owner was deleted or disabled meanwhile.
        """
        item, receipt = self.records.begin(item, idempotent.receipt if idempotent else None)
        started = replace(idempotent, receipt=receipt) if idempotent and receipt else None
        try:
            with ExitStack() as undo:
                undo.callback(self._discard, item)
                yield PendingObject(self.records, self.clock, item, started)
                undo.pop_all()
        except TicketLost:
            owner = self.users.get(item.user_id)
            if owner is None or not owner.can_log_in:
                raise InvalidToken from None
            raise

    def list(self, caller: User, cursor: str | None, limit: int) -> Page[T]:
        """Return a page of the caller's objects, or of the objects of all users for an admin, the newest first."""
        return self.records.list_for_user(None if caller.role is Role.ADMIN else caller.id, cursor, limit)

    def show(self, caller: User, id: str) -> T:
        """Return an object of the caller, or of any user for an admin. Raises NotFound."""
        item = self.records.get(id)
        if item is None or not item.is_stored or (item.user_id != caller.id and caller.role is not Role.ADMIN):
            raise NotFound(self.missing)
        return item

    def delete(self, caller: Caller, id: str, revisions: Collection[str] | None = None) -> None:
        """Remove an object of the caller, or of any user for an admin, and cancel its job.

        The object is no longer visible afterwards. Reconciliation removes the data of a large one, and what a job that
        runs still stores, and repeats what has failed. Raises NotFound, InsufficientAuthentication, Unavailable, and
        Stale if ``revisions`` is given and the stored revision is none of them.
        """
        item = self.show(caller.user, id)
        caller.require_owner_or_admin(item.user_id, self.missing)
        with suppress(NotFound):
            item = self._deleting(item, revisions)
        with left_to_reconciliation():
            if item.is_large:
                self._cancel_job(item)
            else:
                self._erase(item)

    def delete_for_user(self, user_id: str) -> None:
        """Remove every object of a user. No request waits for millions of rows.

        Raises Unavailable, also when it has run for RECONCILE_FOR, and when objects are left to reconciliation: large
        ones, and those to which a job may still write.
        """
        end, left = self.clock() + RECONCILE_FOR, set[str]()
        while items := [
            item for item in self.records.list_all_for_user(user_id, 100 + len(left)).items if item.id not in left
        ]:
            for item in items:
                if self.clock() > end:
                    raise Unavailable(_TAKES_LONG)
                with suppress(NotFound):
                    being_written = item.is_large and not item.is_stored
                    if being_written or (deleting := self._deleting(item)).is_large or not self._erase(deleting):
                        left.add(item.id)
        if left:
            raise Unavailable(_TAKES_LONG)

    def reconcile(self, older_than: timedelta = HEARTBEAT_TIMEOUT) -> int:
        """Remove the objects that a crash left partly stored or partly deleted. Return the number of removed objects.

        An object is left alone until its ticket is older than ``older_than``.
        """
        reconciled, begun = 0, self.clock()
        for item in self.records.to_reconcile(begun - older_than).items:

            def take_over(stored: T, ticket: datetime | None = item.reconcile_since) -> T:
                if stored.reconcile_since != ticket:
                    raise NotFound  # the request still runs, or another process reconciles the object
                return stored.deleting(self.clock())

            try:
                self._erase(self.records.update(item.id, take_over))
                reconciled += 1
            except NotFound:
                continue
            except PorteroError as error:
                _warn(error)
                if self.clock() - begun > RECONCILE_FOR:
                    break
        return reconciled

    def _discard(self, item: T) -> None:
        """Remove an object that could not be stored. If that fails, reconciliation repeats it."""
        with left_to_reconciliation():
            with suppress(NotFound):  # reconciled already, but perhaps before all its data was stored
                now = self.clock()
                item = self.records.update(item.id, lambda stored: stored if stored.is_stored else stored.deleting(now))
            if not item.is_stored:  # else the last commit landed, although its reply was lost
                self._erase(item)

    def _deleting(self, item: T, revisions: Collection[str] | None = None) -> T:
        return self.records.update(item.id, lambda stored: stored.deleting(self.clock()), revisions=revisions)

    def _cancel_job(self, item: T) -> bool:
        """Cancel the job of an object. Return whether the job was running, so that it may still write data."""
        statuses = list[JobStatus]()

        def cancelled(job: Job) -> Job:
            statuses.append(job.status)
            return job.cancelled(self.clock())

        if item.job_id:
            with suppress(NotFound, Ended):
                self.jobs.update(item.job_id, cancelled)
        return statuses[-1:] == [JobStatus.RUNNING]

    def _erase(self, item: T) -> bool:
        """Cancel the job, remove the data, and then the record, without which the data could not be found again.

        Return whether the record was removed. It stays if the job may still write, and reconciliation repeats this.
        """
        is_written = self._cancel_job(item)
        self.erase(item)
        if not is_written:
            self.records.remove(item)
        return not is_written


class TicketLost(Unavailable):
    """Reconciliation has taken the ticket of a pending object: the request was slow, or its user was deleted."""

    default_detail = "The upload took too long and was undone; send it again."

    def __init__(self) -> None:
        super().__init__(retry_after=1)


@dataclass(slots=True)
class PendingObject(Generic[T, S]):
    """An object whose data a request is storing.

    ``item`` is the record as it was last stored. Each renewal of the ticket replaces it.
    """

    records: StoredObjectRepository[T]
    clock: Clock
    item: T
    idempotent: IdempotentCreate[S] | None

    def heartbeat(self) -> None:
        """Renew the ticket if HEARTBEAT has passed since the last renewal.

        Raises TicketLost if reconciliation has taken the ticket.
        """
        now, last = self.clock(), self.item.reconcile_since
        if last is None or now - last < HEARTBEAT:
            return

        def renew(stored: T) -> T:
            if stored.reconcile_since != last:
                raise TicketLost
            return replace(stored, reconcile_since=now)

        try:
            self.item = self.records.update(self.item.id, renew)
        except NotFound:
            raise TicketLost from None

    def with_heartbeat(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks, and call ``heartbeat`` before each of them. Raises TicketLost."""
        for chunk in chunks:
            self.heartbeat()
            yield chunk

    def finish(self, item: T, job: Job | None, result: Callable[[T, Job | None], S]) -> S:
        """Store the record of the complete object, its job and the receipt in one commit. Raises TicketLost.

        Return ``result`` applied to the stored record and the job.
        """
        receipt = self.idempotent.receipt_for(result(item, job)) if self.idempotent else None
        try:
            return result(self.records.finish(item, job, receipt), job)
        except NotFound:
            raise TicketLost from None


@contextmanager
def left_to_reconciliation() -> Iterator[None]:
    """Log an error of the block instead of raising it, because reconciliation will repeat the failed step."""
    try:
        yield
    except PorteroError as error:
        _warn(error)


def _warn(error: PorteroError) -> None:
    _log.warning("left to reconciliation: %s", error.__cause__ or error)
