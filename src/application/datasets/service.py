"""What people do with datasets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from src.application.datasets.checking import CHECK, check
from src.application.datasets.incoming import IncomingDataset
from src.application.datasets.rows import page_of_rows
from src.application.jobs import Progress
from src.application.ports import BlobStore, Clock, JobQueue, RowStore
from src.application.stored_objects import HEARTBEAT_TIMEOUT, ObjectLifecycle, PendingObject
from src.application.summaries import Summarise, Summary
from src.domain.datasets import Dataset, DatasetRepository, DatasetStatus
from src.domain.errors import Ended
from src.domain.jobs import Job, JobRepository
from src.domain.receipts import Once
from src.domain.tables import Column, CsvChecker, Report, Row, parse_schema
from src.domain.users import User, UserRepository
from src.domain.values import Page, new_id


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """A dataset, and the job that checks it if there is one."""

    dataset: Dataset
    job: Job | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetService:
    """Store, check, list, read, summarise and delete datasets."""

    datasets: DatasetRepository
    users: UserRepository
    jobs: JobRepository
    tables: CsvChecker
    rows: RowStore
    blobs: BlobStore
    queue: JobQueue
    summary: Summarise
    sync_rows: int
    """A file of more rows is always checked by a job."""
    clock: Clock

    def add(self, owner: User, incoming: IncomingDataset, progress: Progress | None = None) -> StoredDataset:
        """Store a CSV file, every row of it, and what was found in it: each rule, whether it passed or not.

        A large file, or one that the client does not want to wait for, is checked by a job. Nothing is visible until
        the last row is stored.

        ``progress`` is told how far the check has come. Raises as ``receiving`` and ``PendingDataset.store`` do.
        """
        with self.receiving(owner) as pending:
            return pending.store(incoming, progress)

    @contextmanager
    def receiving(self, owner: User, once: Once[StoredDataset] | None = None) -> Iterator["PendingDataset"]:
        """Make a pending dataset whose file arrives, and is stored, within the block.

        When the block raises, nothing stays of it. Raises Repeated, Unavailable.
        """
        dataset = Dataset(
            id=new_id(),
            user_id=owner.id,
            created_at=self.clock(),
            row_sets=(new_id(),),
            receipt_id=once.receipt.id if once else None,
            reconcile_since=self.clock(),
        )
        with self._lifecycle.storing(dataset, once) as pending:
            yield PendingDataset(self, pending)

    def list(self, caller: User, cursor: str | None, limit: int) -> Page[Dataset]:
        """List your datasets, the newest first; an admin sees everybody's."""
        return self._lifecycle.list(caller, cursor, limit)

    def show(self, caller: User, id: str) -> Dataset:
        """See a dataset of yours; admins see everybody's. Raises NotFound."""
        return self._lifecycle.show(caller, id)

    def parse_schema(self, value: object) -> tuple[Column, ...]:
        """Return the columns of a schema that came as JSON; none when it is to be inferred. Raises Invalid."""
        return parse_schema(value, self.tables.pattern_flaw)

    def uri(self, dataset: Dataset) -> str:
        """Return where the file is, for people."""
        return self.blobs.uri(dataset.key)

    def list_rows(
        self, caller: User, id: str, valid: bool | None, cursor: str | None, limit: int
    ) -> tuple[Dataset, Page[Row]]:
        """List the rows by line: all, or the valid ones, or the others.

        A page of long rows holds fewer than `limit`. Raises NotFound, InvalidCursor.
        """
        dataset = self.show(caller, id)
        return dataset, page_of_rows(self.rows, dataset, valid, cursor, limit)

    def read(self, caller: User, id: str) -> tuple[Dataset, Iterator[bytes]]:
        """Get the file as it was sent. Raises NotFound, Unavailable."""
        dataset = self.show(caller, id)
        return dataset, self.blobs.read(dataset.key)

    def summarise(self, caller: User, id: str) -> Summary:
        """Say in plain words what was found and what to do about it, and suggest a schema that fits more tightly.

        Raises NotFound, Ended when there is no report on it.
        """
        dataset = self.show(caller, id)
        if dataset.report is None:
            failed = dataset.status is DatasetStatus.FAILED
            raise Ended("There is no report on it." if failed else "It is being checked.")
        return self.summary.of(dataset.report, dataset.rows_id)

    def delete(self, caller: User, id: str) -> None:
        """Remove a dataset of yours with its rows and its file; admins remove anybody's. Raises NotFound."""
        self._lifecycle.delete(caller, id)

    def remove_of(self, user_id: str) -> None:
        """Remove every dataset of a user. Raises Unavailable."""
        self._lifecycle.remove_of(user_id)

    def reconcile(self, older_than: timedelta = HEARTBEAT_TIMEOUT) -> int:
        """Remove what a crash left half stored or half deleted; return how many datasets."""
        return self._lifecycle.reconcile(older_than)

    @property
    def _lifecycle(self) -> ObjectLifecycle[Dataset]:
        return ObjectLifecycle(
            noun="dataset", records=self.datasets, users=self.users, jobs=self.jobs, erase=self._erase, clock=self.clock
        )

    def _erase(self, dataset: Dataset) -> None:
        for rows_id in dataset.row_sets:
            self.rows.remove(rows_id)
        self.blobs.delete(dataset.key)
        self.datasets.remove(dataset)


