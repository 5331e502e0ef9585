"""Storing, reading and summarising datasets."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from gettext import NullTranslations
from pathlib import Path

from src.application.caller import Caller
from src.application.datasets.checking import CHECK
from src.application.datasets.incoming import DatasetDetails, IncomingDataset, MeasuredCsv, collecting, parse_details
from src.application.datasets.rows import page_of_rows
from src.application.jobs import Progress
from src.application.ports import BlobStore, Clock, CsvChecker, JobQueue, ReadFrom, RowStore, Spool, TakePlace
from src.application.stored_objects import ObjectLifecycle
from src.application.summaries import ENGLISH, Profile, Summariser, Summary
from src.domain.csv import CheckedRow, ReadOptions, Report
from src.domain.datasets import Dataset, DatasetStatus
from src.domain.errors import Ended, FieldError, Forbidden, Invalid, Unavailable
from src.domain.jobs import Job
from src.domain.receipts import IdempotentCreate
from src.domain.users import User
from src.domain.values import Page, Role, new_id

LINES_PER_ROW = 10
"""A job checks a file with more lines than this for each row of ``sync_rows``: counting its rows would take long."""
PLACE_SECONDS = 20.0
"""The time for which a request waits while as many other files are checked as the memory allows."""

CHUNK = 1 << 18
"""The number of bytes to read from a file at a time."""


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """A dataset and the job that checks it; ``job`` is None when the dataset has been checked at once."""

    dataset: Dataset
    job: Job | None


@dataclass(frozen=True, slots=True)
class Overview:
    """A dataset with what a page shows of it. Until its check has ended, only ``dataset`` and ``job`` are set."""

    dataset: Dataset
    job: Job | None
    summary: Summary | None = None
    profile: Profile | None = None
    rows: Page[CheckedRow] = field(default_factory=lambda: Page([]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetService:
    """Stores, checks, lists, reads, summarises and deletes datasets."""

    objects: ObjectLifecycle[Dataset]
    checker: CsvChecker
    rows: RowStore
    blobs: BlobStore
    spool: Spool
    take_place: TakePlace
    queue: JobQueue
    summariser: Summariser
    sync_rows: int
    """A file with more rows and blank lines than these is always checked by a job."""
    clock: Clock

    def add(
        self,
        owner: User,
        incoming: IncomingDataset,
        idempotent: IdempotentCreate[StoredDataset] | None = None,
        progress: Progress | None = None,
    ) -> StoredDataset:
        """Store a CSV file, all its rows, and the result of every rule that was checked.

        A large file, or one that the client does not want to wait for, is checked by a job. Nothing is visible until
        the last row is stored.

        The record is stored before the file arrives, so that a repeated request finds it; an error removes it again.
        ``progress`` is called with the share of the check that is done. Raises Forbidden, Invalid, NotCsv, Repeated,
        Unavailable, InvalidToken when the owner was deleted meanwhile, and the errors of iterating over the chunks.
        """
        if owner.role not in (Role.UPLOADER, Role.ADMIN):
            raise Forbidden("Only uploaders and admins add datasets.")
        now, receipt_id = self.clock(), idempotent.receipt.id if idempotent else None
        new = Dataset(new_id(), owner.id, now, (new_id(),), receipt_id=receipt_id, reconcile_since=now)
        with self.objects.storing(new, idempotent) as pending:

            def checked(done: float) -> None:
                pending.heartbeat()
                if progress:
                    progress(done)

            content = MeasuredCsv(incoming.chunks)
            with self.spool(pending.with_heartbeat(content)) as file:
                name, options, flaws = parse_details(incoming.details(), self.checker)
                if flaws:
                    raise Invalid(*flaws, *self._flaws_of_file(file, options, flaws))
                in_job = self._needs_job(file, options, content.lines, incoming.in_job)
                report = None if in_job else self._check(file, options, new.rows_id, checked)
                with file.open("rb") as opened:
                    self.blobs.put(new.key, pending.with_heartbeat(iter(partial(opened.read, CHUNK), b"")))
            dataset = replace(
                pending.item.stored(),
                name=name,
                filename=incoming.filename,
                size=content.size,
                sha256=content.sha256,
                read_options=options,
            )
            job: Job | None = None
            if report:
                dataset = dataset.with_report(report)
            else:
                job = Job.new(kind=CHECK, subject_id=dataset.id, user_id=dataset.user_id, now=self.clock())
                dataset = replace(dataset, job_id=job.id)
            stored = pending.finish(dataset, job, StoredDataset)
        if job:
            self.queue.notify(job.id)
        return stored

    def flaws_of(self, details: DatasetDetails) -> Sequence[FieldError]:
        """Return every flaw of the texts that a user sends beside a file, such as a name that is too long."""
        return parse_details(details, self.checker)[-1]

    def list(self, caller: User, cursor: str | None, limit: int) -> Page[Dataset]:
        """List your datasets, the newest first; an admin sees everybody's."""
        return self.objects.list(caller, cursor, limit)

    def show(self, caller: User, id: str) -> Dataset:
        """See a dataset of yours. Admins see the datasets of all users. Raises NotFound."""
        return self.objects.show(caller, id)

    def uri(self, dataset: Dataset) -> str:
        """Return the URI of the stored file, to show to users."""
        return self.blobs.uri(dataset.key)

    def list_rows(
        self, caller: User, id: str, valid: bool | None, cursor: str | None, limit: int
    ) -> tuple[Dataset, Page[CheckedRow]]:
        """List the rows in the order of their lines: all rows, only valid rows or only invalid rows.

        A page of long rows may hold fewer rows than were asked for. Raises NotFound, InvalidCursor.
        """
        dataset = self.show(caller, id)
        return dataset, page_of_rows(self.rows, dataset, valid, cursor, limit)

    def read(self, caller: User, id: str) -> tuple[Dataset, ReadFrom]:
        """Return the dataset, and a function that reads its file from an offset. Raises NotFound, Unavailable."""
        dataset = self.show(caller, id)
        return dataset, partial(self.blobs.read, dataset.key)

    def summarise(self, caller: User, id: str, translations: NullTranslations = ENGLISH) -> Summary:
        """Return a summary of the report in plain language, and a suggested schema that is stricter.

        The text is in the language of ``translations``. Raises NotFound, and Ended when the dataset has no report.
        """
        dataset = self.show(caller, id)
        return self.summariser.summarise(_report_on(dataset), dataset.rows_id, translations)

    def overview(self, caller: User, id: str, translations: NullTranslations = ENGLISH, *, rows: int) -> Overview:
        """Return a dataset with a summary by rules and a profile, made of its first rows, and some rows to look at.

        These are up to ``rows`` invalid rows, or rows of any kind if all are valid. The text is in the language of
        ``translations``. Raises NotFound, Unavailable.
        """
        dataset = self.show(caller, id)
        report = dataset.report
        if report is None:
            return Overview(dataset, self.jobs_of([dataset])[0])
        valid = False if report.valid_rows < report.rows else None
        shown = page_of_rows(self.rows, dataset, valid, None, rows)
        return Overview(dataset, None, *self.summariser.overview(report, dataset.rows_id, translations), shown)

    def check_again(
        self, caller: User, id: str, schema: str | None, idempotent: IdempotentCreate[StoredDataset] | None = None
    ) -> StoredDataset:
        """Check the file of a dataset with another schema, as a new dataset of the caller with the same name.

        ``schema`` is JSON, or None for the suggested schema of the overview. Raises NotFound, and the errors of ``add``
        and ``summarise``.
        """
        dataset = self.show(caller, id)
        if schema is None:
            schema = json.dumps(self.summariser.overview(_report_on(dataset), dataset.rows_id)[0].suggested_schema)
        options = dataset.read_options
        details = DatasetDetails(dataset.name, schema, options.delimiter or "", options.encoding or "")
        incoming = IncomingDataset(dataset.filename, self.blobs.read(dataset.key), lambda: details)
        return self.add(caller, incoming, idempotent)

    def jobs_of(self, datasets: Sequence[Dataset]) -> Sequence[Job | None]:
        """Return the job of each dataset; None for a dataset that has a report or whose job has been removed."""
        waiting = [each.job_id for each in datasets if each.job_id and each.report is None]
        found = dict(zip(waiting, self.objects.jobs.get_many(*waiting), strict=True)) if waiting else {}
        return [found.get(each.job_id or "") for each in datasets]

    def delete(self, caller: Caller, id: str, revisions: Collection[str] | None = None) -> None:
        """Remove a dataset of yours with its rows and its file; admins remove anybody's. Raises NotFound, Stale."""
        self.objects.delete(caller, id, revisions)

    def _flaws_of_file(self, file: Path, options: ReadOptions, flaws: Sequence[FieldError]) -> Sequence[FieldError]:
        """Return the flaws of a file, so that one answer names them together with the flaws of the details."""
        found: list[FieldError] = []
        if not {"delimiter", "encoding"} & {flaw.field for flaw in flaws}:
            with collecting(found):
                self.checker.require_csv(file, options)
        return found

    def _needs_job(self, file: Path, options: ReadOptions, lines: int, in_job: bool | None) -> bool:
        """Return whether a job is to check the file. Raises NotCsv or InvalidOption for a file that cannot be read."""
        most_lines = self.sync_rows + 1  # one line is the header
        if in_job is None and most_lines < lines <= LINES_PER_ROW * most_lines:
            return self.checker.exceeds(file, self.sync_rows, options)
        if in_job or (in_job is None and lines > most_lines):
            self.checker.require_csv(file, options)
            return True
        return False

    def _check(self, file: Path, options: ReadOptions, rows_id: str, progress: Progress) -> Report:
        """Check a file, and store its rows. Raises NotCsv, InvalidOption, Unavailable."""
        store = partial(self.rows.append, rows_id)
        with self.take_place(PLACE_SECONDS) as is_taken:
            if not is_taken:
                raise Unavailable("Other files are being checked; try again in a moment.")
            return self.checker.check(file, options, store=store, progress=progress)


def _report_on(dataset: Dataset) -> Report:
    """Return the report on a dataset. Raises Ended when there is none."""
    if dataset.report is None:
        failed = dataset.status is DatasetStatus.FAILED
        raise Ended("There is no report on it." if failed else "It is being checked; ask again when its job has ended.")
    return dataset.report


def erase_dataset(dataset: Dataset, rows: RowStore, blobs: BlobStore) -> None:
    """Remove the rows and the file of a dataset. Can be repeated. Raises Unavailable."""
    for rows_id in dataset.row_sets:
        rows.remove(rows_id)
    blobs.delete(dataset.key)
