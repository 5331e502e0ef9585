"""The service for files, and the job that sends a file on to another service."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

from src.application.caller import Caller
from src.application.jobs import JobPlaces, Progress
from src.application.ports import BlobStore, Clock, FileRelay, JobQueue, ReadFrom
from src.application.stored_objects import ObjectLifecycle
from src.domain.files import File, FileRepository
from src.domain.jobs import Job, JobRepository
from src.domain.receipts import IdempotentCreate
from src.domain.users import User
from src.domain.values import Page, new_id

RELAY = "file-relay"
"""The kind of job that sends a file on."""
RELAYS_AT_ONCE = 2
"""The number of files that a process sends on at the same time. It is less than SLOW_JOBS_AT_ONCE, so that a slow
receiver does not hold up the checks of datasets."""
_JOB = "+"
"""The text between the revisions of a file and of its job."""


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file that a client uploads. Iterating over ``chunks`` raises an error unless the whole file arrives."""

    filename: str
    content_type: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file and the job that sends it on. ``job`` is None once the ended job has been removed."""

    file: File
    job: Job | None

    @property
    def revision(self) -> str:
        """The revision of the file. If its job has changed since the file was stored, the job's revision follows."""
        file, job = self.file.revision, self.job.revision if self.job else ""
        return f"{file}{_JOB}{job}" if job not in ("", file) else file


@dataclass(frozen=True, slots=True, kw_only=True)
class FileService:
    """Stores, lists, reads and deletes files."""

    objects: ObjectLifecycle[File]
    jobs: JobRepository
    blobs: BlobStore
    queue: JobQueue
    clock: Clock

    def add(
        self, owner: User, incoming: IncomingFile, idempotent: IdempotentCreate[StoredFile] | None = None
    ) -> StoredFile:
        """Store a file of any kind. A job then sends it on to the service that the operator has configured, if any.

        The content is streamed in bounded memory. Raises Unavailable, Repeated, InvalidToken, and the errors of
        iterating over the chunks. If an error is raised, nothing is stored.
        """
        now = self.clock()
        file = File(
            id=new_id(),
            user_id=owner.id,
            filename=incoming.filename,
            content_type=incoming.content_type,
            created_at=now,
            job_id=new_id(),
            receipt_id=idempotent.receipt.id if idempotent else None,
            reconcile_since=now,
        )
        with self.objects.storing(file, idempotent) as pending:
            content = MeasuredChunks(incoming.chunks)
            self.blobs.put(file.key, pending.with_heartbeat(content))
            complete = replace(pending.item.stored(), size=content.size, sha256=content.sha256)
            job = Job.new(kind=RELAY, subject_id=file.id, user_id=owner.id, now=self.clock(), id=file.job_id)
            stored = pending.finish(complete, job, StoredFile)
        self.queue.notify(job.id)
        return stored

    def list(self, caller: User, cursor: str | None, limit: int) -> Page[StoredFile]:
        """List your files, the newest first. Admins see the files of all users."""
        return self._with_jobs(self.objects.list(caller, cursor, limit))

    def list_for_user(self, user_id: str, cursor: str | None, limit: int = 100) -> Page[StoredFile]:
        """Return a page of the files of a user, the newest first."""
        return self._with_jobs(self.objects.records.list_for_user(user_id, cursor, limit))

    def show(self, caller: User, id: str) -> StoredFile:
        """See a file of yours. Admins see the files of all users. Raises NotFound."""
        file = self.objects.show(caller, id)
        return StoredFile(file, self.jobs.get(file.job_id))

    def read(self, caller: User, id: str) -> tuple[File, ReadFrom]:
        """Return the file, and a function that reads its content from an offset. Raises NotFound, Unavailable."""
        file = self.objects.show(caller, id)
        return file, partial(self.blobs.read, file.key)

    def delete(self, caller: Caller, id: str, revisions: Collection[str] | None = None) -> None:
        """Remove a file of yours, and cancel the job that sends it on. Admins remove any file.

        Of ``revisions`` only the part of the file is compared, not the part of its job. Raises NotFound, Stale.
        """
        self.objects.delete(caller, id, revisions and {revision.partition(_JOB)[0] for revision in revisions})

    def _with_jobs(self, page: Page[File]) -> Page[StoredFile]:
        """Return the page with the job of each file. Takes one read."""
        jobs = self.jobs.get_many(*(file.job_id for file in page.items))
        return Page([StoredFile(file, job) for file, job in zip(page.items, jobs, strict=True)], page.next)


class MeasuredChunks:
    """Yields the chunks of a file, and measures them meanwhile.

    After the iteration, ``size`` is the number of bytes in the file, and ``sha256`` is its digest.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.size = 0
        self._digest = hashlib.sha256()
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            self._digest.update(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        """The digest in hexadecimal."""
        return self._digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayFile:
    """Sends a file on to the other service. Implements JobHandler."""

    files: FileRepository
    blobs: BlobStore
    relay: FileRelay | None
    slow_jobs: JobPlaces
    """The places that these jobs share with the checks of datasets."""
    relays: JobPlaces = field(default_factory=lambda: JobPlaces(RELAYS_AT_ONCE))
    waits: ClassVar[tuple[float, float, float]] = (2.0, 10.0, 40.0)  # the other service may be restarting
    postponed_until: ClassVar[tuple[float, float, float, float]] = (600.0,) * 4

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Send the file, unless it has been deleted or no service is configured.

        Raises Busy while the process runs as many other slow jobs, or sends as many other files, as it may.
        """
        file = self.files.get(job.subject_id)
        if file is None or not file.is_stored or self.relay is None:
            return {"relayed": False}

        def with_progress(chunks: Iterable[bytes]) -> Iterator[bytes]:
            sent = 0
            for chunk in chunks:
                yield chunk
                sent += len(chunk)
                progress(sent / max(file.size, 1))

        with self.relays.take(), self.slow_jobs.take():
            chunks = with_progress(self.blobs.read(file.key))
            answer = self.relay.send(job.id, file.filename, file.content_type, file.size, chunks)
        return {"relayed": True, "status": answer.status, "answer": answer.answer}

    def abandon(self, job: Job) -> None:
        """Do nothing. A file that cannot be sent stays stored."""

    def resume(self, job: Job) -> None:
        """Do nothing. The file is still stored, and is sent again."""
