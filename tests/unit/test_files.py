"""Files: no object without a record and no record without its object, whoever dies, fails or is slow, and when."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any, NoReturn, TypeVar, cast

import obstore
import pytest

from src.application.custody import SETTLE_AFTER, SIGN_OF_LIFE
from src.application.files import RELAY, FileService, RelayFile, StoredFile
from src.application.ports import BlobStore, FileRelay, RelayAnswer
from src.domain.errors import AttemptFailed, NotFound, Unavailable
from src.domain.files import File, FileRepository
from src.domain.jobs import Job, JobStatus, NotRunnable
from src.domain.receipts import KEPT, Once, Receipt, Repeated
from src.domain.values import Role
from src.infrastructure.blobs.objects import memory
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.stores.memory import MemoryStore
from tests.races import at_once
from tests.unit.remote import Observed
from tests.unit.working import Bell, Watch, person

T = TypeVar("T")

ADA, EVE, ROOT = person(), person("eve"), person("root", Role.ADMIN)
CONTENT = [b"Ada ", b"Lovelace"]
STEPS = {"begin", "finish", "update", "remove", "put", "delete"}


class Killed(BaseException):
    """The process is gone."""


class World:
    """Processes that share a store and a bucket, with something that happens at the moments one of them goes through.

    A moment is before or after a step: a commit of a record, or a call of the bucket.
    """

    def __init__(self) -> None:
        self.watch = Watch()
        store = MemoryStore()
        self.files, self.jobs, self.receipts = Files(store), Jobs(store), Receipts(store)
        self.blobs = memory()
        self.bell = Bell()
        self.service = FileService(self.files, self.jobs, self.blobs, self.bell, self.watch)

    def process(self, observe: Callable[[str], None]) -> FileService:
        """Another one, of which every moment is told."""
        files = cast(FileRepository, Observed(self.files, STEPS, observe))
        blobs = cast(BlobStore, Observed(self.blobs, STEPS - {"update"}, observe))
        return FileService(files, self.jobs, blobs, self.bell, self.watch)

    def mortal(self, dies_at: int) -> FileService:
        """One that is killed at this moment, and does nothing any more."""
        moments = count()

        def observe(step: str) -> None:
            if next(moments) >= dies_at:
                raise Killed

        return self.process(observe)

    def failing(self, *moments: int) -> FileService:
        """One whose dependencies are away at these moments."""
        current = count()

        def observe(step: str) -> None:
            if next(current) in moments:
                raise Unavailable

        return self.process(observe)

    def when(self, step: str, event: Callable[[], object]) -> FileService:
        """One to which something happens at a step, once."""
        events = [event]

        def observe(moment: str) -> None:
            if moment == step and events:
                events.pop()()

        return self.process(observe)

    def once(self) -> Once[StoredFile]:
        """The key ``key``, used now."""
        return Once(Receipt("key", "ada", self.watch() + KEPT), _answer)

    def add(self, service: FileService | None = None, chunks: Iterable[bytes] = CONTENT) -> StoredFile:
        return (service or self.service).add(ADA, "x.txt", "text/plain", chunks, self.once())

    def file(self, id: str) -> File:
        file = self.files.get(id)
        assert file
        return file

    def records(self) -> list[File]:
        return [file for user in ("ada", "eve") for file in self.files.all_of(user).items]

    def objects(self) -> set[str]:
        return {item["path"] for batch in obstore.list(self.blobs._store) for item in batch}

    def settle_later(self) -> int:
        self.watch.forward(SETTLE_AFTER)
        return self.service.settle()

    def is_empty(self) -> None:
        """Nothing is left; the key is free."""
        assert self.records() == []
        assert self.objects() == set()
        assert self.receipts.get("key") is None
        assert self.jobs.all().items == []

    def is_settled(self) -> bool:
        """Objects and whole records agree, and so do jobs and the receipt; returns whether there is a file."""
        records = self.records()
        assert all(file.whole and file.unsettled_since is None for file in records)
        assert self.objects() == {file.key for file in records}
        assert [b"".join(self.blobs.read(file.key)) for file in records] == [b"Ada Lovelace"] * len(records)
        return bool(records)


def _answer(stored: StoredFile) -> tuple[str, Mapping[str, Any]]:
    assert stored.job
    return "fingerprint", {"id": stored.file.id}


def elsewhere(act: Callable[[], T]) -> T:
    """Done in another thread: obstore cannot be called by what it calls itself."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(act).result(10)


