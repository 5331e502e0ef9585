"""Uploads of files, and the job that relays them. test_stored_objects.py tests what they share with datasets."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, NoReturn, TypeVar, cast

import pytest

from src.application.files import RELAY, RELAYS_AT_ONCE, RelayFile, StoredFile
from src.application.jobs import SLOW_JOBS_AT_ONCE, JobHandler, JobPlaces, JobRunner
from src.application.ports import FileRelay, RelayAnswer
from src.application.stored_objects import HEARTBEAT, HEARTBEAT_TIMEOUT
from src.domain.errors import AttemptFailed, NotFound, Unavailable
from src.domain.jobs import Job, JobStatus, NotRunnable
from src.domain.receipts import Repeated
from src.infrastructure.queues.inline import InlineQueue
from tests.support.working import FakeHandler
from tests.unit.stored_objects.files import TEXT, FileWorld
from tests.unit.stored_objects.world import ADA, ROOT, Killed

T = TypeVar("T")


def in_another_thread(act: Callable[[], T]) -> T:
    """Return the result of ``act`` in another thread, because obstore cannot be called from its own callbacks."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(act).result(60)


def relay_to(world: FileWorld, relay: FileRelay | None) -> RelayFile:
    slow_jobs = JobPlaces(SLOW_JOBS_AT_ONCE)
    return RelayFile(files=world.files, blobs=world.blobs, relay=relay, slow_jobs=slow_jobs)


@pytest.fixture
def world() -> FileWorld:
    return FileWorld()


class TestAdd:
    def test_the_record_describes_the_stored_content(self, world: FileWorld) -> None:
        stored = world.add()
        file, job = stored.file, stored.job
        assert (file.user_id, file.filename, file.content_type) == ("ada", "x.txt", "text/plain")
        assert (file.size, file.sha256) == (12, hashlib.sha256(b"Ada Lovelace").hexdigest())
        assert job
        assert (job.id, job.kind, job.subject_id, job.user_id) == (file.job_id, RELAY, file.id, "ada")
        assert world.file(file.id) == file
        assert world.is_reconciled()
        assert world.queue.sent == [job.id]
        receipt = world.receipts.get("key")
        assert receipt
        assert (receipt.fingerprint, receipt.answer, receipt.revision) == (
            "fingerprint",
            {"id": file.id},
            file.revision,
        )
        assert world.reconcile_later() == 0

    @pytest.mark.parametrize("chunks", [[], [b""], [b"", b"x", b""]])
    def test_files_of_any_length_are_stored(self, world: FileWorld, chunks: list[bytes]) -> None:
        file = world.add(chunks=chunks).file
        assert b"".join(world.blobs.read(file.key)) == b"".join(chunks)
        assert file.size == len(b"".join(chunks))

    def test_a_repetition_stores_nothing(self, world: FileWorld) -> None:
        world.add()
        body = iter(TEXT)
        with pytest.raises(Repeated):
            world.add(chunks=body)
        assert list(body) == TEXT, "it is not even read"
        assert len(world.all_records()) == len(world.objects()) == 1

    @pytest.mark.parametrize("error", [ValueError, OSError, NotFound, Unavailable, KeyboardInterrupt, GeneratorExit])
    @pytest.mark.parametrize("after", [0, 1, 2])
    def test_an_interrupted_upload_leaves_nothing(
        self, world: FileWorld, error: type[BaseException], after: int
    ) -> None:
        def chunks() -> Iterator[bytes]:
            yield from TEXT[:after]
            raise error

        with pytest.raises(error):
            world.add(chunks=chunks())
        world.assert_empty()
        assert world.queue.sent == []
        world.add()


class TestKilled:
    def test_a_process_killed_during_the_upload_leaves_nothing(self, world: FileWorld) -> None:
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
        assert len(world.all_records()) == 1
        assert world.reconcile_later() == 1
        world.assert_empty()


