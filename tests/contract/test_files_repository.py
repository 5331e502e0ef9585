"""The records of files with their receipts and jobs, the same over every store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.custody import HeldState
from src.domain.errors import NotFound
from src.domain.files import File
from src.domain.jobs import Job
from src.domain.receipts import KEPT, Receipt, Repeated
from src.domain.values import new_id
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.stores.base import Key, Store, Write
from tests.races import at_once

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RECEIPT = Receipt("receipt", "ada", NOON + KEPT)


def new_file(receipt_id: str | None = None, user_id: str = "ada") -> File:
    return File(new_id(), user_id, "x.txt", "text/plain", NOON, new_id(), receipt_id, unsettled_since=NOON)


def job_of(file: File) -> Job:
    return Job.new(kind="file-relay", subject_id=file.id, user_id=file.user_id, now=NOON, id=file.job_id)


def answered(receipt: Receipt | None) -> Receipt:
    assert receipt
    return replace(receipt, fingerprint="f", answer={"status": 201})


@pytest.fixture
def files(store: Store) -> Files:
    return Files(store)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return Jobs(store)


@pytest.fixture
def receipts(store: Store) -> Receipts:
    return Receipts(store)


class TestBegin:
    def test_the_record_and_a_receipt_in_progress(self, files: Files, receipts: Receipts) -> None:
        file = new_file("receipt")
        stored, receipt = files.begin(file, RECEIPT)
        assert stored == replace(file, revision=stored.revision) == files.get(file.id)
        assert receipt
        assert receipt == replace(RECEIPT, revision=receipt.revision) == receipts.get("receipt")
        assert receipt.answer is None

    def test_without_a_receipt(self, files: Files) -> None:
        stored, receipt = files.begin(new_file(), None)
        assert files.get(stored.id) == stored
        assert receipt is None

    def test_a_second_one_with_the_receipt_is_none(self, files: Files, receipts: Receipts) -> None:
        first, receipt = files.begin(new_file("receipt"), RECEIPT)
        second = new_file("receipt")
        with pytest.raises(Repeated):
            files.begin(second, RECEIPT)
        assert files.get(second.id) is None
        assert receipts.get("receipt") == receipt
        files.finish(first.stored(1, "a"), job_of(first), answered(receipt))
        with pytest.raises(Repeated):
            files.begin(second, RECEIPT)

    def test_of_many_with_one_receipt_one_begins(self, files: Files) -> None:
        contenders = [new_file("receipt") for _ in range(20)]
        outcomes = at_once(lambda file: files.begin(file, RECEIPT), contenders)
        errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert [type(error) for error in errors] == [Repeated] * 19
        [stored] = [file for file in files.several(*(file.id for file in contenders)) if file]
        assert stored in [outcome[0] for outcome in outcomes if not isinstance(outcome, Exception)]


class TestFinish:
    def test_record_job_and_answer_in_one(self, files: Files, jobs: Jobs, receipts: Receipts) -> None:
        file, receipt = files.begin(new_file("receipt"), RECEIPT)
        stored = files.finish(file.stored(5, "abc"), job_of(file), answered(receipt))
        assert files.get(file.id) == stored
        assert (stored.state, stored.size, stored.sha256) == (HeldState.STORED, 5, "abc")
        assert (stored.receipt_id, stored.unsettled_since) == (None, None)
        job = jobs.get(file.job_id)
        assert job
        assert job == replace(job_of(file), revision=job.revision)
        assert receipts.get("receipt") == replace(answered(receipt), revision=stored.revision)

    @pytest.mark.parametrize("given_up", ["removed", "deleting", "changed"])
    def test_of_one_that_somebody_gave_up_stores_nothing(
        self, files: Files, jobs: Jobs, receipts: Receipts, given_up: str
    ) -> None:
        file, receipt = files.begin(new_file("receipt"), RECEIPT)
        if given_up == "changed":
            files.update(file.id, lambda stored: replace(stored, unsettled_since=NOON + SECOND))
        else:
            deleting = files.update(file.id, lambda stored: stored.deleting(NOON))
            if given_up == "removed":
                files.remove(deleting)
        before = files.get(file.id), receipts.get("receipt")
        with pytest.raises(NotFound):
            files.finish(file.stored(5, "abc"), job_of(file), answered(receipt))
        assert (files.get(file.id), receipts.get("receipt")) == before
        assert jobs.get(file.job_id) is None

    def test_with_a_receipt_that_is_another_request_s_by_now_stores_nothing(
        self, files: Files, jobs: Jobs, receipts: Receipts
    ) -> None:
        file, receipt = files.begin(new_file("receipt"), RECEIPT)
        receipts.remove("receipt")
        _, other = files.begin(new_file("receipt"), RECEIPT)
        with pytest.raises(NotFound):
            files.finish(file.stored(5, "abc"), job_of(file), answered(receipt))
        assert files.get(file.id) == file
        assert jobs.get(file.job_id) is None
        assert receipts.get("receipt") == other

    def test_one_finishes_or_gives_up_never_both(self, files: Files, jobs: Jobs, receipts: Receipts) -> None:
        for _ in range(5):
            file, receipt = files.begin(new_file("receipt"), RECEIPT)

            def finish(file: File = file, receipt: Receipt | None = receipt) -> object:
                return files.finish(file.stored(1, "a"), job_of(file), answered(receipt))

            def give_up(file: File = file) -> object:
                return files.update(file.id, lambda old: old if old.whole else old.deleting(NOON))

            finished, _ = at_once(lambda act: act(), [finish, give_up])
            stored, kept = files.get(file.id), receipts.get("receipt")
            assert stored
            assert kept
            whole = isinstance(finished, File)
            assert (stored.whole, kept.answer is not None, jobs.get(file.job_id) is not None) == (whole,) * 3, finished
            receipts.remove("receipt")


class TestRemove:
    def test_with_the_receipt_of_a_request_that_did_not_end(self, files: Files, receipts: Receipts) -> None:
        file, _ = files.begin(new_file("receipt"), RECEIPT)
        other, _ = files.begin(new_file("another"), replace(RECEIPT, id="another"))
        files.remove(file)
        assert files.several(file.id, other.id) == [None, other]
        assert receipts.get("receipt") is None
        assert receipts.get("another")
        files.begin(new_file("receipt"), RECEIPT)  # it can be sent again

    def test_without_the_receipt_of_one_that_did(self, files: Files, receipts: Receipts) -> None:
        """Whoever repeats the request gets its answer, with or without the file."""
        file, receipt = files.begin(new_file("receipt"), RECEIPT)
        stored = files.finish(file.stored(1, "a"), job_of(file), answered(receipt))
        files.remove(stored)
        kept = receipts.get("receipt")
        assert kept
        assert kept.answer

    def test_record_and_receipt_go_in_one(self, files: Files, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever dies in between must not leave a key that is in progress for a day."""
        file, _ = files.begin(new_file("receipt"), RECEIPT)
        commit = store._commit
        commits: list[int] = []

        def noted(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            commits.append(len(writes))
            return commit(writes, operation)

        monkeypatch.setattr(store, "_commit", noted)
        files.remove(file)
        assert commits == [2]

    def test_what_was_given_up_does_not_take_the_receipt_of_its_repetition(
        self, files: Files, receipts: Receipts
    ) -> None:
        """A slow request is settled, its client sends it again, and only then the slow one cleans up behind itself."""
        slow, _ = files.begin(new_file("receipt"), RECEIPT)
        files.remove(files.update(slow.id, lambda stored: stored.deleting(NOON)))
        again, receipt = files.begin(new_file("receipt"), RECEIPT)
        files.remove(slow)
        assert receipts.get("receipt") == receipt
        stored = files.finish(again.stored(1, "a"), job_of(again), answered(receipt))
        files.remove(slow)
        kept = receipts.get("receipt")
        assert kept
        assert kept.answer
        assert files.get(again.id) == stored


def test_those_of_a_user_of_everybody_and_the_unsettled(files: Files) -> None:
    def begin(user_id: str, at: int) -> File:
        since = NOON + at * SECOND
        return files.begin(replace(new_file(user_id=user_id), created_at=since, unsettled_since=since), None)[0]

    pending, ada, eve, deleting = (begin(user, at) for at, user in enumerate(["ada", "ada", "eve", "ada"]))
    ada, eve = (files.finish(file.stored(1, "a"), job_of(file), None) for file in (ada, eve))
    deleting = files.update(deleting.id, lambda stored: stored.deleting(NOON - SECOND))
    assert files.of(None).items == [eve, ada]
    assert files.of("ada").items == [ada]
    assert files.of("nobody").items == []
    assert files.all_of("ada").items == [deleting, ada, pending]
    assert files.all_of("ada", limit=2).items == [deleting, ada]
    assert files.unsettled(NOON).items == [deleting, pending]
    assert files.unsettled(NOON - SECOND).items == [deleting]
    assert files.unsettled(NOON, limit=1).items == [deleting]