@pytest.fixture
def world() -> World:
    return World()


class TestAdd:
    def test_what_is_stored(self, world: World) -> None:
        stored = world.add()
        file, job = stored.file, stored.job
        assert (file.user_id, file.filename, file.content_type) == ("ada", "x.txt", "text/plain")
        assert (file.size, file.sha256) == (12, hashlib.sha256(b"Ada Lovelace").hexdigest())
        assert job
        assert (job.id, job.kind, job.subject_id, job.user_id) == (file.job_id, RELAY, file.id, "ada")
        assert world.file(file.id) == file
        assert world.is_settled()
        assert world.bell.rung == [job.id]
        receipt = world.receipts.get("key")
        assert receipt
        assert (receipt.fingerprint, receipt.answer, receipt.revision) == (
            "fingerprint",
            {"id": file.id},
            file.revision,
        )
        assert world.settle_later() == 0

    @pytest.mark.parametrize("chunks", [[], [b""], [b"", b"x", b""]])
    def test_of_any_length(self, world: World, chunks: list[bytes]) -> None:
        file = world.add(chunks=chunks).file
        assert b"".join(world.blobs.read(file.key)) == b"".join(chunks)
        assert file.size == len(b"".join(chunks))

    def test_without_a_key(self, world: World) -> None:
        for _ in range(2):
            world.service.add(ADA, "x.txt", "text/plain", CONTENT)
        assert len(world.records()) == 2
        assert world.receipts.get("key") is None

    def test_a_repetition_stores_nothing(self, world: World) -> None:
        world.add()
        body = iter(CONTENT)
        with pytest.raises(Repeated):
            world.add(chunks=body)
        assert list(body) == CONTENT, "it is not even read"
        assert len(world.records()) == len(world.objects()) == 1

    @pytest.mark.parametrize("error", [ValueError, OSError, NotFound, Unavailable, KeyboardInterrupt, GeneratorExit])
    @pytest.mark.parametrize("after", [0, 1, 2])
    def test_a_body_that_breaks_off_leaves_nothing(self, world: World, error: type[BaseException], after: int) -> None:
        def chunks() -> Iterator[bytes]:
            yield from CONTENT[:after]
            raise error

        with pytest.raises(error):
            world.add(chunks=chunks())
        world.is_empty()
        assert world.bell.rung == []
        world.add()


class TestKilled:
    """At every moment there is, and then settled after a minute."""

    def test_while_adding(self, world: World) -> None:
        kept = set()
        for moment in count():
            world = World()
            try:
                world.add(world.mortal(moment))
            except Killed:
                assert world.service.settle() == 0, "not at once: it may only be slow"
                world.settle_later()
            else:
                break
            there = world.is_settled()
            receipt = world.receipts.get("key")
            assert (receipt is not None) == (len(world.jobs.all().items) == 1) == there
            assert world.service.settle() == world.settle_later() == 0
            kept.add(there)
            if receipt:
                assert receipt.answer
                continue
            world.is_empty()
            world.add()  # the same again
        assert moment == 6, "before and after each of three steps"
        assert kept == {False, True}, "the last step counts"

    def test_in_the_midst_of_the_body(self, world: World) -> None:
        dead: list[str] = []

        def observe(step: str) -> None:
            if dead:
                raise Killed

        def chunks() -> Iterator[bytes]:
            yield b"Ada "
            dead.append("killed")
            raise Killed

        with pytest.raises(Killed):
            world.add(world.process(observe), chunks())
        assert len(world.records()) == 1
        assert world.settle_later() == 1
        world.is_empty()

    def test_while_deleting(self, world: World) -> None:
        moments = self.all_moments(lambda service, file: service.delete(ADA, file.id))
        assert moments == 6, "before and after each of three steps"

    def test_while_everything_of_a_user_is_removed(self, world: World) -> None:
        assert self.all_moments(lambda service, file: service.remove_of("ada")) == 6

    def test_while_settling(self, world: World) -> None:
        def settle(service: FileService, file: File) -> None:
            service.files.update(file.id, lambda stored: stored.deleting(stored.created_at - SETTLE_AFTER))
            service.settle()

        assert self.all_moments(settle) == 8

    def all_moments(self, act: Callable[[FileService, File], object]) -> int:
        """How many moments ``act`` has; after a death in any of them the file is whole or gone."""
        for moment in count():
            world = World()
            file = world.add().file
            try:
                act(world.mortal(moment), file)
            except Killed:
                world.settle_later()
            else:
                break
            there = world.is_settled()
            assert there == (moment == 0), "before the first step only"
            assert world.settle_later() == 0
        assert not world.is_settled()
        return moment


