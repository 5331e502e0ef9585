"""Jobs over HTTP, from queued to ended."""

from typing import Any

import pytest
from flask import Flask

from src.domain.errors import AttemptFailed
from src.domain.messages import Translatable
from tests.support.working import RecordingQueue, Watch
from tests.support.world import (
    PICTURE,
    SECRET,
    Answer,
    Client,
    Person,
    Pictures,
    build,
    client_of,
    join,
    services_of,
    upload,
)

FIELDS = {"id", "kind", "status", "progress", "attempts", "error", "result", "created_at", "updated_at"}


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def pictures() -> Pictures:
    return Pictures()


@pytest.fixture
def queue() -> RecordingQueue:
    return RecordingQueue()


@pytest.fixture
def app(watch: Watch, pictures: Pictures, queue: RecordingQueue) -> Flask:
    return build(clock=watch, pictures=pictures, queue=queue)


@pytest.fixture
def job(client: Client, anna: Person) -> str:
    """Return the URL of the job that fetches Rex's picture."""
    return _job(client.post("/api/dogs/Rex", headers=anna.headers))


def _job(made: Answer) -> str:
    return made.headers["Link"].partition(">")[0].removeprefix("<")


def _run(app: Flask, job: str) -> float | None:
    return services_of(app).jobs.runner.run(job.rpartition("/")[2])


def _see(client: Client, person: Person, job: str) -> dict[str, Any]:
    seen: dict[str, Any] = client.get(job, headers=person.headers).json
    return seen


def _dog(client: Client) -> tuple[str | None, str]:
    dog = client.get("/api/dogs/Rex").json
    return dog["picture"], dog["picture_status"]


def _cancel(client: Client, person: Person, job: str) -> Answer:
    return client.delete(job, headers=person.headers)


def test_a_new_job_is_queued(client: Client, anna: Person, job: str, queue: RecordingQueue) -> None:
    answer = client.get(job, headers=anna.headers)
    assert set(answer.json) == FIELDS
    assert "ETag" in answer.headers
    assert (answer.json["kind"], answer.json["status"]) == ("dog-picture", "queued")
    assert (answer.json["progress"], answer.json["attempts"]) == (0, 0)
    assert (answer.json["error"], answer.json["result"]) == (None, None)
    assert answer.json["created_at"] == answer.json["updated_at"] == "2030-01-01T12:00:00.500000Z"
    assert client.get(f"/api{job}", headers=anna.headers).json == answer.json
    assert queue.sent == [answer.json["id"]]


def test_a_succeeded_job_has_a_result(app: Flask, client: Client, anna: Person, job: str, watch: Watch) -> None:
    watch.forward(1)
    assert _run(app, job) is None
    seen = _see(client, anna, job)
    assert (seen["status"], seen["progress"], seen["attempts"]) == ("succeeded", 1, 1)
    assert (seen["error"], seen["result"]) == (None, {"picture": PICTURE})
    assert seen["updated_at"] > seen["created_at"]
    assert _dog(client) == (PICTURE, "ready")


def test_a_job_sent_several_times_runs_once(app: Flask, job: str, pictures: Pictures) -> None:
    assert [_run(app, job) for _ in range(3)] == [None] * 3
    assert pictures.asked == 1
    assert _run(app, "/jobs/unknown") is None


@pytest.mark.parametrize(
    ("error", "english", "spanish"),
    [
        (
            Translatable(
                "{service} answered with status {status}.", service=Translatable("The picture service"), status=404
            ),
            "The picture service answered with status 404.",
            "El servicio de imágenes respondió con el estado 404.",
        ),
        ("An old text, with {braces}.",) * 3,
    ],
)
def test_the_error_of_a_job_is_shown_in_the_language_of_the_reader(
    app: Flask, client: Client, anna: Person, job: str, pictures: Pictures, error: str, english: str, spanish: str
) -> None:
    pictures.error = AttemptFailed(error)
    _run(app, job)
    for language, text in (("en", english), ("es", spanish)):
        answer = client.get(job, headers={**anna.headers, "Accept-Language": language})
        assert (answer.json["error"], answer.headers["Content-Language"]) == (text, language)


