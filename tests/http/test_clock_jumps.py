"""A clock that jumps by a day, in either direction."""

import pytest

from src.domain.errors import AttemptFailed
from src.domain.jobs import LEASE
from tests.support.working import RecordingQueue, Watch
from tests.support.world import Client, Person, Pictures, build, client_of, join, logged_in, services_of

DAY = 24 * 3600
JUMPS = pytest.mark.parametrize("jump", [DAY, -DAY])


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def queue() -> RecordingQueue:
    return RecordingQueue()


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


@pytest.fixture
def client(watch: Watch, queue: RecordingQueue, pictures: Pictures) -> Client:
    return client_of(build(clock=watch, queue=queue, pictures=pictures))


@JUMPS
def test_sessions_go_on_and_users_log_in(client: Client, watch: Watch, jump: int) -> None:
    anna = join(client)
    watch.forward(jump)
    renewed = client.post("/auth/refresh", json={"refresh_token": anna.refresh})
    assert renewed.status_code == 200
    for token in (renewed.json["access_token"], logged_in(client, anna).token):
        assert client.get("/user", headers=Person({}, token).headers).status_code == 200


@JUMPS
def test_a_job_that_waits_for_its_next_attempt_is_run(
    client: Client, watch: Watch, queue: RecordingQueue, pictures: Pictures, jump: int
) -> None:
    id = _dog(client, queue)
    runner = services_of(client.application).jobs.runner
    pictures.error = AttemptFailed("no")
    assert runner.run(id)
    watch.forward(jump)
    pictures.error = None
    runner.run(id)
    job = runner.jobs.get(id)
    assert job
    assert (job.status, job.attempts) == ("succeeded", 2)


def test_a_running_job_is_left_to_its_worker_when_the_clock_is_set_back(
    client: Client, watch: Watch, queue: RecordingQueue
) -> None:
    id = _dog(client, queue)
    jobs = services_of(client.application).jobs.jobs
    jobs.update(id, lambda job: job.started("its ticket", watch()))
    watch.forward(-DAY)
    services_of(client.application).jobs.runner.run(id)
    job = jobs.update(id, lambda job: job.renewed("its ticket", watch()))
    assert (job.status, job.attempts, job.run_at) == ("running", 1, watch() + LEASE)


def _dog(client: Client, queue: RecordingQueue) -> str:
    """Add a dog, and return the id of the job that fetches its picture."""
    assert client.post("/api/dogs/Rex", json={}, headers=join(client).headers).status_code == 201
    return queue.sent.pop()
