"""A world in which datasets are stored and checked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

from src.application.datasets import (
    CHECK,
    CheckDataset,
    DatasetDetails,
    DatasetService,
    IncomingDataset,
    StoredDataset,
    erase_dataset,
)
from src.application.jobs import SLOW_JOBS_AT_ONCE, JobPlaces, JobRunner, JobService
from src.application.ports import BlobStore, CsvChecker, RowStore
from src.application.stored_objects import ObjectLifecycle
from src.application.summaries import Summariser
from src.domain.csv import Column, ColumnType, Report
from src.domain.datasets import Dataset, DatasetRepository, DatasetStatus
from src.domain.jobs import LEASE, Job
from src.domain.receipts import IdempotentCreate
from src.domain.users import User
from src.domain.values import Page
from src.infrastructure.csv import PolarsCsvChecker
from src.infrastructure.csv.checking import patterns
from src.infrastructure.csv.places import CheckPlaces
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.rows.packed import PackedRows
from src.infrastructure.spooling import temporary_file
from tests.support.remote import Observed
from tests.support.rows import first_page
from tests.unit.stored_objects.world import ADA, COMMITS, Observe, Process, World

CSV = b"id,name\n1,Ada\n2,Eve\n3,\n4,Eve\n5,Ada\n"
COLUMNS = (Column("id", ColumnType.INTEGER, unique=True), Column("name", required=True))
SCHEMA = '{"id": {"type": "integer", "unique": true}, "name": {"required": true}}'
FOUND = {("not_empty", "name"): 1}
VALID = [True, True, False, True, True]


@dataclass
class DatasetProcess(Process):
    """The services of one process for datasets, and the jobs that it runs."""

    service: DatasetService
    jobs: JobService
    work: CheckDataset
    run: Callable[[str], float | None]


class DatasetWorld(World[DatasetProcess]):
    """A world whose stored objects are datasets."""

    content = CSV

    def __init__(self, folder: Path, later: bool = False) -> None:
        super().__init__()
        self.records = self.datasets = Datasets(self.store)
        self.rows, self.checker = PackedRows(self.store), PolarsCsvChecker()
        self.places, self.slow_jobs = CheckPlaces(3, folder / "places"), JobPlaces(SLOW_JOBS_AT_ONCE)
        self.later = later

    def process(self, observe: Observe, checker: CsvChecker | None = None) -> DatasetProcess:
        def observed(target: object, what: str, names: set[str]) -> Any:
            return Observed(target, names, lambda moment: observe(f"{moment} {what}"))

        datasets = cast(DatasetRepository, observed(self.datasets, "dataset", COMMITS))
        rows = cast(RowStore, observed(self.rows, "rows", {"append", "remove"}))
        blobs = cast(BlobStore, observed(self.blobs, "object", {"put", "read", "delete"}))
        engine = cast(CsvChecker, observed(checker or self.checker, "file", {"check"}))
        summariser = Summariser(None, self.rows, patterns.flaws, patterns.compiled)
        objects = ObjectLifecycle(
            missing="There is no such dataset.",
            records=datasets,
            users=self.users,
            jobs=self.jobs,
            erase=partial(erase_dataset, rows=rows, blobs=blobs),
            clock=self.watch,
        )
        service = DatasetService(
            objects=objects,
            checker=engine,
            rows=rows,
            blobs=blobs,
            spool=temporary_file,
            take_place=self.places.take,
            queue=self.queue,
            summariser=summariser,
            sync_rows=1_000,
            clock=self.watch,
        )
        work = CheckDataset(
            datasets=datasets,
            checker=engine,
            rows=rows,
            blobs=blobs,
            spool=temporary_file,
            take_place=self.places.take,
            slow_jobs=self.slow_jobs,
        )
        runner = JobRunner(jobs=self.jobs, handlers={CHECK: work}, delay=timedelta(0), clock=self.watch)
        jobs = JobService(jobs=self.jobs, queue=self.queue, runner=runner, clock=self.watch)
        return DatasetProcess(service, objects, datasets, jobs, work, runner.run)

    def add(
        self,
        process: DatasetProcess | None = None,
        content: bytes = CSV,
        later: bool = False,
        owner: User = ADA,
        key: str | None = "key",
    ) -> StoredDataset:
        idempotent = IdempotentCreate(self._receipt(key), self._answer) if key else None
        service = (process or self.here).service
        details = DatasetDetails("Name", SCHEMA if content == CSV else "")
        return service.add(owner, IncomingDataset("x.csv", [content], lambda: details, later or None), idempotent)

    def add_later(self) -> Job:
        """Add a dataset that a job is to check, and return the job."""
        job = self.add(later=True).job
        assert job
        return job

    def pending(self, id: str) -> Dataset:
        return Dataset(id, "ada", self.watch(), ("rows",))

    def store_one(self, process: DatasetProcess | None = None, owner: User = ADA, key: str | None = "key") -> Dataset:
        return self.add(process, later=self.later, owner=owner, key=key).dataset

    def show(self, caller: User, id: str) -> Dataset:
        return self.here.service.show(caller, id)

    def list(self, caller: User, cursor: str | None = None, limit: int = 10) -> Page[Dataset]:
        return self.here.service.list(caller, cursor, limit)

    def dataset(self, id: str) -> Dataset:
        dataset = self.datasets.get(id)
        assert dataset
        return dataset

    def job(self, id: str) -> Job:
        job = self.jobs.get(id)
        assert job
        return job

    def row_sets(self) -> set[str]:
        documents = self.store.documents.items()
        return {document.fields["set_id"] for (collection, _), document in documents if collection == "packs"}

    def pieces(self) -> set[str]:
        """Return the ids of the datasets that have a stored piece of a report or schema."""
        return {id.partition(".")[0] for collection, id in self.store.documents if collection == "reports"}

    def run_later(self, job: Job) -> None:
        """Run an unfinished job several times, as the sweep does."""
        for _ in range(6):
            self.watch.forward(LEASE * 2)
            self.here.run(job.id)

    def assert_empty(self) -> None:
        super().assert_empty()
        assert (self.row_sets(), self.pieces()) == (set(), set())

    def is_reconciled(self) -> bool:
        """Assert that rows, reports and objects agree with the complete records. Return whether there is a record."""
        datasets: Iterable[Dataset] = self.all_records()
        assert self.row_sets() == {dataset.rows_id for dataset in datasets if dataset.report}
        assert self.pieces() <= {dataset.id for dataset in datasets}
        for dataset in datasets:
            assert (dataset.report is not None) == (dataset.status in (DatasetStatus.CLEAN, DatasetStatus.FINDINGS))
            if dataset.report:
                assert found(dataset.report) == FOUND
                assert [row[1] for row in first_page(self.rows, dataset.rows_id)] == VALID
        return super().is_reconciled()

    @staticmethod
    def _answer(stored: StoredDataset) -> tuple[str, Mapping[str, Any]]:
        return "fingerprint", {"id": stored.dataset.id}


def found(report: Report) -> dict[tuple[str, str | None], int]:
    return {(each.rule, each.column): each.count for each in report.validations if each.count}
