"""Checking a dataset, in the request that stores it or in a job."""

from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from src.application.jobs import RETRY_SECONDS, JobPlaces, Progress
from src.application.ports import BlobStore, CsvChecker, RowStore, Spool, TakePlace
from src.domain.csv import NotCsv
from src.domain.datasets import Dataset, DatasetRepository
from src.domain.errors import AttemptFailed, Busy, NotFound
from src.domain.jobs import Job, NotRunnable
from src.domain.values import new_id

CHECK = "dataset-check"
"""The kind of job that checks a dataset."""
QUICK_BYTES = 1_000_000
"""The size of files whose check is no slow job, because it ends before a job without a place would try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDataset:
    """Checks a dataset. Implements JobHandler."""

    datasets: DatasetRepository
    checker: CsvChecker
    rows: RowStore
    blobs: BlobStore
    spool: Spool
    take_place: TakePlace
    slow_jobs: JobPlaces
    """The places that these jobs, for files above QUICK_BYTES, share with those that send files on."""
    waits: ClassVar[tuple[float, float, float]] = (1.0, 3.0, 9.0)
    postponed_until: ClassVar[tuple[float, float, float, float]] = (0.0,) * 4  # nothing but Busy postpones it

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Check the dataset unless it was deleted or has a report, and remove the rows of earlier attempts.

        Raises Busy while the process runs as many other slow jobs as it may, or while the memory for simultaneous
        checks is taken by other files.
        """
        dataset = self.datasets.get(job.subject_id)
        if dataset is None or not dataset.is_stored:
            return {"dataset_id": job.subject_id, "status": dataset.status if dataset else None}
        if not dataset.report:
            slow = self.slow_jobs.take() if dataset.size > QUICK_BYTES else nullcontext()
            with slow, self.take_place(0) as is_taken:
                if not is_taken:
                    raise Busy("Other files are being checked first.", RETRY_SECONDS)
                dataset = self._attempt(dataset, progress)
        for earlier in dataset.row_sets[:-1]:
            self.rows.remove(earlier)
        return {"dataset_id": dataset.id, "status": dataset.status}

    def _attempt(self, dataset: Dataset, progress: Progress) -> Dataset:
        # Each attempt stores its own row set, so that an earlier attempt that still runs does no harm.
        rows_id = new_id()
        dataset = self.datasets.update(dataset.id, lambda stored: stored.with_row_set(rows_id))
        if dataset.report:
            return dataset
        with ExitStack() as undo:
            undo.callback(self._give_up, dataset.id, rows_id)
            try:
                with self.spool(self.blobs.read(dataset.key)) as file:
                    store = partial(self.rows.append, rows_id)
                    report = self.checker.check(file, dataset.read_options, store=store, progress=progress)
                dataset = self.datasets.update(dataset.id, lambda stored: _current(stored, rows_id).with_report(report))
            except NotCsv as error:
                raise AttemptFailed(error.detail, final=True) from None
            undo.pop_all()
        return dataset

    def _give_up(self, id: str, rows_id: str) -> None:
        """Remove the rows of a failed attempt, unless its last commit was stored and only the reply was lost."""
        other = new_id()
        with suppress(NotFound):
            # The record first, so that a commit that is still under way cannot land any more.
            if self.datasets.update(id, lambda stored: stored.without_row_set(rows_id, other)).rows_id == rows_id:
                return
        self.rows.remove(rows_id)

    def abandon(self, job: Job) -> None:
        """Mark the dataset as failed and remove its rows; the file stays."""
        with suppress(NotFound):
            other = new_id()
            dataset = self.datasets.update(job.subject_id, lambda stored: stored.failed(other))
            if dataset.report is None:
                for rows_id in dataset.row_sets:
                    self.rows.remove(rows_id)

    def resume(self, job: Job) -> None:
        """Mark a failed dataset as being processed again."""
        with suppress(NotFound):
            self.datasets.update(job.subject_id, Dataset.retried)


def _current(dataset: Dataset, rows_id: str) -> Dataset:
    """Return the dataset. Raises NotRunnable when another attempt has begun, NotFound when it is being deleted."""
    if not dataset.is_stored:
        raise NotFound
    if dataset.rows_id != rows_id:
        raise NotRunnable
    return dataset
