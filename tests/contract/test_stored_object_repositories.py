"""Records of stored objects with their receipts and jobs, for all kinds of objects and every store.

test_datasets_repository.py has the tests that concern datasets only.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from src.domain.csv import Column, Report
from src.domain.datasets import Dataset
from src.domain.errors import NotFound
from src.domain.files import File
from src.domain.jobs import Job
from src.domain.receipts import LIFETIME, Receipt, Repeated
from src.domain.stored_objects import ObjectState
from src.domain.values import new_id
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.documents import Receipts
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.stores.driver import Key, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import REPORTS
from tests.support.races import at_once

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RECEIPT = Receipt("receipt", "ada", NOON + LIFETIME)
REPORT = Report(",", "utf-8", 1, 1, (Column("a"),), (Column("a"),), ())


@dataclass(frozen=True)
class Kind:
    """A kind of stored object. Each object is stored with one more document, its job or its report."""

    repository: Callable[[Store], Any]
    new: Callable[[str | None, str], Any]
    finished: Callable[[Any], tuple[Any, Job | None]]
    """Return a finished object and its job."""

    def begin(self, records: Any, receipt_id: str = "receipt") -> tuple[Any, Receipt]:
        """Store a pending object, and return it with the receipt of its request."""
        item, receipt = records.begin(self.new(receipt_id, "ada"), replace(RECEIPT, id=receipt_id))
        assert receipt
        return item, receipt

    def finish(self, records: Any, item: Any, receipt: Receipt | None) -> Any:
        return records.finish(*self.finished(item), receipt and answered(receipt))


def new_file(receipt_id: str | None, user_id: str) -> File:
    return File(
        new_id(), user_id, NOON, "x.txt", "text/plain", job_id=new_id(), receipt_id=receipt_id, reconcile_since=NOON
    )


def new_dataset(receipt_id: str | None, user_id: str) -> Dataset:
    return Dataset(new_id(), user_id, NOON, (new_id(),), receipt_id=receipt_id, reconcile_since=NOON)


def job_of(item: File | Dataset) -> Job:
    return Job.new(kind="kind", subject_id=item.id, user_id=item.user_id, now=NOON, id=item.job_id)


def sent_on(file: File) -> tuple[File, Job]:
    return replace(file.stored(), size=5, sha256="abc"), job_of(file)


def checked(dataset: Dataset) -> tuple[Dataset, None]:
    return replace(dataset, size=5, sha256="abc").stored().with_report(REPORT), None


def to_be_checked(dataset: Dataset) -> tuple[Dataset, Job]:
    job = job_of(dataset)
    return replace(dataset, size=5, sha256="abc", job_id=job.id).stored(), job


def answered(receipt: Receipt) -> Receipt:
    return replace(receipt, fingerprint="f", answer={"status": 201})


def is_beside(store: Store, item: Any) -> bool:
    """Return whether the job or the report of a stored object exists."""
    jobs = [job for job in Jobs(store).list_for_user(item.user_id).items if job.subject_id == item.id]
    return bool(jobs) or store.get(Key(REPORTS, f"{item.id}.report.0")) != [None]


@pytest.fixture(
    params=[
        pytest.param(Kind(Files, new_file, sent_on), id="file"),
        pytest.param(Kind(Datasets, new_dataset, checked), id="dataset"),
        pytest.param(Kind(Datasets, new_dataset, to_be_checked), id="dataset with a job"),
    ]
)
def kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    return kind


@pytest.fixture
def records(kind: Kind, store: Store) -> Any:
    return kind.repository(store)


@pytest.fixture
def receipts(store: Store) -> Receipts:
    return Receipts(store)


class TestBegin:
    def test_beginning_stores_the_record_with_a_receipt_in_progress(
        self, kind: Kind, records: Any, receipts: Receipts
    ) -> None:
        item = kind.new("receipt", "ada")
        stored, receipt = records.begin(item, RECEIPT)
        assert stored == replace(item, revision=stored.revision) == records.get(item.id)
        assert receipt
        assert receipt == replace(RECEIPT, revision=receipt.revision) == receipts.get("receipt")
        assert receipt.answer is None

    def test_beginning_without_a_receipt_stores_the_record(self, kind: Kind, records: Any) -> None:
        stored, receipt = records.begin(kind.new(None, "ada"), None)
        assert records.get(stored.id) == stored
        assert receipt is None

    def test_beginning_again_with_the_receipt_stores_nothing(
        self, kind: Kind, records: Any, receipts: Receipts
    ) -> None:
        first, receipt = kind.begin(records)
        second = kind.new("receipt", "ada")
        with pytest.raises(Repeated):
            records.begin(second, RECEIPT)
        assert records.get(second.id) is None
        assert receipts.get("receipt") == receipt
        kind.finish(records, first, receipt)
        with pytest.raises(Repeated):
            records.begin(second, RECEIPT)

    def test_of_many_requests_with_one_receipt_exactly_one_begins(self, kind: Kind, records: Any) -> None:
        contenders = [kind.new("receipt", "ada") for _ in range(20)]
        outcomes = at_once(lambda item: records.begin(item, RECEIPT), contenders)
        errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert [type(error) for error in errors] == [Repeated] * 19
        [stored] = [item for item in records.get_many(*(item.id for item in contenders)) if item]
        assert stored in [outcome[0] for outcome in outcomes if not isinstance(outcome, Exception)]


class TestFinish:
    def test_finishing_stores_everything_in_one_commit(
        self, kind: Kind, records: Any, store: Store, receipts: Receipts, commits: list[list[Write]]
    ) -> None:
        item, receipt = kind.begin(records)
        whole, job = kind.finished(item)
        commits.clear()
        stored = records.finish(whole, job, answered(receipt))
        assert [len(writes) for writes in commits] == [3]
        assert records.get(item.id) == stored == replace(whole, revision=stored.revision)
        assert (stored.state, stored.size, stored.sha256) == (ObjectState.STORED, 5, "abc")
        assert (stored.receipt_id, stored.reconcile_since) == (None, None)
        assert is_beside(store, item)
        if job:
            kept = Jobs(store).get(job.id)
            assert kept
            assert kept == replace(job, revision=kept.revision)
        assert receipts.get("receipt") == replace(answered(receipt), revision=stored.revision)

    @pytest.mark.parametrize("given_up", ["removed", "deleting", "changed"])
    def test_finishing_a_record_that_was_given_up_stores_nothing(
        self, kind: Kind, records: Any, store: Store, receipts: Receipts, given_up: str
    ) -> None:
        item, receipt = kind.begin(records)
        if given_up == "changed":
            records.update(item.id, lambda stored: replace(stored, reconcile_since=NOON + SECOND))
        else:
            deleting = records.update(item.id, lambda stored: stored.deleting(NOON))
            if given_up == "removed":
                records.remove(deleting)
        before = records.get(item.id), receipts.get("receipt")
        with pytest.raises(NotFound):
            kind.finish(records, item, receipt)
        assert (records.get(item.id), receipts.get("receipt")) == before
        assert not is_beside(store, item)

    def test_finishing_with_a_receipt_taken_over_stores_nothing(
        self, kind: Kind, records: Any, store: Store, receipts: Receipts
    ) -> None:
        item, receipt = kind.begin(records)
        receipts.remove("receipt")
        _, other = kind.begin(records)
        with pytest.raises(NotFound):
            kind.finish(records, item, receipt)
        assert records.get(item.id) == item
        assert not is_beside(store, item)
        assert receipts.get("receipt") == other

    def test_a_record_is_finished_or_given_up_never_both(
        self, kind: Kind, records: Any, store: Store, receipts: Receipts
    ) -> None:
        for _ in range(5):
            item, receipt = kind.begin(records)

            def finish(item: Any = item, receipt: Receipt = receipt) -> object:
                return kind.finish(records, item, receipt)

            def give_up(item: Any = item) -> object:
                return records.update(item.id, lambda old: old if old.is_stored else old.deleting(NOON))

            finished, _ = at_once(lambda act: act(), [finish, give_up])
            stored, kept = records.get(item.id), receipts.get("receipt")
            assert stored
            assert kept
            whole = isinstance(finished, type(item))
            assert (stored.is_stored, kept.answer is not None, is_beside(store, item)) == (whole,) * 3, finished
            receipts.remove("receipt")


class TestRemove:
    def test_giving_up_removes_the_receipt_of_an_unfinished_request(
        self, kind: Kind, records: Any, receipts: Receipts, commits: list[list[Write]]
    ) -> None:
        """One commit removes both, so that a crash cannot leave a key in progress for a day."""
        item, _ = kind.begin(records)
        other, _ = kind.begin(records, "another")
        commits.clear()
        records.remove(item)
        assert [len(writes) for writes in commits] == [2]
        assert records.get_many(item.id, other.id) == [None, other]
        assert receipts.get("receipt") is None
        assert receipts.get("another")
        kind.begin(records)  # it can be sent again

    def test_giving_up_keeps_the_receipt_of_a_finished_request(
        self, kind: Kind, records: Any, receipts: Receipts
    ) -> None:
        """A repeated request gets the first response, even after the entity is deleted."""
        item, receipt = kind.begin(records)
        stored = kind.finish(records, item, receipt)
        records.remove(stored)
        assert records.get(item.id) is None
        kept = receipts.get("receipt")
        assert kept
        assert kept.answer

    def test_giving_up_keeps_the_receipt_of_a_repetition(self, kind: Kind, records: Any, receipts: Receipts) -> None:
        """The service reconciles a slow request, the client repeats it, and then the slow request cleans up."""
        slow, _ = kind.begin(records)
        records.remove(records.update(slow.id, lambda stored: stored.deleting(NOON)))
        again, receipt = kind.begin(records)
        records.remove(slow)
        assert receipts.get("receipt") == receipt
        stored = kind.finish(records, again, receipt)
        records.remove(slow)
        kept = receipts.get("receipt")
        assert kept
        assert kept.answer
        assert records.get(again.id) == stored


def test_records_are_listed_by_user_for_all_users_and_to_reconcile(kind: Kind, records: Any) -> None:
    def begin(user_id: str, at: int) -> Any:
        since = NOON + at * SECOND
        return records.begin(replace(kind.new(None, user_id), created_at=since, reconcile_since=since), None)[0]

    pending, ada, eve, deleting = (begin(user, at) for at, user in enumerate(["ada", "ada", "eve", "ada"]))
    ada, eve = (kind.finish(records, item, None) for item in (ada, eve))
    deleting = records.update(deleting.id, lambda stored: stored.deleting(NOON - SECOND))
    assert records.list_for_user(None).items == [eve, ada]
    assert records.list_for_user("ada").items == [ada]
    assert records.list_for_user("nobody").items == []
    assert records.list_all_for_user("ada").items == [deleting, ada, pending]
    assert records.list_all_for_user("ada", limit=2).items == [deleting, ada]
    assert records.to_reconcile(NOON).items == [deleting, pending]
    assert records.to_reconcile(NOON - SECOND).items == [deleting]
    assert records.to_reconcile(NOON, limit=1).items == [deleting]
