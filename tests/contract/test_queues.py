"""The contract of job queues: for threads of this process, a worker behind a real broker, and a stub of Cloud Tasks."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from src.application.ports import JobQueue
from src.domain.errors import Unavailable
from src.infrastructure.queues.celery import CeleryQueue
from src.infrastructure.queues.inline import InlineQueue
from tests.support.brokers import Broker, RabbitMQ, Redis
from tests.support.clock import Stopwatch, outcome_within, until
from tests.support.cloud_tasks import QUEUE, CloudTasks, cloud_tasks, delivering
from tests.support.races import at_once
from tests.support.workers import PATIENCE, THREADS, Jobs, ended, named, worker

SLACK = 30.0
"""Seconds that a job may start later than requested."""


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    with closing(Jobs()) as jobs:
        yield jobs


@dataclass
class Place:
    """A queue, and a function that stops its workers.

    ``stop`` takes a number of seconds, and returns whether the running jobs ended within them.
    """

    queue: JobQueue
    stop: Callable[[float], bool]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with Redis(tmp_path) as broker:
        yield broker


@pytest.fixture(scope="module")
def rabbitmq_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as broker:
        yield broker


@pytest.fixture
def rabbitmq(rabbitmq_server: RabbitMQ) -> RabbitMQ:
    rabbitmq_server.forget()
    return rabbitmq_server


@pytest.fixture(params=["inline", "redis", "rabbitmq", "cloudtasks"])
def place(request: pytest.FixtureRequest, jobs: Jobs) -> Iterator[Place]:
    if request.param == "inline":
        inline = InlineQueue(jobs.run, THREADS)
        yield Place(inline, inline.close)
        jobs.release()
        assert inline.close(PATIENCE)
        return
    if request.param == "cloudtasks":
        with cloud_tasks(THREADS) as stub, delivering(stub, jobs.run) as tasks:
            yield Place(tasks, tasks.close)
            jobs.release()
            assert tasks.close(PATIENCE)
        return
    broker: Broker = request.getfixturevalue(request.param)
    with worker(broker.url, jobs) as process:
        celery = CeleryQueue(broker.url)
        # The worker takes some seconds to start, and the tests measure times.
        celery.send(named("whole"))
        assert [jobs.heard()[0], jobs.heard()[0]] == ["begun", "ended"]
        yield Place(celery, lambda timeout: ended(process, timeout))
        assert celery.close(PATIENCE)


class TestQueue:
    def test_a_job_that_is_sent_runs_once(self, place: Place, jobs: Jobs) -> None:
        job = named("whole")
        place.queue.send(job)
        assert [jobs.heard()[:2], jobs.heard()[:2]] == [("begun", job), ("ended", job)]
        with pytest.raises(queue.Empty):
            jobs.heard(0.3)

    def test_a_job_that_is_notified_runs(self, place: Place, jobs: Jobs) -> None:
        job = named("whole")
        place.queue.notify(job)
        assert jobs.begun()[0] == job

    def test_a_delayed_job_runs_on_time_and_delays_no_other(self, place: Place, jobs: Jobs) -> None:
        late, now = named("whole"), named("whole")
        for _ in range(5 * THREADS):
            place.queue.send(named("whole"), 60)
        sent, watch = time.monotonic(), Stopwatch()
        place.queue.send(late, 4)
        place.queue.send(now)
        begun = dict(jobs.begun() for _ in range(2))  # on a busy machine in any order
        assert {*begun} == {now, late}
        assert begun[late] - sent >= 4
        assert watch.seconds < 4 + SLACK

    def test_a_job_runs_again_after_the_seconds_it_returns(self, place: Place, jobs: Jobs) -> None:
        job = named("again")
        place.queue.send(job)
        first, watch = jobs.begun(), Stopwatch()
        second = jobs.begun()
        assert first[0] == second[0] == job
        assert second[1] - first[1] >= 0.5
        assert watch.seconds < 0.5 + SLACK

    def test_as_many_jobs_run_at_a_time_as_there_are_threads(self, place: Place, jobs: Jobs) -> None:
        held = {named("held") for _ in range(THREADS)}
        for job in held:
            place.queue.send(job)
        assert {jobs.begun()[0] for _ in held} == held

    def test_a_job_that_raises_does_not_stop_the_next(self, place: Place, jobs: Jobs) -> None:
        broken = {named("broken") for _ in range(2 * THREADS)}
        for job in broken:
            place.queue.send(job)
        assert {jobs.begun()[0] for _ in broken} == broken
        last = named("whole")
        place.queue.send(last)
        assert jobs.begun()[0] == last

    def test_jobs_sent_from_many_threads_all_run(self, place: Place, jobs: Jobs) -> None:
        many = [named("whole") for _ in range(40)]
        outcomes = at_once(lambda job: place.queue.send(job, 0.2 if job < many[0] else 0), many)
        assert outcomes == [None] * len(many)
        assert {jobs.begun()[0] for _ in many} == set(many)

    def test_stopping_finishes_the_running_jobs(self, place: Place, jobs: Jobs) -> None:
        job, waiting = named("held"), named("whole")
        place.queue.send(job)
        assert jobs.begun()[0] == job
        place.queue.send(waiting, 4)
        threading.Timer(4.5, jobs.release).start()
        assert place.stop(PATIENCE)
        heard = [jobs.heard() for _ in range(2 if isinstance(place.queue, CeleryQueue) else 1)]
        assert heard[-1][:2] == ("ended", job)
        with pytest.raises(queue.Empty):
            jobs.heard(0)

    def test_a_closed_queue_refuses_jobs(self, place: Place, jobs: Jobs) -> None:
        assert place.queue.close(PATIENCE)
        with pytest.raises(Unavailable):
            place.queue.send(named("whole"))
        place.queue.notify(named("whole"))
        with pytest.raises(queue.Empty):
            jobs.heard(0.1)


class TestInlineQueue:
    @pytest.fixture
    def inline(self, jobs: Jobs) -> Iterator[InlineQueue]:
        inline = InlineQueue(jobs.run, THREADS)
        yield inline
        jobs.release()
        assert inline.close(PATIENCE)

    def test_a_job_sent_repeatedly_runs_once_at_the_earliest_time(self, inline: InlineQueue, jobs: Jobs) -> None:
        late, soon = named("whole"), named("whole")
        watch = Stopwatch()
        for job, delay in ((late, 60), (soon, 4)):
            for each in (delay, 0.2, 90):
                inline.send(job, each)
        heard = {jobs.heard()[:2] for _ in range(4)}
        assert heard == {(what, job) for what in ("begun", "ended") for job in (late, soon)}
        assert watch.seconds < SLACK  # not the time of the first one
        with pytest.raises(queue.Empty):
            jobs.heard(4)

    def test_no_thread_starts_before_the_first_job(self, inline: InlineQueue) -> None:
        before = {*threading.enumerate()}
        other = InlineQueue(lambda _: None, THREADS)
        # Threads of earlier tests may end meanwhile, and libraries may start some.
        new = [thread for thread in threading.enumerate() if thread not in before]
        assert [thread for thread in new if thread.name.startswith("job-")] == []
        assert other.close(0)

    def test_closing_waits_no_longer_than_the_timeout(self, inline: InlineQueue, jobs: Jobs) -> None:
        inline.send(named("held"))
        jobs.begun()
        assert outcome_within(10, lambda: inline.close(0.2)) is False


class TestCloudTasksQueue:
    @pytest.fixture
    def stub(self) -> Iterator[CloudTasks]:
        with cloud_tasks(THREADS) as stub:
            yield stub

    def test_a_job_that_many_processes_send_at_once_is_delivered_once(
        self, stub: CloudTasks, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("src.infrastructure.queues.cloud_tasks.SLOT_SECONDS", 10**9)  # no half minute ends now
        with delivering(stub, jobs.run) as tasks:
            job, last = named("whole"), named("whole")
            assert at_once(lambda _: tasks.send(job), range(20)) == [None] * 20
            tasks.send(last)
            assert {jobs.begun()[0], jobs.begun()[0]} == {job, last}
            until(lambda: len(stub.deliveries) == 2, "both are answered")
            assert {status for _, status in stub.deliveries} == {204}

    def test_a_delivery_to_a_process_that_stops_is_repeated(self, stub: CloudTasks, jobs: Jobs) -> None:
        with delivering(stub, jobs.run) as tasks:
            tasks.send(named("whole"), 3)
            assert tasks.close(0)
            until(lambda: len(stub.deliveries) >= 2, "it is delivered again")
            assert {status for _, status in stub.deliveries} == {503}
            with pytest.raises(queue.Empty):
                jobs.heard(0)

    @pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
    def test_an_api_that_refuses_is_unavailable(self, stub: CloudTasks, jobs: Jobs, status: int) -> None:
        with delivering(stub, jobs.run) as tasks:
            stub.status = status
            with pytest.raises(Unavailable) as sending:
                tasks.send(named("whole"))
            with pytest.raises(Unavailable) as checking:
                tasks.check()
            assert all(str(status) in str(caught.value.__cause__) for caught in (sending, checking))
            tasks.notify(named("whole"))

    def test_the_check_finds_a_queue_that_may_not_be_used(self, stub: CloudTasks, jobs: Jobs) -> None:
        with delivering(stub, jobs.run) as tasks:
            tasks.check()
            stub.permits = False
            with pytest.raises(Unavailable) as caught:
                tasks.check()
            assert QUEUE in str(caught.value.__cause__)
