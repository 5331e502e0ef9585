"""What people do with datasets, and the job that checks a large one."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from src.application.custody import SETTLE_AFTER, Custody, Vigil, overdue
from src.application.jobs import Report as Tell
from src.application.ports import BlobStore, Clock, JobQueue, RowStore
from src.application.summaries import Summarise, Summary
from src.domain.datasets import Asked, Dataset, DatasetRepository, DatasetStatus
from src.domain.errors import AttemptFailed, Ended, FieldError, Invalid, NotFound, Unavailable
from src.domain.jobs import Job, JobRepository, NotRunnable
from src.domain.receipts import Once, Receipt
from src.domain.tables import Column, Report, Row, TableEngine, parse_schema
from src.domain.users import User
from src.domain.values import Page, Role, new_id

CHECK = "dataset-check"
"""The kind of job that checks a dataset."""
SPOOLED = "portero-upload-"
"""What the names of files begin with that are kept in the temporary folder for a while."""
_CHUNK = 1 << 18
_LAST_LINE = 10**15
_FEW, _SHORT = 20, 100_000
"""Rows are read in two steps: a few, and if these have no more characters than this, the rest of the page."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has arrived, and what is asked for."""

    file: Path
    name: str
    filename: str
    size: int
    sha256: str
    lines: int
    asked: Asked
    later: bool
    """Whether the client would rather not wait."""


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """A dataset, and the job that checks it if there is one."""

    dataset: Dataset
    job: Job | None


Receive = Callable[[Callable[[], None]], Received]
"""Lets a file arrive; what it is given must be called now and then, and may raise."""


@dataclass(frozen=True, slots=True)
class DatasetService:
    """The use cases of datasets."""

    datasets: DatasetRepository
    jobs: JobRepository
    tables: TableEngine
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
        progress: Callable[[float], None] | None = None,
    ) -> StoredDataset:
        """Store a CSV file, every row of it, and what was found in it: each rule, whether it passed or not.

        A large one, or one that the client does not want to wait for, is checked by a job. Nothing is visible until
        the last row is stored. Raises Invalid for what is no CSV file, Unavailable, Repeated, and what ``receive``
        raises; then nothing is stored. ``progress`` is told how far a check at once has come, from 0 to 1.
        """
        now = self.clock()
        receipt_id = once.receipt.id if once else None
        dataset = Dataset(new_id(), owner.id, now, (new_id(),), receipt_id=receipt_id, unsettled_since=now)
        dataset, receipt = self.datasets.begin(dataset, once.receipt if once else None)
        vigil = Vigil(self.datasets, self.clock, dataset)
        try:
            received = receive(vigil.keep)
            later = received.later or received.lines > self.sync_rows + 1  # the header is a line, too
            report = None

            def tell(done: float) -> None:
                vigil.keep()
                if progress:
                    progress(done)

            if not later:
                report = check(self.tables, self.rows, received.file, received.asked, dataset.rows_id, tell)
            self.blobs.put(dataset.key, _chunks(received.file, vigil.keep))
            whole = _filled(vigil.item, received).stored()
            job = None
            if report:
                whole = whole.checked(report)
            else:
                job = Job.new(kind=CHECK, subject_id=dataset.id, user_id=owner.id, now=self.clock())
                whole = replace(whole, job_id=job.id)
            answered = replace(once, receipt=receipt).answered(StoredDataset(whole, job)) if once and receipt else None
            stored = StoredDataset(self._finish(whole, job, answered), job)
        except BaseException:
            self._custody.discard(dataset)
            raise
        if job:
            self.queue.hint(job.id)
        return stored

    def list(self, caller: User, cursor: str | None, limit: int) -> Page[Dataset]:
        """Your datasets, the newest first; an admin sees everybody's. Raises Invalid for a bad cursor."""
        return self.datasets.of(None if caller.role is Role.ADMIN else caller.id, cursor, limit)

    def show(self, caller: User, id: str) -> Dataset:
        """A dataset of yours; admins see everybody's. Raises NotFound."""
        dataset = self.datasets.get(id)
        mine = dataset is not None and (dataset.user_id == caller.id or caller.role is Role.ADMIN)
        if dataset is None or not mine or not dataset.whole:
            raise NotFound("There is no such dataset.")
        return dataset

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
        after = _line(cursor)
        if dataset.report is None:
            return dataset, Page([])
        size = min(limit, _FEW)
        rows = self.rows.page(dataset.rows_id, valid=valid, after=after, limit=size + 1)
        names = sum(len(column.name) + 8 for column in dataset.report.columns)  # as many characters as JSON takes
        shown = len(rows) * names + sum(len(value) for row in rows for value in row[2])
        if size < limit and len(rows) > size and shown < _SHORT:
            size = limit
            rows = self.rows.page(dataset.rows_id, valid=valid, after=after, limit=size + 1)
        page = rows[:size]
        return dataset, Page(page, str(page[-1][0]) if len(rows) > size else None)

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
        dataset = self.show(caller, id)
        if dataset.job_id:
            with suppress(NotFound, Ended):
                self.jobs.update(dataset.job_id, lambda job: job.cancelled(self.clock()))
        self._custody.remove(dataset)

    def remove_of(self, user_id: str) -> None:
        """Remove every dataset of a user. Raises Unavailable."""
        self._custody.remove_of(user_id)

    def settle(self, older_than: timedelta = SETTLE_AFTER) -> int:
        """Undo what a crash left half stored, finish what it left half deleted; returns how many."""
        return self._custody.settle(older_than)

    def _finish(self, dataset: Dataset, job: Job | None, receipt: Receipt | None) -> Dataset:
        try:
            return self.datasets.finish(dataset, job, receipt)
        except NotFound:
            raise overdue() from None

    @property
    def _custody(self) -> Custody[Dataset]:
        return Custody(self.datasets, self._erase, self.clock)

    def _erase(self, dataset: Dataset) -> None:
        for rows_id in dataset.row_sets:
            self.rows.remove(rows_id)
        self.blobs.delete(dataset.key)
        self.datasets.remove(dataset)


