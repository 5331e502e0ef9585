"""What people do with files, and the job that sends them on."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from src.application.jobs import Progress
from src.application.ports import BlobStore, Clock, FileRelay, JobQueue
from src.application.stored_objects import HEARTBEAT_TIMEOUT, ObjectLifecycle
from src.domain.files import File, FileRepository
from src.domain.jobs import Job, JobRepository
from src.domain.receipts import Once
from src.domain.users import User
from src.domain.values import Page, new_id

RELAY = "file-relay"
"""The kind of job that sends a file on."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file and the job that sends it on; None when that has ended long ago."""

    file: File
    job: Job | None


@dataclass(frozen=True, slots=True)
class FileService:
    """The use cases of files."""

    files: FileRepository
    jobs: JobRepository
    blobs: BlobStore
    queue: JobQueue
    clock: Clock

    def add(
        self,
        owner: User,
        filename: str,
        content_type: str,
        chunks: Iterable[bytes],
        once: Once[StoredFile] | None = None,
    ) -> StoredFile:
        """Store a file of any kind; a job then sends it on to the service that the operator named, if any.

        Raises Unavailable, Repeated, and what iterating ``chunks`` raises; then nothing is stored.
        """
        now = self.clock()
        receipt_id = once.receipt.id if once else None
        file = File(new_id(), owner.id, filename, content_type, now, new_id(), receipt_id, reconcile_since=now)
        with self._lifecycle.storing(file, once) as storing:
            measured = Measured(chunks, storing.heartbeat)
            self.blobs.put(file.key, measured)
            whole = storing.item.stored(measured.size, measured.sha256)
            job = Job.new(kind=RELAY, subject_id=file.id, user_id=owner.id, now=self.clock(), id=file.job_id)
            stored = storing.finish(whole, job, StoredFile)
        self.queue.notify(job.id)
        return stored

    def list(self, caller: User, cursor: str | None, limit: int) -> Page[StoredFile]:
        """Your files, the newest first; an admin sees everybody's. Raises Invalid for a bad cursor."""
        page = self._lifecycle.list(caller, cursor, limit)
        jobs = self.jobs.several(*(file.job_id for file in page.items))
        return Page([StoredFile(file, job) for file, job in zip(page.items, jobs, strict=True)], page.next)

    def show(self, caller: User, id: str) -> StoredFile:
        """A file of yours; admins see everybody's. Raises NotFound."""
        file = self._lifecycle.show(caller, id)
        return StoredFile(file, self.jobs.get(file.job_id))

    def read(self, caller: User, id: str) -> tuple[File, Iterator[bytes]]:
        """The content of a file, as it was sent. Raises NotFound, Unavailable."""
        file = self._lifecycle.show(caller, id)
        return file, self.blobs.read(file.key)

    def delete(self, caller: User, id: str) -> None:
        """Remove a file of yours, and give up sending it on; admins remove anybody's. Raises NotFound."""
        self._lifecycle.delete(caller, id)

    def remove_of(self, user_id: str) -> None:
        """Remove every file of a user. Raises Unavailable."""
        self._lifecycle.remove_of(user_id)

    def reconcile(self, older_than: timedelta = HEARTBEAT_TIMEOUT) -> int:
        """Undo what a crash left half stored, finish what it left half deleted; returns how many."""
        return self._lifecycle.reconcile(older_than)

    @property
    def _lifecycle(self) -> ObjectLifecycle[File]:
        return ObjectLifecycle("file", self.files, self.jobs, self._erase, self.clock)

    def _erase(self, file: File) -> None:
        self.blobs.delete(file.key)
        self.files.remove(file)


class Measured:
    """The chunks of something, as they are; ``size`` and ``sha256`` are known when they have been iterated over."""

    def __init__(self, chunks: Iterable[bytes], each: Callable[[], None]) -> None:
        """``each`` is called for each chunk, and may raise."""
        self.size = 0
        self._digest = hashlib.sha256()
        self._chunks = chunks
        self._each = each

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._each()
            self.size += len(chunk)
            self._digest.update(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return self._digest.hexdigest()


@dataclass(frozen=True, slots=True)
class RelayFile:
    """Sends a file on. See JobHandler."""

    files: FileRepository
    blobs: BlobStore
    relay: FileRelay | None
    waits: ClassVar[tuple[float, float, float]] = (2.0, 10.0, 40.0)  # the other service may be restarting
    postponed_until: ClassVar[tuple[float, float, float, float]] = (600.0,) * 4

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """See JobHandler."""
        file = self.files.get(job.subject_id)
        if file is None or not file.whole or self.relay is None:
            return {"relayed": False}

        def watched(chunks: Iterable[bytes]) -> Iterator[bytes]:
            sent = 0
            for chunk in chunks:
                yield chunk
                sent += len(chunk)
                progress(sent / max(file.size, 1))

        chunks = watched(self.blobs.read(file.key))
        answer = self.relay.send(job.id, file.filename, file.content_type, file.size, chunks)
        return {"relayed": True, "status": answer.status, "answer": answer.answer}

    def abandon(self, job: Job) -> None:
        """See JobHandler; the file stays."""

    def resume(self, job: Job) -> None:
        """See JobHandler."""