class TestFailures:
    """The store or the bucket does not answer at some moment; the process lives on."""

    @pytest.mark.parametrize("moment", range(6))
    def test_while_adding(self, world: World, moment: int) -> None:
        with pytest.raises(Unavailable):
            world.add(world.failing(moment))
        if moment == 1:  # begun, which it does not know
            assert world.settle_later() == 1
        if moment == 5:  # finished, which it does not know either: the file stays, and its answer
            assert world.is_settled()
            with pytest.raises(Repeated):
                world.add()
            return
        world.is_empty()
        world.add()

    @pytest.mark.parametrize("moment", range(12))
    @pytest.mark.parametrize("later", range(1, 7))
    def test_while_adding_and_while_clearing_away(self, world: World, moment: int, later: int) -> None:
        try:
            world.add(world.failing(moment, moment + later))
        except Unavailable:
            world.settle_later()
            there = world.is_settled()
            receipt = world.receipts.get("key")
            assert (receipt is not None and receipt.answer is not None) == there
        else:
            assert moment > 5
        assert world.settle_later() == 0

    @pytest.mark.parametrize("moment", range(6))
    def test_while_deleting(self, world: World, moment: int) -> None:
        """Only the first step is the caller's business; from then on nobody sees it."""
        file = world.add().file
        service = world.failing(moment)
        if moment < 2:
            with pytest.raises(Unavailable):
                service.delete(ADA, file.id)
        else:
            service.delete(ADA, file.id)
        if moment == 0:
            assert world.service.show(ADA, file.id).file == file
            return
        with pytest.raises(NotFound):
            world.service.show(ADA, file.id)
        world.settle_later()
        assert not world.is_settled()
        assert world.settle_later() == 0

    def test_what_cannot_be_settled_keeps_nobody_waiting(self, world: World) -> None:
        for _ in range(3):
            with pytest.raises(Killed):
                world.mortal(3).add(ADA, "x.txt", "text/plain", CONTENT)
        world.watch.forward(SETTLE_AFTER)
        assert world.failing(2).settle() == 2
        assert len(world.records()) == 1
        assert world.service.settle() == 0
        assert world.settle_later() == 1
        world.is_empty()


