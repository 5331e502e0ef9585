"""Jumps of the clock by a day, in either direction."""

from datetime import timedelta

import pytest

from src.domain.errors import AttemptFailed
from src.domain.jobs import LEASE
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from tests.http.test_webhooks import URL, World
from tests.support.mailing import MailWorld
from tests.support.second_steps import give_phone
from tests.support.working import RecordingQueue, Watch
from tests.support.world import Client, Person, Pictures, build, client_of, join, log_in, logged_in, services_of

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


@JUMPS
@pytest.mark.parametrize("remembers", [True, False])
def test_a_full_counter_of_failed_logins_counts_as_empty(watch: Watch, jump: int, remembers: bool) -> None:
    """A counter that was filled before a jump blocks nobody for a day, whether the process remembers it or not."""
    store = MemoryStore()
    client = client_of(build(store, limiter=StoreLimiter(store, watch), clock=watch))
    anna = join(client)
    assert [log_in(client, anna, "wrong").status_code for _ in range(11)] == [401] * 10 + [429]
    watch.forward(jump)
    if not remembers:
        client = client_of(build(store, limiter=StoreLimiter(store, watch), clock=watch))
    assert [log_in(client, anna, "wrong").status_code for _ in range(11)] == [401] * 10 + [429]
    watch.forward(300)
    assert log_in(client, anna).status_code == 200


@JUMPS
def test_codes_of_an_app_are_accepted_unless_the_clock_is_behind_the_last_accepted_one(
    client: Client, watch: Watch, jump: int
) -> None:
    """After a jump back, codes are refused until the clock has reached the old time; recovery codes are accepted."""
    anna = join(client)
    phone = give_phone(client.application, anna.user["id"])

    def answers(kind: str) -> int:
        ticket = log_in(client, anna).json["mfa_token"]
        return client.post("/auth/mfa", json={"mfa_token": ticket, **phone.answer(kind)}).status_code

    assert answers("code") == 200
    last, phone.last_step = phone.last_step, 0
    watch.forward(jump)
    assert answers("code") == (200 if jump > 0 else 403)
    assert answers("recovery_code") == 200
    watch.forward(max(-jump, 0) + 60)
    phone.last_step = max(phone.last_step, last)
    assert answers("code") == 200


@JUMPS
def test_a_delivery_to_a_webhook_that_waits_for_its_next_attempt_is_made(jump: int) -> None:
    """After a jump back, the delivery waits until the clock has reached the old time."""
    world = World()
    webhook = world.add(events=("login-succeeded",))
    join(world.client)
    world.receivers.answers[URL] = 500
    assert len(world.deliver()) == 1
    world.receivers.answers.clear()
    world.now += timedelta(seconds=jump)
    if jump < 0:
        assert world.deliver() == []
        world.now += timedelta(seconds=60 - jump)
    assert len(world.deliver()) == 1
    assert [each["status"] for each in world.deliveries(webhook)] == ["succeeded"]


@JUMPS
def test_the_link_of_a_mail_works_until_the_clock_shows_its_end(jump: int) -> None:
    """After a jump back a link is valid for longer; a jump forward ends it. New links work after both."""
    world = MailWorld()
    anna = join(world.client)
    world.prove(anna)
    world.ask("/auth/email/login", anna.user["email"])
    world.watch.forward(jump)
    assert world.confirm(token=world.token).status_code == (401 if jump > 0 else 200)
    world.ask("/auth/email/login", anna.user["email"])
    assert world.confirm(token=world.token).status_code == 200


def _dog(client: Client, queue: RecordingQueue) -> str:
    """Add a dog, and return the id of the job that fetches its picture."""
    assert client.post("/api/dogs/Rex", json={}, headers=join(client).headers).status_code == 201
    return queue.sent.pop()
