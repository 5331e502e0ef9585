"""Killed at any step, the web process and the worker lose no accepted work, and leave nothing half done.

The process gets SIGKILL before and after every commit to the store and every call of object storage and of the picture
API. The tests then run the periodic tasks at once, with a clock that is a minute ahead.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from src.bootstrap.adapters import now
from src.domain.dogs import PictureStatus
from src.domain.jobs import Job, JobStatus
from src.domain.values import Role
from tests.e2e.firebase import PASSWORD
from tests.e2e.mortal import Mortal, Place, Request, told
from tests.e2e.wiring import Client
from tests.support import outside
from tests.support.outside import Outside
from tests.support.rows import first_page


@pytest.fixture(scope="module")
def world() -> Iterator[Outside]:
    with outside.started() as services:
        yield services


@pytest.fixture
def place(place: Place, world: Outside) -> Place:
    world.reset()
    return replace(place, relay=world.relay.url)


@pytest.fixture
def token(client: Client) -> str:
    name = f"u{uuid4().hex[:20]}"
    assert client.register(name, None, PASSWORD).status_code == 201
    token = client.log_in(name, PASSWORD)
    assert token
    return token


def later() -> datetime:
    return now() + timedelta(minutes=1)


def finish_overdue(client: Client) -> None:
    """Run the periodic tasks that running processes would run."""
    services = client.services
    services.files.objects.reconcile(timedelta(0))
    runner = replace(services.jobs.runner, clock=later)
    for job in services.jobs.jobs.due(later()).items:
        runner.run(job.id)


def job(client: Client, id: str) -> Job:
    found = client.services.jobs.jobs.get(id)
    assert found
    return found


def test_a_killed_creation_of_a_dog_stores_dog_and_job_or_neither(
    mortal: Mortal, place: Place, client: Client, token: str
) -> None:
    for die_at in itertools.count(1):
        name = f"dog-{uuid4().hex[:12]}"
        request = Request(method="POST", path=f"/api/dogs/{name}", token=token, body={})
        outcome = mortal.carry_out(place, request, die_at)
        with told(outcome.steps):
            finish_overdue(client)
            dog = client.services.dogs.dogs.by_name(name)
            assert (dog is not None) == ("after commit" in outcome.steps)
            assert dog is None or dog.picture_status is PictureStatus.READY
        if outcome.status is not None:
            assert outcome.status == 201
            assert outcome.steps == ["before commit", "after commit"]
            return


def test_a_picture_is_fetched_although_workers_are_killed(
    mortal: Mortal, place: Place, client: Client, token: str
) -> None:
    for die_at in itertools.count(1):
        name = f"dog-{uuid4().hex[:12]}"
        assert client.call("POST", f"/api/dogs/{name}", token).status_code == 201
        dog = client.services.dogs.show(name)
        outcome = mortal.carry_out(place, Request(method="RUN", path=dog.job_id, body={}), die_at)
        with told(outcome.steps):
            finish_overdue(client)
            assert client.services.dogs.show(name).picture_status is PictureStatus.READY
            assert job(client, dog.job_id).status is JobStatus.SUCCEEDED
            assert job(client, dog.job_id).attempts <= 2
        if outcome.status is not None:
            calls = ("commit", "fetch", "commit", "commit")
            assert outcome.steps == [f"{moment} {call}" for call in calls for moment in ("before", "after")]
            return


def test_a_killed_upload_is_complete_or_absent(mortal: Mortal, place: Place, client: Client, token: str) -> None:
    objects = Path(place.folder) / "blobs"
    for die_at in itertools.count(1):
        content = uuid4().hex
        request = Request(method="UPLOAD", path="/api/files", token=token, body={"content": content})
        outcome = mortal.carry_out(place, request, die_at)
        with told(outcome.steps):
            finish_overdue(client)
            listed = client.call("GET", "/api/files", token).get_json()
            stored = [each for each in objects.glob("files/*") if each.is_file()]
            assert {each.name for each in stored} == {each["id"] for each in listed}
            there = [each for each in stored if each.read_text() == content]
            # The file is stored from the second commit on.
            assert len(there) == (outcome.steps.count("after commit") == 2)
            assert all(each["job"]["status"] == "succeeded" for each in listed)
        if outcome.status is not None:
            assert outcome.status == 202
            calls = ("commit", "put", "commit")
            assert outcome.steps == [f"{moment} {call}" for call in calls for moment in ("before", "after")]
            return


def test_a_killed_dataset_is_complete_or_absent(mortal: Mortal, place: Place, client: Client, token: str) -> None:
    services, objects = client.services, Path(place.folder) / "blobs" / "datasets"
    id = client.call("GET", "/user", token).get_json()["id"]
    services.accounts.accounts.users.update(id, lambda user: replace(user, role=Role.UPLOADER))
    for die_at in itertools.count(1):
        before = services.datasets.objects.records.list_all_for_user(id).items
        body = {"content": "id,name\n1,Ann\n2,\n", "name": "People"}
        request = Request(method="UPLOAD", path="/datasets", token=token, body=body)
        outcome = mortal.carry_out(place, request, die_at)
        with told(outcome.steps):
            begun = [
                each for each in services.datasets.objects.records.list_all_for_user(id).items if each not in before
            ]
            services.datasets.objects.reconcile(timedelta(0))
            kept = services.datasets.objects.records.list_all_for_user(id).items
            # The dataset is stored from the second commit on; without its record, nothing of it is.
            assert len(kept) - len(before) == (outcome.steps[-1] == "after commit" and "after put" in outcome.steps)
            assert {each.name for each in objects.glob("*")} == {dataset.id for dataset in kept}
            for dataset in begun:
                rows = first_page(services.datasets.rows, dataset.rows_id)
                assert [line for line, _, _ in rows] == ([2, 3] if dataset.id in {each.id for each in kept} else [])
        if outcome.status is not None:
            assert outcome.status == 201
            return


def test_a_file_is_relayed_although_workers_are_killed(
    mortal: Mortal, place: Place, client: Client, token: str, world: Outside
) -> None:
    for die_at in itertools.count(1):
        file = client.upload(token, b"x" * 1000).get_json()
        world.relay.forget()
        outcome = mortal.carry_out(place, Request(method="RUN", path=file["job"]["id"], body={}), die_at)
        with told(outcome.steps):
            finish_overdue(client)
            done = job(client, file["job"]["id"])
            assert (done.status, done.result["relayed"]) == (JobStatus.SUCCEEDED, True)
            # The file is sent at least once, and at most once per attempt.
            assert 1 <= len(world.relay.received) <= done.attempts <= 2
            assert {each["sha256"] for each in world.relay.received} == {file["sha256"]}
        if outcome.status is not None:
            assert len(world.relay.received) == 1
            return


def test_a_killed_deletion_of_a_file_is_finished(mortal: Mortal, place: Place, client: Client, token: str) -> None:
    objects = Path(place.folder) / "blobs"
    for die_at in itertools.count(1):
        file = client.upload(token, b"x").get_json()
        request = Request(method="DELETE", path=f"/api/files/{file['id']}", token=token, body={})
        outcome = mortal.carry_out(place, request, die_at)
        with told(outcome.steps):
            finish_overdue(client)
            status = client.call("GET", f"/api/files/{file['id']}", token).status_code
            assert (objects / "files" / file["id"]).exists() == (status == 200)
        if outcome.status is not None:
            assert (outcome.status, status) == (204, 404)
            return
