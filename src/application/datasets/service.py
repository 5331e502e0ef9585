"""What people do with datasets."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from src.application.datasets.checking import CHECK, check
from src.application.datasets.receiving import Receive, Received
from src.application.datasets.rows import page_of_rows
from src.application.jobs import Progress
from src.application.ports import BlobStore, Clock, JobQueue, RowStore
from src.application.stored_objects import HEARTBEAT_TIMEOUT, ObjectLifecycle
from src.application.summaries import Summarise, Summary
from src.domain.datasets import Dataset, DatasetRepository, DatasetStatus
from src.domain.errors import Ended
from src.domain.jobs import Job, JobRepository
from src.domain.receipts import Once
from src.domain.tables import Column, CsvChecker, Row, parse_schema
from src.domain.users import User
from src.domain.values import Page, new_id


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """A dataset, and the job that checks it if there is one."""

    dataset: Dataset
    job: Job | None


@dataclass(frozen=True, slots=True)
class DatasetService:
    """The use cases of datasets."""

    datasets: DatasetRepository
    jobs: JobRepository
    tables: CsvChecker
    rows: RowStore
    blobs: BlobStore
    queue: JobQueue
    summary: Summarise
    sync_rows: int
    """A file of more rows is always checked by a job."""
    clock: Clock

    def add(
        self,
        owner: User,
        receive: Receive,
        once: Once[StoredDataset] | None = None,
        progress: Progress | None = None,
    ) -> StoredDataset:
        """Store a CSV file, every row of it, and what was found in it: each rule, whether it passed or not.

        A large one, or one that the client does not want to wait for, is checked by a job. Nothing is visible until
        the last row is stored. Raises NotCsv, InvalidOption, Unavailable, Repeated, and what ``receive``
        raises; then nothing is stored. ``progress`` is told how far a check at once has come, from 0 to 1.
        """
        now = self.clock()
        receipt_id = once.receipt.id if once else None
        dataset = Dataset(new_id(), owner.id, now, (new_id(),), receipt_id=receipt_id, reconcile_since=now)
        with self._lifecycle.storing(dataset, once) as storing:

            def told(done: float) -> None:
                storing.heartbeat()
                if progress:
                    progress(done)

            received = receive(storing.heartbeat)
            report = job = None
            if not self._later(received):
                report = check(self.tables, self.rows, received.file, received.read_options, dataset.rows_id, told)
            self.blobs.put(dataset.key, received.chunks(storing.heartbeat))
            whole = _filled(storing.item, received).stored()
            if report:
                whole = whole.checked(report)
            else:
                job = Job.new(kind=CHECK, subject_id=dataset.id, user_id=owner.id, now=self.clock())
                whole = replace(whole, job_id=job.id)
            stored = storing.finish(whole, job, StoredDataset)
        if job:
            self.queue.notify(job.id)
        return stored

    def list(self, caller: User, cursor: str | None, limit: int) -> Page[Dataset]:
        """Your datasets, the newest first; an admin sees everybody's. Raises Invalid for a bad cursor."""
        return self._lifecycle.list(caller, cursor, limit)

    def show(self, caller: User, id: str) -> Dataset:
        """A dataset of yours; admins see everybody's. Raises NotFound."""
        return self._lifecycle.show(caller, id)

    def parse_schema(self, value: object) -> tuple[Column, ...]:
        """The columns of a schema that came as JSON; none when it is to be inferred. Raises Invalid."""
        return parse_schema(value, self.tables.pattern_flaw)

    def uri(self, dataset: Dataset) -> str:
        """Where the file is, for people."""
        return self.blobs.uri(dataset.key)

    def list_rows(
        self, caller: User, id: str, valid: bool | None, cursor: str | None, limit: int
    ) -> tuple[Dataset, Page[Row]]:
        """The rows by line: all, or those in which nothing was found, or the others.

        A page of long rows holds fewer than `limit`. Raises NotFound, Invalid for a bad cursor.
        """
        dataset = self.show(caller, id)
        return dataset, page_of_rows(self.rows, dataset, valid, cursor, limit)

    def read(self, caller: User, id: str) -> tuple[Dataset, Iterator[bytes]]:
        """The file as it was sent. Raises NotFound, Unavailable."""
        dataset = self.show(caller, id)
        return dataset, self.blobs.read(dataset.key)

    def summarise(self, caller: User, id: str) -> Summary:
        """What was found, in plain words, with what to do about it and a schema that fits more tightly.

        Raises NotFound, Ended when there is no report on it.
        """
        dataset = self.show(caller, id)
        if dataset.report is None:
            raise Ended(
                "There is no report on it." if dataset.status is DatasetStatus.FAILED else "It is being checked."
            )
        return self.summary.of(dataset.report, dataset.rows_id)

    def delete(self, caller: User, id: str) -> None:
        """Remove a dataset of yours with its rows and its file; admins remove anybody's. Raises NotFound."""
        self._lifecycle.delete(caller, id)

    def remove_of(self, user_id: str) -> None:
        """Remove every dataset of a user. Raises Unavailable."""
        self._lifecycle.remove_of(user_id)

    def reconcile(self, older_than: timedelta = HEARTBEAT_TIMEOUT) -> int:
        """Undo what a crash left half stored, finish what it left half deleted; returns how many."""
        return self._lifecycle.reconcile(older_than)

    def _later(self, received: Received) -> bool:
        """Whether a job is to check the file. Raises NotCsv, InvalidOption."""
        if not received.later and received.lines <= self.sync_rows + 1:  # the header is a line, too
            return False
        asked, most = received.read_options, 0 if received.later else self.sync_rows
        more = self.tables.exceeds(
            received.file, most, asked.columns, delimiter=asked.delimiter, encoding=asked.encoding
        )
        return more or received.later

    @property
    def _lifecycle(self) -> ObjectLifecycle[Dataset]:
        return ObjectLifecycle("dataset", self.datasets, self.jobs, self._erase, self.clock)

    def _erase(self, dataset: Dataset) -> None:
        for rows_id in dataset.row_sets:
            self.rows.remove(rows_id)
        self.blobs.delete(dataset.key)
        self.datasets.remove(dataset)


def _filled(dataset: Dataset, received: Received) -> Dataset:
    return replace(
        dataset,
        name=received.name,
        filename=received.filename,
        size=received.size,
        sha256=received.sha256,
        read_options=received.read_options,
    )