class TestSlow:
    def test_an_upload_with_heartbeats_is_not_reconciled(self, world: FileWorld) -> None:
        def chunks() -> Iterator[bytes]:
            for byte in b"Ada Lovelace":
                world.watch.forward(HEARTBEAT * 2)
                yield bytes([byte])
                assert world.here.objects.reconcile() == 0

        world.add(chunks=chunks())
        assert world.is_reconciled()

    def test_heartbeats_are_stored_from_time_to_time_only(self, world: FileWorld) -> None:
        steps: list[str] = []

        def chunks() -> Iterator[bytes]:
            for _ in range(100):
                world.watch.forward(HEARTBEAT / 20)
                yield b"x"

        world.add(world.process(steps.append), chunks())
        assert steps.count("after update") == 5

    def test_an_upload_reconciled_meanwhile_is_undone(self, world: FileWorld) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"Ada "
            assert in_another_thread(world.reconcile_later) == 1
            yield b"Lovelace"
            pytest.fail("it goes on")

        with pytest.raises(Unavailable, match="too long"):
            world.add(chunks=chunks())
        world.assert_empty()

    def test_an_upload_that_is_being_reconciled_is_undone(self, world: FileWorld) -> None:
        """The reconciliation is killed when it has claimed the record, before it removes anything."""

        def chunks() -> Iterator[bytes]:
            yield b"Ada "
            world.watch.forward(HEARTBEAT_TIMEOUT)
            with pytest.raises(Killed):
                in_another_thread(world.mortal(2).objects.reconcile)
            yield b"Lovelace"

        with pytest.raises(Unavailable, match="too long"):
            world.add(chunks=chunks())
        world.assert_empty()

    def test_an_upload_whose_owner_is_deleted_is_undone(self, world: FileWorld) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"Ada "
            in_another_thread(lambda: world.here.objects.delete_for_user("ada"))
            world.watch.forward(HEARTBEAT * 2)
            yield b"Lovelace"

        with pytest.raises(Unavailable):
            world.add(chunks=chunks())
        world.assert_empty()


class TestOwners:
    def test_a_file_is_shown_with_its_job_until_the_job_expires(self, world: FileWorld) -> None:
        service, file = world.here.service, world.add().file
        job = world.jobs.get(file.job_id)
        assert job
        assert service.show(ADA, file.id).job == service.show(ROOT, file.id).job == job
        assert [each.job for each in service.list(ADA, None, 10).items] == [job]
        world.jobs.remove(job.id)
        assert service.show(ADA, file.id).job is None
        assert [each.job for each in service.list(ADA, None, 10).items] == [None]


class FakeRelay:
    """A relay that records the files that it gets. Implements FileRelay."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, str, int, bytes]] = []

    def send(self, job_id: str, filename: str, content_type: str, size: int, chunks: Iterable[bytes]) -> RelayAnswer:
        self.got.append((job_id, filename, content_type, size, b"".join(chunks)))
        return RelayAnswer(201, {"id": 7})


class TestRelay:
    @pytest.fixture
    def stored(self, world: FileWorld) -> StoredFile:
        return world.add()

    def run(self, world: FileWorld, stored: StoredFile, relay: FileRelay | None) -> tuple[Any, list[float]]:
        """Return the result of the job, and the progress that it reported."""
        reported: list[float] = []
        assert stored.job
        return relay_to(world, relay).run(stored.job, reported.append), reported

    def test_a_file_is_sent_completely_with_the_job_id(self, world: FileWorld, stored: StoredFile) -> None:
        relay = FakeRelay()
        result, reported = self.run(world, stored, relay)
        assert relay.got == [(stored.file.job_id, "x.txt", "text/plain", 12, b"Ada Lovelace")]
        assert result == {"relayed": True, "status": 201, "answer": {"id": 7}}
        assert reported[-1] == 1.0
        assert reported == sorted(reported)

    def test_an_empty_file_is_sent(self, world: FileWorld) -> None:
        relay = FakeRelay()
        result, _ = self.run(world, world.add(chunks=[]), relay)
        assert result["relayed"]
        assert relay.got[0][3:] == (0, b"")

    def test_a_file_is_not_sent_without_a_relay(self, world: FileWorld, stored: StoredFile) -> None:
        assert self.run(world, stored, None)[0] == {"relayed": False}

    def test_a_deleted_file_is_not_sent(self, world: FileWorld, stored: StoredFile) -> None:
        relay = FakeRelay()
        world.files.update(stored.file.id, lambda file: file.deleting(world.watch()))
        assert self.run(world, stored, relay)[0] == {"relayed": False}
        world.files.remove(world.file(stored.file.id))
        assert self.run(world, stored, relay)[0] == {"relayed": False}
        assert relay.got == []

    def test_a_cancelled_relay_stops_at_the_next_chunk(self, world: FileWorld, stored: StoredFile) -> None:
        def progress(done: float) -> NoReturn:
            raise NotRunnable

        assert stored.job
        with pytest.raises(NotRunnable):
            relay_to(world, FakeRelay()).run(stored.job, progress)

    def test_the_refusal_of_the_other_service_is_reported(self, world: FileWorld, stored: StoredFile) -> None:
        class Refusing(FakeRelay):
            def send(self, *arguments: Any) -> NoReturn:
                raise AttemptFailed("It answered 422.", final=True)

        with pytest.raises(AttemptFailed, match="422"):
            self.run(world, stored, Refusing())

    def test_abandoning_or_retrying_the_relay_keeps_the_file(self, world: FileWorld, stored: StoredFile) -> None:
        work = relay_to(world, None)
        job = cast(Job, stored.job)
        work.abandon(job)
        work.resume(job)
        assert world.file(stored.file.id) == stored.file


class HeldRelay(FakeRelay):
    """Keeps each file until the test releases it. See FileRelay."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = threading.Semaphore(0)
        self.released = threading.Event()

    def send(self, *arguments: Any) -> RelayAnswer:
        self.arrived.release()
        assert self.released.wait(60)
        return super().send(*arguments)

    def wait_for(self, count: int) -> None:
        for _ in range(count):
            assert self.arrived.acquire(timeout=60)