class PendingDataset:
    """A dataset whose file is arriving."""

    def __init__(self, service: DatasetService, pending: PendingObject[Dataset, StoredDataset]) -> None:
        self._service = service
        self._pending = pending

    def heartbeat(self) -> None:
        """Keep the dataset pending; call it for each chunk that arrives. Raises Unavailable when it was given up."""
        self._pending.heartbeat()

    def store(self, incoming: IncomingDataset, progress: Progress | None = None) -> StoredDataset:
        """Check the file, or leave that to a job, and store it. ``progress`` is told how far the check has come.

        Raises NotCsv, InvalidOption, Unavailable, InvalidToken.
        """
        service, rows_id = self._service, self._pending.item.rows_id
        report: Report | None = None
        job: Job | None = None
        if not self._needs_job(incoming):

            def checked(done: float) -> None:
                self.heartbeat()
                if progress:
                    progress(done)

            report = check(service.tables, service.rows, incoming.file, incoming.read_options, rows_id, checked)
        dataset = self._pending.item
        service.blobs.put(dataset.key, self._chunks(incoming))
        whole = _described(self._pending.item, incoming).stored()
        if report:
            whole = whole.checked(report)
        else:
            job = Job.new(kind=CHECK, subject_id=whole.id, user_id=whole.user_id, now=service.clock())
            whole = replace(whole, job_id=job.id)
        stored = self._pending.finish(whole, job, StoredDataset)
        if job:
            service.queue.notify(job.id)
        return stored

    def _needs_job(self, incoming: IncomingDataset) -> bool:
        """Return whether a job is to check the file. Raises NotCsv, InvalidOption."""
        most = self._service.sync_rows
        if not incoming.prefer_job and incoming.lines <= most + 1:  # the header is a line, too
            return False
        options = incoming.read_options
        more = self._service.tables.exceeds(
            incoming.file,
            0 if incoming.prefer_job else most,
            options.columns,
            delimiter=options.delimiter,
            encoding=options.encoding,
        )
        return more or incoming.prefer_job

    def _chunks(self, incoming: IncomingDataset) -> Iterator[bytes]:
        for chunk in incoming.chunks():
            self.heartbeat()
            yield chunk


def _described(dataset: Dataset, incoming: IncomingDataset) -> Dataset:
    return replace(
        dataset,
        name=incoming.name,
        filename=incoming.filename,
        size=incoming.size,
        sha256=incoming.sha256,
        read_options=incoming.read_options,
    )