class TestSlow:
    def test_one_that_shows_life_is_left_alone(self, world: World) -> None:
        def chunks() -> Iterator[bytes]:
            for byte in b"Ada Lovelace":
                world.watch.forward(SIGN_OF_LIFE * 2)
                yield bytes([byte])
                assert world.service.settle() == 0

        world.add(chunks=chunks())
        assert world.is_settled()

    def test_life_is_shown_from_time_to_time_only(self, world: World) -> None:
        steps: list[str] = []

        def chunks() -> Iterator[bytes]:
            for _ in range(100):
                world.watch.forward(SIGN_OF_LIFE / 20)
                yield b"x"

        world.add(world.process(steps.append), chunks())
        assert steps.count("after update") == 5

    def test_one_settled_under_its_feet_is_undone(self, world: World) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"Ada "
            assert elsewhere(world.settle_later) == 1
            yield b"Lovelace"
            pytest.fail("it goes on")

        with pytest.raises(Unavailable, match="too long"):
            world.add(chunks=chunks())
        world.is_empty()

    @pytest.mark.parametrize("step", ["before put", "after put", "before finish"])
    def test_one_settled_at_another_moment_is_undone_too(self, world: World, step: str) -> None:
        with pytest.raises(Unavailable, match="too long"):
            world.add(world.when(step, world.settle_later))
        world.is_empty()

    def test_one_about_to_be_settled_is_undone(self, world: World) -> None:
        """Whoever settles it has claimed it and no more."""

        def chunks() -> Iterator[bytes]:
            yield b"Ada "
            world.watch.forward(SETTLE_AFTER)
            with pytest.raises(Killed):
                elsewhere(world.mortal(2).settle)
            yield b"Lovelace"

        with pytest.raises(Unavailable, match="too long"):
            world.add(chunks=chunks())
        world.is_empty()

    def test_one_whose_owner_is_deleted_is_undone(self, world: World) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"Ada "
            elsewhere(lambda: world.service.remove_of("ada"))
            world.watch.forward(SIGN_OF_LIFE * 2)
            yield b"Lovelace"

        with pytest.raises(Unavailable):
            world.add(chunks=chunks())
        world.is_empty()

    @pytest.mark.parametrize("step", ["before put", "after put", "before finish"])
    def test_one_settled_and_sent_again_leaves_what_came_after_it_alone(self, world: World, step: str) -> None:
        """The second has the key of the first, which cleans up behind itself only now."""
        second: list[StoredFile] = []

        def again() -> None:
            world.settle_later()
            second.append(world.add())

        with pytest.raises(Unavailable):
            world.add(world.when(step, again))
        assert world.records() == [second[0].file]
        assert world.is_settled()
        with pytest.raises(Repeated):
            world.add()

    def test_one_that_goes_on_after_it_was_listed_stays(self, world: World) -> None:
        with pytest.raises(Killed):
            world.add(world.mortal(4))
        [listed] = world.records()
        world.watch.forward(SETTLE_AFTER)

        def go_on() -> None:
            world.files.update(listed.id, lambda file: replace(file, unsettled_since=world.watch()))

        assert world.when("before update", go_on).settle() == 0
        assert world.records() == [world.file(listed.id)]
        assert world.objects() == {listed.key}

    def test_of_many_that_settle_at_once_one_does(self, world: World) -> None:
        with pytest.raises(Killed):
            world.add(world.mortal(4))
        world.watch.forward(SETTLE_AFTER)
        assert sorted(map(str, at_once(lambda service: service.settle(), [world.service] * 8))) == ["0"] * 7 + ["1"]
        world.is_empty()


class TestOwners:
    def test_nobody_else_sees_it_but_admins(self, world: World) -> None:
        stored = world.add()
        for caller in (ADA, ROOT):
            assert world.service.show(caller, stored.file.id).file == stored.file
            assert world.service.show(caller, stored.file.id).job == world.jobs.get(stored.file.job_id)
            file, content = world.service.read(caller, stored.file.id)
            assert (file, b"".join(content)) == (stored.file, b"Ada Lovelace")
            assert [each.file for each in world.service.list(caller, None, 10).items] == [stored.file]
        acts: list[Callable[[], object]] = [
            lambda: world.service.show(EVE, stored.file.id),
            lambda: world.service.read(EVE, stored.file.id),
            lambda: world.service.delete(EVE, stored.file.id),
        ]
        for act in acts:
            with pytest.raises(NotFound):
                act()
        assert world.service.list(EVE, None, 10).items == []
        assert world.is_settled()

    def test_while_it_comes_and_goes_nobody_sees_it(self, world: World) -> None:
        def look() -> None:
            [file] = world.records()
            assert world.service.list(ADA, None, 10).items == []
            for caller in (ADA, ROOT):
                with pytest.raises(NotFound):
                    world.service.show(caller, file.id)

        for step in ("after begin", "after put", "before finish"):
            stored = world.add(world.when(step, look))
            world.when("before remove", look).delete(ADA, stored.file.id)
            world.receipts.remove("key")

    def test_with_it_goes_its_job(self, world: World) -> None:
        stored = world.add()
        world.service.delete(ROOT, stored.file.id)
        job = world.jobs.get(stored.file.job_id)
        assert job
        assert job.status is JobStatus.CANCELLED
        assert (world.records(), world.objects()) == ([], set())
        with pytest.raises(NotFound):
            world.service.delete(ADA, stored.file.id)

    @pytest.mark.parametrize("job", ["ended", "gone"])
    def test_with_a_job_that_has_ended_long_ago(self, world: World, job: str) -> None:
        stored = world.add()
        if job == "gone":
            world.jobs.remove(stored.file.job_id)
            assert world.service.show(ADA, stored.file.id).job is None
            assert [each.job for each in world.service.list(ADA, None, 10).items] == [None]
        else:
            world.jobs.update(stored.file.job_id, lambda job: job.started("t", world.watch()))
            world.jobs.update(stored.file.job_id, lambda job: job.succeeded("t", {}, world.watch()))
        world.service.delete(ADA, stored.file.id)
        assert (world.records(), world.objects()) == ([], set())

    def test_of_many_that_delete_it_all_find_it_gone(self, world: World) -> None:
        file = world.add().file
        outcomes = at_once(lambda service: service.delete(ADA, file.id), [world.service] * 8)
        assert all(outcome is None or isinstance(outcome, NotFound) for outcome in outcomes), outcomes
        assert (world.records(), world.objects()) == ([], set())
        assert world.settle_later() == 0

    def test_with_a_user_go_all_files_in_any_state(self, world: World) -> None:
        for number in range(105):  # more than a page
            world.files.begin(File(f"{number:03}", "ada", "x", "x", world.watch(), "job"), None)
        world.service.add(ADA, "x", "text/plain", CONTENT)
        kept = world.service.add(EVE, "x", "text/plain", CONTENT).file
        for _ in range(2):
            world.service.remove_of("ada")
            assert (world.records(), world.objects()) == ([kept], {kept.key})

    def test_in_pages(self, world: World) -> None:
        stored = []
        for _ in range(3):
            world.watch.forward(1)
            stored.append(world.service.add(ADA, "x", "text/plain", []).file)
        first = world.service.list(ADA, None, 2)
        last = world.service.list(ADA, first.next, 2)
        assert [each.file for each in (*first.items, *last.items)] == stored[::-1]
        assert last.next is None