def test_a_job_fails_after_four_attempts(
    app: Flask, client: Client, anna: Person, job: str, watch: Watch, pictures: Pictures
) -> None:
    pictures.error = AttemptFailed("There are no dogs today.")
    waited = 0.0
    for attempt in range(1, 4):
        wait = _run(app, job)
        assert wait
        assert _run(app, job) is None  # it is not due yet
        seen = _see(client, anna, job)
        assert (seen["status"], seen["attempts"], seen["error"]) == ("queued", attempt, "There are no dogs today.")
        assert _dog(client) == (None, "pending")
        watch.forward(wait)
        waited += wait
    assert waited < 60 - 4 * 8  # so that a job fails within a minute even if every attempt takes its full time
    assert _run(app, job) is None
    seen = _see(client, anna, job)
    assert (seen["status"], seen["attempts"], seen["error"]) == ("failed", 4, "There are no dogs today.")
    assert seen["result"] is None
    assert _dog(client) == (None, "failed")
    assert pictures.asked == 4


def test_a_later_attempt_can_succeed(
    app: Flask, client: Client, anna: Person, job: str, watch: Watch, pictures: Pictures
) -> None:
    pictures.error = AttemptFailed("Not now.")
    watch.forward(_run(app, job) or 0)
    pictures.error = None
    _run(app, job)
    seen = _see(client, anna, job)
    assert (seen["status"], seen["attempts"], seen["error"]) == ("succeeded", 2, None)
    assert _dog(client) == (PICTURE, "ready")


def test_the_error_of_a_crashed_job_hides_the_exception(
    app: Flask, client: Client, anna: Person, job: str, pictures: Pictures
) -> None:
    pictures.error = RuntimeError(SECRET)
    _run(app, job)
    assert _see(client, anna, job)["error"] == "Something went wrong here."


def test_progress_never_falls(app: Flask, client: Client, anna: Person, watch: Watch) -> None:
    id = client.post("/api/files", headers=anna.headers, **upload()).json["job"]["id"]
    jobs = services_of(app).jobs.jobs
    job = jobs.update(id, lambda job: job.started("ticket", watch()))
    for reported, told in ((0.5, 0.5), (0.2, 0.5), (2.0, 0.99), (-1.0, 0.99)):
        jobs.update(id, lambda job, reported=reported: job.renewed("ticket", watch(), reported))  # type: ignore[misc]
        assert _see(client, anna, f"/jobs/{job.id}")["progress"] == told
    jobs.update(id, lambda job: job.put_back("ticket", watch(), error="Again."))
    assert _see(client, anna, f"/jobs/{job.id}")["progress"] == 0.99


def test_a_file_is_not_relayed_without_a_configured_service(app: Flask, client: Client, anna: Person) -> None:
    made = client.post("/api/files", headers=anna.headers, **upload()).json
    _run(app, f"/jobs/{made['job']['id']}")
    job = client.get(f"/api/files/{made['id']}", headers=anna.headers).json["job"]
    assert (job["status"], job["progress"], job["result"]) == ("succeeded", 1, {"relayed": False})


# Cancelling


def test_a_cancelled_job_does_not_run(app: Flask, client: Client, anna: Person, job: str, pictures: Pictures) -> None:
    assert _cancel(client, anna, job).status_code == 204
    assert _see(client, anna, job)["status"] == "cancelled"
    assert _dog(client) == (None, "failed")
    _run(app, job)
    assert pictures.asked == 0
    assert _see(client, anna, job)["status"] == "cancelled"
    assert _cancel(client, anna, f"/api{job}").status_code == 204  # cancelling twice is no error


