"""Jobs that fetch pictures while the circuit breaker is open: a postponed job spends no attempt."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import ClassVar

import pytest

from src.application.dogs import PICTURE, FetchPicture
from src.application.jobs import JobRunner
from src.application.jobs import runner as application
from src.bootstrap.adapters import now
from src.domain.dogs import Dog, PictureStatus
from src.domain.errors import AttemptFailed
from src.domain.jobs import Job, JobStatus
from src.infrastructure.outgoing.circuit import Circuit
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.queues.inline import InlineQueue
from src.infrastructure.repositories.dogs import Dogs
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.stores.memory import MemoryStore
from tests.support import outside
from tests.support.clock import until


class HastyFetchPicture(FetchPicture):
    """A FetchPicture whose waits are as short as the pause of the circuit breaker."""

    waits: ClassVar[tuple[float, float, float]] = (0.05, 0.15, 0.45)
    postponed_until: ClassVar[tuple[float, float, float, float]] = (60.0, 60.0, 60.0, 60.0)  # on a busy machine, too


class World:
    """Dogs, and a queue whose threads fetch their pictures."""

    def __init__(self, api: outside.Api) -> None:
        store = MemoryStore()
        self.api, self.dogs, self.jobs = api, Dogs(store), Jobs(store)
        self.time_passes = False
        circuit = Circuit("It", pause=0.25, clock=lambda: time.monotonic() if self.time_passes else 0.0)
        self.pictures = DogPictures(api.url, [outside.PICTURE_HOST], timeout=30, connect=15, circuit=circuit)
        self.queue = InlineQueue(self._runner().run)

    def _runner(self) -> JobRunner:
        handlers = {PICTURE: HastyFetchPicture(dogs=self.dogs, pictures=self.pictures)}
        return JobRunner(jobs=self.jobs, handlers=handlers, delay=timedelta(0), clock=now)

    def open_circuit(self) -> None:
        """Fail until the circuit breaker refuses calls, which it does as long as no time passes."""
        self.api.behave("answer", status=500)
        for _ in range(6):
            with pytest.raises(AttemptFailed):
                self.pictures.fetch()
        self.api.forget()

    def add(self, name: str) -> Callable[[], tuple[Dog, Job]]:
        """Add a dog and its job. Return a function that reads both from the store."""
        job = Job.new(kind=PICTURE, subject_id=f"id of {name}", user_id="ada", now=now())
        self.dogs.add(Dog(job.subject_id, "ada", name, now(), job.id), job)
        self.queue.notify(job.id)

        def look() -> tuple[Dog, Job]:
            dog, stored = self.dogs.get(job.subject_id), self.jobs.get(job.id)
            assert dog
            assert stored
            return dog, stored

        return look


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(application, "SPREAD_SECONDS", 0.05)
    with outside.started() as services:
        world = World(services.pictures)
        yield world
        assert world.queue.close(60)


def test_a_postponed_picture_spends_attempts_only_on_real_calls(world: World) -> None:
    world.open_circuit()
    world.api.behave("answer", status=500, times=2)
    look = world.add("Rex")
    until(lambda: "left alone" in (look()[1].error or ""), "it says why it waits")
    world.time_passes = True
    until(lambda: look()[1].status.ended, "the job has ended")
    dog, job = look()
    assert (job.status, job.attempts, job.error) == (JobStatus.SUCCEEDED, 3, None)
    assert dog.picture_status is PictureStatus.READY
    assert len(world.api.received) == 3


def test_all_postponed_pictures_are_fetched_when_the_service_recovers(world: World) -> None:
    world.open_circuit()
    looks = [world.add(f"dog {number}") for number in range(30)]
    until(lambda: all(look()[1].error for look in looks), "each of them waits")
    world.api.heal()
    world.time_passes = True
    until(lambda: all(look()[1].status.ended for look in looks), "all jobs have ended")
    assert {look()[1].status for look in looks} == {JobStatus.SUCCEEDED}