class FakeRelay:
    """See FileRelay: reads what it gets."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, str, int, bytes]] = []

    def send(self, job_id: str, filename: str, content_type: str, size: int, chunks: Iterable[bytes]) -> RelayAnswer:
        self.got.append((job_id, filename, content_type, size, b"".join(chunks)))
        return RelayAnswer(201, {"id": 7})


class TestRelay:
    @pytest.fixture
    def stored(self, world: World) -> StoredFile:
        return world.add()

    def run(self, world: World, stored: StoredFile, relay: FileRelay | None) -> tuple[Any, list[float]]:
        """The result, and what was reported."""
        reported: list[float] = []
        assert stored.job
        return RelayFile(world.files, world.blobs, relay).run(stored.job, reported.append), reported

    def test_a_file_is_sent_whole_with_the_job_as_its_key(self, world: World, stored: StoredFile) -> None:
        relay = FakeRelay()
        result, reported = self.run(world, stored, relay)
        assert relay.got == [(stored.file.job_id, "x.txt", "text/plain", 12, b"Ada Lovelace")]
        assert result == {"relayed": True, "status": 201, "answer": {"id": 7}}
        assert reported[-1] == 1.0
        assert reported == sorted(reported)

    def test_an_empty_one(self, world: World) -> None:
        relay = FakeRelay()
        result, _ = self.run(world, world.add(chunks=[]), relay)
        assert result["relayed"]
        assert relay.got[0][3:] == (0, b"")

    def test_without_anybody_to_send_it_to(self, world: World, stored: StoredFile) -> None:
        assert self.run(world, stored, None)[0] == {"relayed": False}

    def test_what_is_gone_or_going_is_not_sent(self, world: World, stored: StoredFile) -> None:
        relay = FakeRelay()
        world.files.update(stored.file.id, lambda file: file.deleting(world.watch()))
        assert self.run(world, stored, relay)[0] == {"relayed": False}
        world.files.remove(world.file(stored.file.id))
        assert self.run(world, stored, relay)[0] == {"relayed": False}
        assert relay.got == []

    def test_who_is_not_wanted_any_more_stops_at_the_next_chunk(self, world: World, stored: StoredFile) -> None:
        def report(progress: float) -> NoReturn:
            raise NotRunnable

        assert stored.job
        with pytest.raises(NotRunnable):
            RelayFile(world.files, world.blobs, FakeRelay()).run(stored.job, report)

    def test_what_the_other_service_says_against_it_is_said(self, world: World, stored: StoredFile) -> None:
        class Refusing(FakeRelay):
            def send(self, *arguments: Any) -> NoReturn:
                raise AttemptFailed("It answered 422.", final=True)

        with pytest.raises(AttemptFailed, match="422"):
            self.run(world, stored, Refusing())

    def test_given_up_or_tried_again_the_file_stays(self, world: World, stored: StoredFile) -> None:
        work = RelayFile(world.files, world.blobs, None)
        job = cast(Job, stored.job)
        work.abandon(job)
        work.resume(job)
        assert world.file(stored.file.id) == stored.file