@dataclass(frozen=True, slots=True)
class CheckDataset:
    """Checks a dataset. See Work."""

    datasets: DatasetRepository
    tables: TableEngine
    rows: RowStore
    blobs: BlobStore
    waits: ClassVar[tuple[float, float, float]] = (1.0, 3.0, 9.0)

    def run(self, job: Job, report: Tell) -> dict[str, Any]:
        """See Work."""
        dataset = self.datasets.get(job.subject_id)
        if dataset is None or not dataset.whole:
            return {"dataset_id": job.subject_id, "status": dataset.status if dataset else None}
        if not dataset.report:
            dataset = self._attempt(dataset, report)
        for earlier in dataset.row_sets[:-1]:
            self.rows.remove(earlier)
        return {"dataset_id": dataset.id, "status": dataset.status}

    def _attempt(self, dataset: Dataset, report: Tell) -> Dataset:
        # Each attempt has rows of its own, so that an earlier one that is still at it does no harm.
        rows_id = new_id()
        dataset = self.datasets.update(dataset.id, lambda stored: stored.attempted(rows_id))
        if dataset.report:
            return dataset
        try:
            with spooled(self.blobs.read(dataset.key)) as file:
                found = check(self.tables, self.rows, file, dataset.asked, rows_id, report)
            return self.datasets.update(dataset.id, lambda stored: _current(stored, rows_id).checked(found))
        except BaseException as error:
            self._give_up(dataset.id, rows_id)
            if isinstance(error, Invalid):
                raise AttemptFailed(" ".join(each.message for each in error.errors), final=True) from None
            raise

    def _give_up(self, id: str, rows_id: str) -> None:
        """Remove rows that shall not count; not if they do, because the last commit landed after all."""
        other = new_id()
        with suppress(NotFound):
            # First in the record: a commit that is still on its way must not land any more.
            if self.datasets.update(id, lambda stored: stored.without(rows_id, other)).rows_id == rows_id:
                return
        self.rows.remove(rows_id)

    def abandon(self, job: Job) -> None:
        """See Work; the file stays."""
        with suppress(NotFound):
            other = new_id()
            dataset = self.datasets.update(job.subject_id, lambda stored: stored.failed(other))
            if dataset.report is None:
                for rows_id in dataset.row_sets:
                    self.rows.remove(rows_id)

    def resume(self, job: Job) -> None:
        """See Work."""
        with suppress(NotFound):
            self.datasets.update(job.subject_id, Dataset.resumed)


def _current(dataset: Dataset, rows_id: str) -> Dataset:
    """The dataset, unless its rows are others by now."""
    if not dataset.whole:
        raise NotFound
    if dataset.rows_id != rows_id:
        raise NotRunnable
    return dataset


def check(
    tables: TableEngine, rows: RowStore, file: Path, asked: Asked, rows_id: str, progress: Callable[[float], None]
) -> Report:
    """Check a file and store its rows. Raises Invalid for what is no CSV file, and what ``progress`` raises."""
    return tables.check(
        file,
        asked.columns,
        delimiter=asked.delimiter,
        encoding=asked.encoding,
        store=lambda batch: rows.append(rows_id, [_trimmed(row) for row in batch]),
        progress=progress,
    )


def _trimmed(row: Row) -> Row:
    """Without the empty cells at its end: short rows of a wide table would take room for nothing."""
    line, valid, values = row
    if not values or values[-1]:
        return row
    size = len(values)
    while size and not values[size - 1]:
        size -= 1
    return line, valid, values[:size]


def _filled(dataset: Dataset, received: Received) -> Dataset:
    return replace(
        dataset,
        name=received.name,
        filename=received.filename,
        size=received.size,
        sha256=received.sha256,
        asked=received.asked,
    )


def _chunks(file: Path, each: Callable[[], None]) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            each()
            yield chunk


@contextmanager
def spooled(chunks: Iterable[bytes] = ()) -> Iterator[Path]:
    """A file of this machine with these bytes, for as long as it takes. Raises Unavailable when there is no room."""
    try:
        with tempfile.NamedTemporaryFile(prefix=SPOOLED) as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            yield Path(file.name)
    except OSError as error:
        raise Unavailable from error


def _line(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdecimal() or int(cursor[:16]) > _LAST_LINE or len(cursor) > 16:
        raise Invalid(FieldError("cursor", "invalid", "Use the cursor of the Link header as it is, or leave it out."))
    return int(cursor)
