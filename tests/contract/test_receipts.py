"""Receipts of creates with an Idempotency-Key, the same over every store, races included."""

import random
import string
from bisect import bisect
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest

from src.domain.errors import AnswerTooLong, Taken
from src.domain.files import File
from src.domain.jobs import Job
from src.domain.receipts import LIFETIME, IdempotentCreate, Receipt, Repeated
from src.domain.tasks import Task
from src.domain.users import State, User
from src.domain.values import Username, new_id, pages
from src.infrastructure.repositories import documents, entities
from src.infrastructure.repositories.documents import Receipts
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.tasks import Tasks
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Insert, Key, PreconditionFailed
from src.infrastructure.stores.packing import pack, unpack
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import CLAIMS, RECEIPTS
from tests.support.commits import commit_twice
from tests.support.races import at_once, in_processes, meet

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def write(id: str) -> Insert:
    return Insert(Key(CLAIMS, id), {"kind": "test", "holder_id": "ada"})


def is_there(store: Store, id: str) -> bool:
    return store.get(Key(CLAIMS, id)) != [None]


def made(at: datetime, id: str = "key", user_id: str = "ada", **answered: str) -> Receipt:
    """Return the receipt of a request at a time."""
    return Receipt(id, user_id, at + LIFETIME, answered.get("fingerprint", "f"), {"status": 201})


def new_task() -> Task:
    return Task(new_id(), "ada", NOON, NOON, "Walk the dog")


@pytest.fixture
def receipts(store: Store) -> Receipts:
    return Receipts(store)


def test_the_receipts_of_a_user_are_listed_in_pages(receipts: Receipts) -> None:
    stored = [made(NOON + at * TICK, id=f"key {at}") for at in range(5)]
    for receipt in [*reversed(stored), made(NOON, id="other", user_id="eve")]:
        receipts.commit(receipt)
    first = receipts.list_for_user("ada", limit=3)
    rest = receipts.list_for_user("ada", first.next, limit=3)
    assert [replace(found, revision="") for found in [*first.items, *rest.items]] == stored
    assert rest.next is None