class TestPlaces:
    @pytest.fixture
    def relay(self) -> Iterator[HeldRelay]:
        relay = HeldRelay()
        yield relay
        relay.released.set()

    @pytest.fixture
    def notices(self) -> FakeHandler:
        return FakeHandler()

    @pytest.fixture
    def runner(self, world: FileWorld, relay: HeldRelay, notices: FakeHandler) -> JobRunner:
        sending = relay_to(world, relay)
        handlers: dict[str, JobHandler] = {RELAY: sending, "notice": notices}
        return JobRunner(jobs=world.jobs, handlers=handlers, delay=timedelta(0), clock=world.watch)

    def add(self, world: FileWorld) -> str:
        return world.add(key=None).file.job_id

    def job(self, world: FileWorld, id: str) -> Job:
        job = world.jobs.get(id)
        assert job
        return job

    def test_a_file_without_a_place_is_sent_later_and_spends_no_attempt(
        self, world: FileWorld, relay: HeldRelay, runner: JobRunner
    ) -> None:
        with ThreadPoolExecutor(RELAYS_AT_ONCE) as threads:
            first = [threads.submit(runner.run, self.add(world)) for _ in range(RELAYS_AT_ONCE)]
            relay.wait_for(RELAYS_AT_ONCE)
            late = self.add(world)
            for _ in range(10):
                assert in_another_thread(lambda: runner.run(late))
                job = self.job(world, late)
                assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)
                assert job.error == "Other files are being checked or sent on first."
                world.watch.forward(3600)
            relay.released.set()
            assert [each.result(60) for each in first] == [None] * RELAYS_AT_ONCE
        assert runner.run(late) is None
        assert (self.job(world, late).status, self.job(world, late).attempts) == (JobStatus.SUCCEEDED, 1)
        assert len(relay.got) == RELAYS_AT_ONCE + 1

    def test_files_without_a_place_try_again_one_after_the_other(
        self, world: FileWorld, relay: HeldRelay, runner: JobRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("src.application.jobs.runner.SPREAD_SECONDS", 0)
        with ThreadPoolExecutor(RELAYS_AT_ONCE) as threads:
            for _ in range(RELAYS_AT_ONCE):
                threads.submit(runner.run, self.add(world))
            relay.wait_for(RELAYS_AT_ONCE)
            waits = [runner.run(self.add(world)) or 0 for _ in range(200)]
            relay.released.set()
        assert waits[0] == pytest.approx(3)
        assert waits[-1] > 4
        assert len(relay.got) == RELAYS_AT_ONCE

    def test_a_deleted_file_needs_no_place(self, world: FileWorld, relay: HeldRelay, runner: JobRunner) -> None:
        with ThreadPoolExecutor(RELAYS_AT_ONCE) as threads:
            for _ in range(RELAYS_AT_ONCE):
                threads.submit(runner.run, self.add(world))
            relay.wait_for(RELAYS_AT_ONCE)
            file = world.add(key=None).file
            world.files.update(file.id, lambda file: file.deleting(world.watch()))
            assert runner.run(file.job_id) is None
            assert self.job(world, file.job_id).result == {"relayed": False}
            relay.released.set()

    @pytest.mark.parametrize("error", [AttemptFailed("It took too long."), NotRunnable(), OSError("disk")], ids=repr)
    def test_a_place_is_free_again_after_an_error(
        self, world: FileWorld, relay: HeldRelay, runner: JobRunner, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def fail(*_: Any) -> NoReturn:
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(relay, "send", fail)
            for _ in range(2 * RELAYS_AT_ONCE):
                runner.run(self.add(world))
        relay.released.set()
        id = self.add(world)
        assert runner.run(id) is None
        assert self.job(world, id).status is JobStatus.SUCCEEDED

    def test_a_slow_receiver_leaves_threads_of_the_queue_to_other_jobs(
        self, world: FileWorld, relay: HeldRelay, runner: JobRunner, notices: FakeHandler
    ) -> None:
        noticed = threading.Event()
        notices.does = lambda job, progress: noticed.set()
        queue = InlineQueue(runner.run)
        for _ in range(4):
            queue.send(self.add(world))
        relay.wait_for(RELAYS_AT_ONCE)
        notice = Job.new(kind="notice", subject_id="ada", user_id=None, now=world.watch())
        world.store.commit(world.jobs.write(notice))
        queue.send(notice.id)
        assert noticed.wait(60)
        assert relay.got == []
        relay.released.set()
        assert queue.close(60)
