"""A store, a bucket, and processes that a test can interrupt at any moment while they store objects.

A moment is before or after a step: a commit of a record, or a call of the bucket, the rows or the checker.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any, Generic, TypeVar

import obstore

from src.application.stored_objects import HEARTBEAT_TIMEOUT, ObjectLifecycle
from src.domain.errors import Unavailable
from src.domain.receipts import LIFETIME, Receipt
from src.domain.users import User
from src.domain.values import Page, Role
from src.infrastructure.blobs.objects import memory
from src.infrastructure.repositories.documents import Receipts
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.memory import MemoryStore
from tests.support.working import RecordingQueue, Watch, person

ADA, EVE = person("ada", Role.UPLOADER), person("eve", Role.UPLOADER)
ROOT = person("root", Role.ADMIN)
COMMITS = {"begin", "finish", "update", "remove"}

Observe = Callable[[str], None]


class Killed(BaseException):
    """The process was killed."""


@dataclass
class Process:
    """The services of one process, and the records that it reads and writes."""

    service: Any
    objects: ObjectLifecycle[Any]
    records: Any


P = TypeVar("P", bound=Process)


class World(ABC, Generic[P]):
    """The store, the bucket and the queue that all processes share."""

    records: Any
    content: bytes

    def __init__(self) -> None:
        self.watch = Watch()
        self.store = MemoryStore()
        self.jobs, self.receipts, self.users = Jobs(self.store), Receipts(self.store), Users(self.store)
        for user in (ADA, EVE, ROOT):
            self.users.add(user)
        self.blobs = memory()
        self.queue = RecordingQueue()

    @cached_property
    def here(self) -> P:
        """A process that nothing interrupts."""
        return self.process(lambda _: None)

    @abstractmethod
    def process(self, observe: Observe) -> P:
        """Return a process that calls ``observe`` at every moment."""

    def mortal(self, dies_at: int) -> P:
        """Return a process that is killed at a moment, and does nothing afterwards."""
        moments = count()

        def observe(step: str) -> None:
            if next(moments) >= dies_at:
                raise Killed

        return self.process(observe)

    def failing(self, *moments: int) -> P:
        """Return a process whose dependencies fail at these moments."""
        current = count()

        def observe(step: str) -> None:
            if next(current) in moments:
                raise Unavailable

        return self.process(observe)

    def at(self, moment: int, event: Callable[[], object]) -> P:
        """Return a process that calls ``event`` at a moment."""
        current = count()

        def observe(step: str) -> None:
            if next(current) == moment:
                event()

        return self.process(observe)

    @abstractmethod
    def pending(self, id: str) -> Any:
        """Return the record of an object that Ada has begun to store."""

    @abstractmethod
    def store_one(self, process: P | None = None, owner: User = ADA, key: str | None = "key") -> Any:
        """Store an object, and return its record."""

    @abstractmethod
    def show(self, caller: User, id: str) -> Any:
        """Return the record of an object, if ``caller`` may see it."""

    @abstractmethod
    def list(self, caller: User, cursor: str | None = None, limit: int = 10) -> Page[Any]:
        """Return a page of the records of the caller."""

    def all_records(self) -> Any:
        return [record for user in ("ada", "eve") for record in self.records.list_all_for_user(user).items]

    def objects(self) -> set[str]:
        return {item["path"] for batch in obstore.list(self.blobs.objects) for item in batch}

    def reconcile_later(self) -> int:
        self.watch.forward(HEARTBEAT_TIMEOUT)
        return self.here.objects.reconcile()

    def assert_empty(self) -> None:
        """Assert that no record, object or job is left, and that the key can be used again."""
        assert self.all_records() == []
        assert self.objects() == set()
        assert self.receipts.get("key") is None
        assert self.jobs.all().items == []

    def is_reconciled(self) -> bool:
        """Assert that the objects agree with the complete records. Return whether there is a record."""
        records = self.all_records()
        assert all(record.is_stored and record.reconcile_since is None for record in records)
        assert self.objects() == {record.key for record in records}
        assert [b"".join(self.blobs.read(record.key)) for record in records] == [self.content] * len(records)
        return bool(records)

    def _receipt(self, key: str) -> Receipt:
        return Receipt(key, "ada", self.watch() + LIFETIME)
