"""Builds the services of datasets."""

from functools import partial

from src.application.datasets import CHECK, CheckDataset, DatasetService, erase_dataset
from src.application.jobs import JobHandler, JobPlaces
from src.application.ports import JobQueue
from src.application.stored_objects import ObjectLifecycle
from src.application.summaries import Summariser
from src.bootstrap.adapters import make_adviser
from src.bootstrap.ports import Ports
from src.domain.datasets import Dataset
from src.infrastructure.csv.checking.patterns import compiled
from src.infrastructure.spooling import temporary_file


def dataset_handlers(ports: Ports, slow_jobs: JobPlaces) -> dict[str, JobHandler]:
    """Return the handler of the jobs that check datasets."""
    check = CheckDataset(
        datasets=ports.datasets,
        checker=ports.checker,
        rows=ports.rows,
        blobs=ports.blobs,
        spool=temporary_file,
        take_place=ports.take_place,
        slow_jobs=slow_jobs,
    )
    return {CHECK: check}


def make_dataset_objects(ports: Ports) -> ObjectLifecycle[Dataset]:
    """Return the object that stores and deletes the records of datasets together with their files and rows."""
    return ObjectLifecycle(
        missing="There is no such dataset.",
        records=ports.datasets,
        users=ports.users,
        jobs=ports.jobs,
        erase=partial(erase_dataset, rows=ports.rows, blobs=ports.blobs),
        clock=ports.clock,
    )


def make_datasets(ports: Ports, objects: ObjectLifecycle[Dataset], queue: JobQueue) -> DatasetService:
    """Return the service of datasets. Raises ConfigurationError."""
    adviser = make_adviser(ports.settings)
    return DatasetService(
        objects=objects,
        checker=ports.checker,
        rows=ports.rows,
        blobs=ports.blobs,
        spool=temporary_file,
        take_place=ports.take_place,
        queue=queue,
        summariser=Summariser(adviser, ports.rows, ports.checker.pattern_flaws, compiled),
        sync_rows=ports.settings.sync_rows,
        clock=ports.clock,
    )