def test_large_answers_are_read_one_by_one_and_removed_unread(
    receipts: Receipts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoded answer takes tens of times as much memory as its packed text."""
    monkeypatch.setattr(entities, "PAGE_CHARACTERS", 1000)
    reading = Mock(wraps=unpack)
    monkeypatch.setattr(documents, "unpack", reading)
    for at in range(3):
        receipts.commit(replace(made(NOON + at * TICK, id=f"key {at}"), answer={"body": "x" * 1000}))
    first = receipts.list_for_user("ada", limit=25)
    assert (len(first.items), reading.call_count) == (1, 1)
    assert [len(page) for page in pages(lambda cursor: receipts.list_for_user("ada", cursor, 25))] == [1, 1, 1]
    reading.reset_mock()
    receipts.delete_for_user("ada")
    assert not reading.called
    assert not receipts.list_for_user("ada").items


class TestCommit:
    def test_a_commit_stores_the_writes_with_the_receipt(self, receipts: Receipts, store: Store) -> None:
        revisions = receipts.commit(made(NOON), write("1"), write("2"))
        assert is_there(store, "1")
        assert is_there(store, "2")
        assert receipts.get("key") == receipts.with_revision(made(NOON), revisions)

    def test_a_commit_without_a_receipt_stores_the_writes(self, receipts: Receipts, store: Store) -> None:
        assert receipts.commit(None, write("1")).keys() == {Key(CLAIMS, "1")}
        with pytest.raises(PreconditionFailed) as failed:
            receipts.commit(None, write("1"))
        assert failed.value.keys == {Key(CLAIMS, "1")}

    @pytest.mark.parametrize("later", [timedelta(0), TICK, LIFETIME - TICK])
    def test_a_second_commit_with_the_key_writes_nothing(
        self, receipts: Receipts, store: Store, later: timedelta
    ) -> None:
        receipts.commit(made(NOON), write("1"))
        first = receipts.get("key")
        with pytest.raises(Repeated):
            receipts.commit(made(NOON + later, fingerprint="another"), write("2"))
        assert not is_there(store, "2")
        assert receipts.get("key") == first

    def test_a_repetition_is_recognised_before_other_conflicts(self, receipts: Receipts, store: Store) -> None:
        receipts.commit(made(NOON), write("1"))
        with pytest.raises(Repeated):
            receipts.commit(made(NOON), write("1"), write("2"))
        assert not is_there(store, "2")

    def test_a_conflict_of_the_first_commit_leaves_no_receipt(self, receipts: Receipts, store: Store) -> None:
        store.commit(write("1"))
        with pytest.raises(PreconditionFailed) as failed:
            receipts.commit(made(NOON), write("1"), write("2"))
        assert failed.value.keys == {Key(CLAIMS, "1")}
        assert receipts.get("key") is None
        assert not is_there(store, "2")

    @pytest.mark.parametrize("later", [LIFETIME, LIFETIME + TICK, LIFETIME * 10])
    def test_an_expired_receipt_is_replaced(self, receipts: Receipts, store: Store, later: timedelta) -> None:
        """The expired receipt still exists, because stores remove expired documents at any time after their expiry."""
        receipts.commit(made(NOON), write("1"))
        second = made(NOON + later, fingerprint="another")
        revisions = receipts.commit(second, write("2"))
        assert is_there(store, "2")
        assert receipts.get("key") == receipts.with_revision(second, revisions)

    def test_of_many_replacements_of_an_expired_receipt_one_succeeds(self, receipts: Receipts, store: Store) -> None:
        receipts.commit(made(NOON), write("first"))
        outcomes = at_once(lambda id: receipts.commit(made(NOON + LIFETIME), write(id)), [f"{at}" for at in range(20)])
        [_] = assert_one_wrote(store, outcomes)

    def test_a_receipt_replaced_a_moment_before_is_kept(
        self, receipts: Receipts, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another commit replaces the receipt between the read that finds it expired and its removal."""
        receipts.commit(made(NOON))
        look = receipts.get

        def get(id: str) -> Receipt | None:
            found = look(id)
            monkeypatch.setattr(receipts, "get", look)
            receipts.commit(made(NOON + LIFETIME), write("faster"))
            return found

        monkeypatch.setattr(receipts, "get", get)
        with pytest.raises(Repeated):
            receipts.commit(made(NOON + LIFETIME), write("slower"))
        assert is_there(store, "faster")
        assert not is_there(store, "slower")

    def test_of_many_commits_with_one_key_one_writes(self, receipts: Receipts, store: Store) -> None:
        outcomes = at_once(lambda id: receipts.commit(made(NOON), write(id)), [f"{at}" for at in range(24)])
        [revisions] = assert_one_wrote(store, outcomes)
        assert receipts.get("key") == receipts.with_revision(made(NOON), revisions)

    def test_commits_with_different_keys_do_not_conflict(self, receipts: Receipts) -> None:
        outcomes = at_once(lambda id: receipts.commit(made(NOON, id), write(id)), [f"{at}" for at in range(10)])
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []

    def test_a_receipt_in_progress_is_replaced_at_its_revision_only(self, receipts: Receipts, store: Store) -> None:
        begun = Receipt("key", "ada", NOON + LIFETIME)
        begun = receipts.with_revision(begun, receipts.commit(begun))
        with pytest.raises(Repeated):
            receipts.commit(made(NOON), write("1"))
        answered = replace(begun, fingerprint="f", answer={})
        receipts.commit(answered, write("2"))
        with pytest.raises(PreconditionFailed) as failed:
            receipts.commit(answered, write("3"))
        assert failed.value.keys == {Key(RECEIPTS, "key")}
        assert [is_there(store, id) for id in "123"] == [False, True, False]

    def test_a_receipt_removed_during_the_commit_is_not_a_repetition(
        self, receipts: Receipts, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        receipts.commit(made(NOON))
        look = receipts.get

        def get(id: str) -> Receipt | None:
            monkeypatch.setattr(receipts, "get", look)
            receipts.remove(id)
            return look(id)

        monkeypatch.setattr(receipts, "get", get)
        receipts.commit(made(NOON), write("1"))
        assert is_there(store, "1")


def assert_one_wrote(store: Store, outcomes: list[dict[Key, str] | Exception]) -> list[dict[Key, str]]:
    """Return the writes of the only commit that succeeded, and assert that every other one raised Repeated."""
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [type(error) for error in refused] == [Repeated] * (len(outcomes) - 1)
    assert [is_there(store, f"{at}") for at, outcome in enumerate(outcomes)] == [
        isinstance(outcome, dict) for outcome in outcomes
    ]
    return [outcome for outcome in outcomes if isinstance(outcome, dict)]


class TestRevision:
    """A receipt has the revision of the created entity, which is the ETag of a repeated response."""

    def test_a_receipt_has_the_revision_of_its_task(self, receipts: Receipts, store: Store) -> None:
        self.assert_same(receipts, Tasks(store).add(new_task(), made(NOON)))

    def test_a_receipt_that_replaces_an_expired_one_has_the_revision_of_its_task(
        self, receipts: Receipts, store: Store
    ) -> None:
        receipts.commit(made(NOON))
        self.assert_same(receipts, Tasks(store).add(new_task(), made(NOON + LIFETIME)))

    def test_a_receipt_has_the_revision_of_its_user(self, receipts: Receipts, store: Store) -> None:
        user = User.new(now=NOON, username=Username.parse("ada"), email=None)
        self.assert_same(receipts, Users(store).add(user, made(NOON)))

    def test_a_receipt_has_the_revision_of_a_user_that_became_active(self, receipts: Receipts, store: Store) -> None:
        users = Users(store)
        user = replace(User.new(now=NOON, username=Username.parse("ada"), email=None), state=State.PENDING)
        users.add(user)
        idempotent: IdempotentCreate[User] = IdempotentCreate(made(NOON), lambda user: (user.state, {"id": user.id}))
        stored = users.update(user.id, lambda user: replace(user, state=State.ACTIVE), idempotent=idempotent)
        self.assert_same(receipts, stored)
        receipt = receipts.get("key")
        assert receipt
        assert (receipt.fingerprint, receipt.answer) == ("active", {"id": user.id})

    def test_a_receipt_has_the_revision_of_its_file(self, receipts: Receipts, store: Store) -> None:
        files = Files(store)
        file = File(new_id(), "ada", NOON, "x", "text/plain", job_id=new_id(), receipt_id="key", reconcile_since=NOON)
        file, receipt = files.begin(file, Receipt("key", "ada", NOON + LIFETIME))
        assert receipt
        file = files.update(file.id, lambda file: replace(file, reconcile_since=NOON + TICK))
        job = Job.new(kind="test", subject_id=file.id, user_id="ada", now=NOON, id=file.job_id)
        self.assert_same(receipts, files.finish(file.stored(), job, replace(receipt, answer={})))

    def assert_same(self, receipts: Receipts, created: Task | User | File) -> None:
        receipt = receipts.get("key")
        assert receipt
        assert created.revision
        assert receipt.revision == created.revision


class TestUsers:
    def test_a_repetition_adds_no_user(self, receipts: Receipts, store: Store) -> None:
        users = Users(store)
        for name, error in [("ada", None), ("ada", Repeated), ("eve", Repeated)]:
            user = User.new(now=NOON, username=Username.parse(name), email=None)
            if error is None:
                users.add(user, made(NOON))
                continue
            with pytest.raises(error):
                users.add(user, made(NOON))
            assert users.get(user.id) is None

    def test_a_user_that_cannot_be_added_leaves_no_receipt(self, receipts: Receipts, store: Store) -> None:
        users = Users(store)
        users.add(User.new(now=NOON, username=Username.parse("ada"), email=None))
        with pytest.raises(Taken):
            users.add(User.new(now=NOON, username=Username.parse("ADA"), email=None), made(NOON))
        assert receipts.get("key") is None


def test_the_longest_answer_is_kept_and_a_longer_one_is_refused(receipts: Receipts, store: Store) -> None:
    text = "".join(random.Random(1).choices(string.ascii_letters, k=2 * store.document_bytes))

    def answered(length: int) -> Receipt:
        return replace(made(NOON), answer={"body": text[:length]})

    longest = bisect(range(len(text)), store.document_bytes, key=lambda length: len(pack({"body": text[:length]}))) - 1
    with pytest.raises(AnswerTooLong):
        receipts.commit(answered(longest + 1), write("other"))
    assert not is_there(store, "other")
    receipts.commit(answered(longest))
    kept = receipts.unexpired("key", NOON)
    assert kept
    assert kept.answer == answered(longest).answer


def test_an_expired_receipt_counts_as_absent(receipts: Receipts) -> None:
    receipts.commit(made(NOON))
    stored = receipts.get("key")
    assert receipts.unexpired("key", NOON) == receipts.unexpired("key", NOON + LIFETIME - TICK) == stored
    assert receipts.unexpired("key", NOON + LIFETIME) is None
    assert receipts.unexpired("absent", NOON) is None


def test_a_commit_whose_reply_was_lost_is_not_a_repetition(
    receipts: Receipts, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client of the store sends the commit again, and finds the receipt that the first attempt has written."""
    commit_twice(monkeypatch, store)
    task = Tasks(store).add(new_task(), made(NOON))
    receipt = receipts.get("key")
    assert receipt
    assert receipt.revision == task.revision


def _add_tasks_at_once(open_store: Callable[[], Store]) -> list[str]:
    """Add tasks at the same time. Runs in a separate process."""
    store = open_store()
    tasks = Tasks(store)
    tasks.get("connect before the race begins")
    meet()
    outcomes = at_once(lambda _: tasks.add(new_task(), made(NOON)), range(8))
    store.close()
    return [type(outcome).__name__ for outcome in outcomes]


def test_of_several_processes_with_one_key_one_writes(open_shared: Callable[[], Store]) -> None:
    outcomes = [outcome for process in in_processes(_add_tasks_at_once, [open_shared] * 2) for outcome in process]
    assert sorted(outcomes) == ["Repeated"] * 15 + ["Task"]
    store = open_shared()
    assert len(Tasks(store).list_for_user("ada").items) == 1
    store.close()
