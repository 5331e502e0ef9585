"""The Dataset entity: a CSV file, its rows, and the report on them.

Clients see the rows and the report once the check has ended: the commit that ends it makes them visible together.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from src.domain.csv import ReadOptions, Report
from src.domain.errors import NotFound
from src.domain.stored_objects import StoredObject, StoredObjectRepository

LARGE_ROWS = 200_000
"""The rows above which no request waits until a dataset is removed. A million rows take up to four seconds."""


class DatasetStatus(StrEnum):
    """The state of the check of a dataset."""

    PROCESSING = "processing"  # a job is checking the dataset, or will
    CLEAN = "clean"  # every validation passed
    FINDINGS = "findings"  # at least one validation did not pass
    FAILED = "failed"  # the file could not be checked


@dataclass(frozen=True, slots=True)
class Dataset(StoredObject):
    """A CSV file that a user stored, and the result of its check.

    ``job_id`` is the id of the job that checks the file. It is None if the request that stored the file checks it too.
    """

    row_sets: tuple[str, ...]
    """The ids of the row sets, one for each attempt to check the file. The last one is the current row set."""
    name: str = ""
    filename: str = ""
    size: int = 0
    """The size of the file in bytes."""
    sha256: str = ""
    """The digest of the file, in hexadecimal."""
    read_options: ReadOptions = field(default_factory=ReadOptions)
    status: DatasetStatus = DatasetStatus.PROCESSING
    report: Report | None = None

    @property
    def is_large(self) -> bool:
        """Whether removing the rows takes too long for a request."""
        return self.report is not None and self.report.rows > LARGE_ROWS

    @property
    def key(self) -> str:
        """The key of the file in object storage."""
        return f"datasets/{self.id}"

    @property
    def rows_id(self) -> str:
        """The id of the current row set."""
        return self.row_sets[-1]

    def with_report(self, report: Report) -> Self:
        """Return the dataset with the report of a finished check."""
        clean = all(validation.passed for validation in report.validations)
        return replace(self, report=report, status=DatasetStatus.CLEAN if clean else DatasetStatus.FINDINGS)

    def with_row_set(self, rows_id: str) -> Self:
        """Return the dataset with a new current row set, or unchanged if it has a report.

        Raises NotFound when the dataset is being deleted.
        """
        if not self.is_stored:
            raise NotFound
        return self if self.report else replace(self, row_sets=(*self.row_sets, rows_id))

    def without_row_set(self, rows_id: str, replacement: str) -> Self:
        """Return the dataset with ``replacement``, an empty row set, instead of ``rows_id`` as the current row set.

        A dataset that has a report or another current row set is returned unchanged. Raises NotFound when the dataset
        is being deleted.
        """
        return self.with_row_set(replacement) if self.rows_id == rows_id else self

    def failed(self, replacement: str) -> Self:
        """Return the dataset as failed, with the empty row set ``replacement``, or unchanged if it has a report.

        An attempt that is still running finds that its row set is no longer the current one, and stores no report.
        Raises NotFound when the dataset is being deleted.
        """
        return self if self.report else replace(self.with_row_set(replacement), status=DatasetStatus.FAILED)

    def retried(self) -> Self:
        """Return a failed dataset as processing again, and any other dataset unchanged."""
        return replace(self, status=DatasetStatus.PROCESSING) if self.status is DatasetStatus.FAILED else self


DatasetRepository = StoredObjectRepository[Dataset]
