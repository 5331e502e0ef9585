"""The dataset: a CSV file, its rows, and what was found in them.

While it is ``processing`` nobody sees rows or counts; the last commit makes all of it visible.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self

from src.domain.errors import NotFound
from src.domain.stored_objects import ObjectState, StoredObjectRepository
from src.domain.tables import Column, Report


class DatasetStatus(StrEnum):
    """What came out of it."""

    PROCESSING = "processing"
    CLEAN = "clean"
    FINDINGS = "findings"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a file: what is not given is found out."""

    columns: tuple[Column, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset. ``revision`` is the store's mark of this version, empty until stored."""

    id: str
    user_id: str
    created_at: datetime
    row_sets: tuple[str, ...]
    """Where rows of it may be: of every attempt to store them, the last one last."""
    name: str = ""
    filename: str = ""
    size: int = 0
    sha256: str = ""
    read_options: ReadOptions = ReadOptions()
    status: DatasetStatus = DatasetStatus.PROCESSING
    report: Report | None = None
    job_id: str | None = None
    """The job that checks it; None when that was done at once."""
    receipt_id: str | None = None
    """The receipt of the request that is storing it."""
    state: ObjectState = ObjectState.PENDING
    reconcile_since: datetime | None = None
    """Since when somebody is storing or deleting it; None when nobody is."""
    revision: str = ""

    @property
    def key(self) -> str:
        """The key of the object."""
        return f"datasets/{self.id}"

    @property
    def rows_id(self) -> str:
        """The set of rows that counts."""
        return self.row_sets[-1]

    @property
    def whole(self) -> bool:
        """Whether the file is there."""
        return self.state is ObjectState.STORED

    def stored(self) -> Self:
        """There: from now on its owner sees it."""
        return replace(self, state=ObjectState.STORED, receipt_id=None, reconcile_since=None)

    def checked(self, report: Report) -> Self:
        """With what was found."""
        clean = all(validation.passed for validation in report.validations)
        return replace(self, report=report, status=DatasetStatus.CLEAN if clean else DatasetStatus.FINDINGS)

    def attempted(self, row_set: str) -> Self:
        """With one more set that may hold rows of it, the one that counts; as it is once it is checked.

        Raises NotFound when it is about to go.
        """
        if not self.whole:
            raise NotFound
        return self if self.report else replace(self, row_sets=(*self.row_sets, row_set))

    def without(self, row_set: str, other: str) -> Self:
        """With another set that counts, empty, if this one did; as it is once it is checked. Raises NotFound."""
        return self.attempted(other) if self.rows_id == row_set else self

    def failed(self, row_set: str) -> Self:
        """It could not be checked, unless it was. ``row_set`` counts from now on: what is still being stored must not.

        Raises NotFound.
        """
        return self if self.report else replace(self.attempted(row_set), status=DatasetStatus.FAILED)

    def resumed(self) -> Self:
        """It will be tried again."""
        return replace(self, status=DatasetStatus.PROCESSING) if self.status is DatasetStatus.FAILED else self

    def deleting(self, now: datetime) -> Self:
        """About to go: nobody sees it any more."""
        return replace(self, state=ObjectState.DELETING, reconcile_since=now)


class DatasetRepository(StoredObjectRepository[Dataset], Protocol):
    """Keeps datasets with their reports."""
