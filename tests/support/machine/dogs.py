"""The rules of dogs and of the jobs that fetch their pictures."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from src.domain.errors import AttemptFailed
from src.domain.jobs import NotRunnable
from tests.support.machine.base import PICK, pick
from tests.support.machine.model import MOST_ATTEMPTS, Dog, Job, key_of
from tests.support.machine.people import PASSWORDS, PeopleMachine, somebody
from tests.support.world import PICTURE

NAMES = st.sampled_from(["Rex", "REX", "Luna", "Ñ", "n\u0303"])
OWN_PICTURE = "https://images.dog.ceo/breeds/hound/own.jpg"
CHANGES = st.fixed_dictionaries(
    {}, optional={"name": NAMES, "is_adopted": st.booleans(), "picture": st.just(OWN_PICTURE)}
).filter(bool)
ERRORS: dict[str, Callable[[], Exception | None]] = {
    "succeeds": lambda: None,
    "fails": lambda: AttemptFailed("no"),
    "fails for good": lambda: AttemptFailed("no", final=True),
    "crashes": RuntimeError,
}
OUTCOMES = st.lists(st.sampled_from(["fails", "crashes", *ERRORS]), min_size=1, max_size=5)
some_job = precondition(lambda self: self.model.jobs)


class DogMachine(PeopleMachine):
    """People have dogs, and jobs fetch the pictures."""

    def _name(self, name: str) -> str:
        return f"{name} {self.suffix}"

    def _dog_of(self, job: Job) -> Dog | None:
        return next((each for each in self.model.dogs if each.job is job and not each.gone), None)

    @somebody
    @rule(number=PICK, name=NAMES, adopted=st.booleans())
    def add_a_dog(self, number: int, name: str, adopted: bool) -> None:
        login, name = self.caller(number), self._name(name)
        answer = self.send("POST", f"/api/dogs/{quote(name)}", login, json={"is_adopted": adopted})
        if self.refuses(answer, login, guests=True):
            return
        assert answer.status_code == (409 if self.model.dog(name) else 201), answer.text
        if answer.status_code == 201:
            id = answer.headers["Link"].partition(">")[0].rpartition("/")[2]
            self.model.jobs.append(Job(id, login.account, self.watch()))
            self.model.dogs.append(Dog(answer.json["name"], login.account, adopted, self.model.jobs[-1]))
            assert key_of(answer.json["name"]) == key_of(name)

    @somebody
    @rule(number=PICK, name=NAMES, change=CHANGES)
    def change_a_dog(self, number: int, name: str, change: dict[str, Any]) -> None:
        login, dog = self.caller(number), self.model.dog(self._name(name))
        body = change | ({"name": self._name(change["name"])} if "name" in change else {})
        answer = self.send("PUT", f"/api/dogs/{quote(self._name(name))}", login, json=body)
        if self.refuses(answer, login, guests=True):
            return
        if dog is None or dog.owner is not login.account:
            assert answer.status_code == (403 if dog else 404), answer.text
        elif "name" in body and self.model.dog(body["name"]) not in (None, dog):
            assert answer.status_code == 409, answer.text
        else:
            assert answer.status_code == 200, answer.text
            dog.name, dog.adopted = answer.json["name"], body.get("is_adopted", dog.adopted)
            assert key_of(dog.name) == key_of(body.get("name", self._name(name)))
            if "picture" in body:
                dog.picture, dog.status = OWN_PICTURE, "ready"

    @somebody
    @rule(number=PICK, name=NAMES)
    def delete_a_dog(self, number: int, name: str) -> None:
        login, dog = self.caller(number), self.model.dog(self._name(name))
        answer = self.send("DELETE", f"/api/dogs/{quote(self._name(name))}", login)
        if not self.refuses(answer, login, guests=True):
            mine = dog is not None and dog.owner is login.account
            assert answer.status_code == (204 if mine else 403 if dog else 404), answer.text
            if dog:
                dog.gone |= mine

    @rule(name=NAMES)
    def see_a_dog(self, name: str) -> None:
        answer, dog = self.send("GET", f"/api/dogs/{quote(self._name(name))}"), self.model.dog(self._name(name))
        assert answer.status_code == (200 if dog else 404)
        if dog:
            assert dog.shown().items() <= answer.json.items()

    @rule(adopted=st.booleans())
    def list_the_dogs(self, adopted: bool) -> None:
        url, seen = f"/api/dogs{'/is_adopted' if adopted else ''}?limit=2", []
        while url:
            answer = self.send("GET", url)
            seen += [each["name"] for each in answer.json if each["name"].endswith(f" {self.suffix}")]
            url = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
        dogs = [each for each in self.model.dogs if not each.gone and (each.adopted or not adopted)]
        assert seen == [each.name for each in sorted(dogs, key=lambda dog: key_of(dog.name))]

    @initialize(password=PASSWORDS, name=NAMES)
    def two_users_have_a_dog(self, password: str, name: str) -> None:
        self.two_users_log_in(password)
        self.add_a_dog(0, name, False)

    @some_job
    @rule(number=PICK, outcomes=OUTCOMES, waits=st.booleans())
    def run_a_job(self, number: int, outcomes: list[str], waits: bool) -> None:
        for outcome in outcomes:
            job = pick(self.model.jobs, number)
            if waits:
                self.watch.forward(max(0, int((job.run_at - self.watch()).total_seconds()) + 1))
            self._run(job, outcome)

    def _run(self, job: Job, outcome: str) -> None:
        self.pictures.error = ERRORS[outcome]()
        wait, now, dog = self.services.jobs.runner.run(job.id), self.watch(), self._dog_of(job)
        if job.status != "queued" or now < job.run_at:
            assert wait is None
            return
        job.attempts += 1
        fetched = dog is not None and dog.picture is None
        if not fetched or outcome == "succeeds":
            job.status = "succeeded"
            if dog and fetched:
                dog.picture, dog.status = PICTURE, "ready"
        elif outcome == "fails for good" or job.attempts == MOST_ATTEMPTS:
            job.status = "failed"
            if dog:
                dog.status = "failed"
        else:
            assert wait
            job.run_at = now + timedelta(seconds=wait)
            return
        assert wait is None

    @some_job
    @rule(number=PICK)
    def a_job_is_as_it_was_left(self, number: int) -> None:
        job = pick(self.model.jobs, number)
        seen = self.services.jobs.jobs.get(job.id)
        assert seen
        assert (seen.status, seen.attempts) == (job.status, job.attempts)

    @somebody
    @some_job
    @rule(number=PICK, other=PICK, cancels=st.booleans())
    def see_or_cancel_a_job(self, number: int, other: int, cancels: bool) -> None:
        login, job = self.caller(number), pick(self.model.jobs, other)
        answer = self.send("DELETE" if cancels else "GET", f"/jobs/{job.id}", login)
        if self.refuses(answer, login, guests=True):
            return
        if job.owner is not login.account:
            assert answer.status_code == 404
        elif not cancels:
            assert (answer.json["status"], answer.json["attempts"]) == (job.status, job.attempts)
        elif job.status in ("succeeded", "failed"):
            assert answer.status_code == 409
        else:
            assert answer.status_code == 204
            self._ended(job, "cancelled")

    @some_job
    @rule(number=PICK)
    def try_a_job_again(self, number: int) -> None:
        job = pick(self.model.jobs, number)
        try:
            self.services.jobs.retry(None, job.id)
        except NotRunnable:
            assert job.status in ("queued", "succeeded")
            return
        assert job.status in ("failed", "cancelled")
        job.status, job.attempts, job.run_at = "queued", 0, self.watch()
        if (dog := self._dog_of(job)) and not dog.picture:
            dog.status = "pending"

    def _ended(self, job: Job, status: str) -> None:
        if (dog := self._dog_of(job)) and not dog.picture and job.status == "queued":
            dog.status = "failed"
        job.status = status