def test_a_job_can_be_cancelled_between_two_attempts(
    app: Flask, client: Client, anna: Person, job: str, pictures: Pictures, watch: Watch
) -> None:
    pictures.error = AttemptFailed("Not now.")
    wait = _run(app, job)
    _cancel(client, anna, job)
    watch.forward(wait or 0)
    assert _run(app, job) is None
    seen = _see(client, anna, job)
    assert (seen["status"], seen["attempts"], seen["error"]) == ("cancelled", 1, "Not now.")
    assert pictures.asked == 1


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_a_job_that_has_ended_cannot_be_cancelled(
    app: Flask, client: Client, anna: Person, job: str, pictures: Pictures, status: str
) -> None:
    pictures.error = AttemptFailed("No dogs.", final=True) if status == "failed" else None
    _run(app, job)
    before, dog = _see(client, anna, job), _dog(client)
    answer = _cancel(client, anna, job)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/ended")
    assert status in answer.json["detail"]
    assert (_see(client, anna, job), _dog(client)) == (before, dog)
    assert before["status"] == status


class Watched(Pictures):
    """A source of pictures that calls ``meanwhile`` before it returns one."""

    def meanwhile(self) -> None:
        """Do nothing, unless a test replaces this method."""

    def fetch(self) -> str:
        self.meanwhile()
        return super().fetch()


def test_a_job_that_is_cancelled_while_it_runs_stays_cancelled() -> None:
    pictures = Watched()
    app = build(pictures=pictures)
    client = client_of(app)
    anna = join(client)
    job = _job(client.post("/api/dogs/Rex", headers=anna.headers))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pictures, "meanwhile", lambda: _cancel(client, anna, job))
        assert _run(app, job) is None
    assert pictures.asked == 1
    assert _see(client, anna, job)["status"] == "cancelled"


def test_a_job_does_not_replace_a_picture_set_by_a_client(
    app: Flask, client: Client, anna: Person, job: str, pictures: Pictures
) -> None:
    own = "https://images.dog.ceo/own.jpg"
    client.put("/api/dogs/Rex", json={"picture": own}, headers=anna.headers)
    _run(app, job)
    assert pictures.asked == 0
    assert _see(client, anna, job)["result"] == {"picture": own}
    assert _dog(client) == (own, "ready")


def test_cancelling_a_job_keeps_a_picture_set_by_a_client(client: Client, anna: Person, job: str) -> None:
    client.put("/api/dogs/Rex", json={"picture": PICTURE}, headers=anna.headers)
    assert _cancel(client, anna, job).status_code == 204
    assert _dog(client) == (PICTURE, "ready")


def test_the_job_of_a_deleted_dog_fetches_no_picture(
    app: Flask, client: Client, anna: Person, job: str, pictures: Pictures
) -> None:
    client.delete("/api/dogs/Rex", headers=anna.headers)
    _run(app, job)
    seen = _see(client, anna, job)
    assert (seen["status"], seen["result"]) == ("succeeded", {"picture": None})
    assert pictures.asked == 0
    assert client.get("/api/dogs/Rex").status_code == 404


def test_the_job_of_a_renamed_dog_sets_its_picture(app: Flask, client: Client, anna: Person, job: str) -> None:
    client.put("/api/dogs/Rex", json={"name": "Max"}, headers=anna.headers)
    _run(app, job)
    assert client.get("/api/dogs/Max").json["picture"] == PICTURE


# Owners


def test_only_the_owner_and_admins_see_and_cancel_a_job(client: Client, anna: Person, job: str) -> None:
    ben, root, guest = join(client), join(client, role="admin"), join(client, "guest")
    for call in (Client.get, Client.delete):
        assert call(client, job, headers=ben.headers).status_code == 404
        assert call(client, job, headers=guest.headers).status_code == 403
        assert call(client, "/jobs/" + "0" * 32, headers=anna.headers).status_code == 404
    assert _see(client, root, job) == _see(client, anna, job)
    assert _cancel(client, root, job).status_code == 204


def test_a_job_that_the_queue_lost_is_sent_again(
    client: Client, anna: Person, app: Flask, watch: Watch, queue: RecordingQueue
) -> None:
    """The service finds accepted jobs in the store, and sends them again."""
    made = client.post("/api/dogs/Max", headers=anna.headers)
    queue.sent.clear()
    jobs = services_of(app).jobs
    assert (jobs.resend(), queue.sent) == (0, [])
    watch.forward(10)
    assert jobs.resend() == 1
    assert queue.sent == [_job(made).rpartition("/")[2]]
    assert jobs.resend() == 0
