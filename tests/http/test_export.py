"""The download of everything that the service holds about a user."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from src.application.exports import Export
from src.domain.tasks import Task
from src.domain.users import User
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import COLLECTIONS, SESSIONS, USERS
from src.interfaces.http.features.exports import ExportView, stream_export
from tests.support.second_steps import give_phone
from tests.support.world import Client, Person, build, client_of, join, logged_in, place, services_of

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
LISTS = [name for name in ExportView.model_fields if name != "user"]
UUIDS = [f"00000000-0000-0000-0000-00000000000{digit}" for digit in range(3)]


def exported(client: Client, person: Person) -> dict[str, Any]:
    answer = client.get("/user/export", headers=person.headers)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def fill(client: Client, person: Person) -> None:
    """Create several of everything that a user can have."""
    client.post("/user/keys", json={"name": "Report", "scope": "read"}, headers=person.headers)
    give_phone(client.application, person.user["id"])
    for _ in range(3):
        for path in ("/datasets/{id}", "/api/files/{id}", "/api/dogs/{name}"):
            place(client, person, "GET", path)
    for key in UUIDS:
        body = {"title": f"{person.user['username']} {key}"}
        assert client.post("/tasks", json=body, headers={**person.headers, "Idempotency-Key": key}).status_code == 201


def ids(found: dict[str, Any]) -> dict[str, set[str]]:
    without_ids = "receipts", "invitations", "sign_ins"
    return {name: {each["id"] for each in found[name]} for name in LISTS if name not in without_ids}


def test_an_export_is_what_the_routes_show(client: Client) -> None:
    anna = logged_in(client, join(client, "uploader"))
    fill(client, anna)
    found = exported(client, anna)
    shown = {
        "user": "/user",
        "sessions": "/auth/sessions",
        "tasks": "/tasks",
        "dogs": f"/users/{anna.user['id']}/dogs",
        "files": "/api/files",
        "datasets": "/datasets",
    }
    for name, path in shown.items():
        assert found[name] == client.get(path, headers=anna.headers).json
    assert [len(found[name]) for name in ("sessions", "tasks", "dogs", "files", "datasets")] == [2, 3, 3, 3, 3]
    assert len(found["jobs"]) == 6  # the jobs of the dogs and of the files
    for job in found["jobs"]:
        assert job == client.get(f"/jobs/{job['id']}", headers=anna.headers).json
    assert [each["answer"]["status"] for each in found["receipts"]] == [201] * 3
    assert found["sign_ins"] == [{"day": found["sessions"][0]["created_at"][:10]}]


def test_every_collection_that_belongs_to_users_is_in_the_export(app: Flask) -> None:
    owned = {
        collection.name for collection in COLLECTIONS if any(field.enforced for field in collection.fields.values())
    } | {"events", "invitations", "sign_ins"}
    assert services_of(app).exports.lists.keys() == {*LISTS} == owned


@pytest.mark.parametrize("role", ["uploader", "admin"])
def test_an_export_holds_nothing_of_other_users(client: Client, role: str) -> None:
    anna, other = join(client, role), join(client, "uploader")
    fill(client, anna)
    fill(client, other)
    mine, theirs = exported(client, anna), exported(client, other)
    assert all(ids(mine).values())
    for name, found in ids(mine).items():
        assert found.isdisjoint(ids(theirs)[name])
    assert other.user["username"] not in str(mine)


def test_an_export_holds_no_hash_of_a_password_or_token() -> None:
    store = MemoryStore()
    client = client_of(build(store))
    anna = join(client, "uploader")
    client.post("/auth/refresh", json={"refresh_token": anna.refresh})
    fill(client, anna)
    stored = [*store.scan(USERS, limit=9), *store.scan(SESSIONS, limit=9)]
    secret = {
        document.fields.get(name) for document in stored for name in ("password_hash", "current_hash", "spent_hash")
    }
    text = client.get("/user/export", headers=anna.headers).text
    assert len(secret - {None}) >= 3
    assert not [value for value in secret if value and value in text]
    assert anna.token not in text


def test_an_export_holds_the_items_of_every_page(client: Client, anna: Person) -> None:
    services = services_of(client.application)
    owner = services.accounts.accounts.users.get(anna.user["id"])
    assert owner
    added = [services.tasks.add(owner, {"title": f"{at}"}).id for at in range(250)]
    assert sorted(task["id"] for task in exported(client, anna)["tasks"]) == sorted(added)


def test_a_guest_can_download_its_export(client: Client) -> None:
    guest = join(client, "guest")
    client.post("/tasks", json={"title": "Walk the dog"}, headers=guest.headers)
    found = exported(client, guest)
    assert found["user"] == guest.user
    assert {name: len(found[name]) for name in LISTS if found[name]} == {"sessions": 1, "tasks": 1, "events": 2}


def test_an_export_is_a_download_that_is_not_cached(client: Client, anna: Person) -> None:
    answer = client.get("/user/export", headers=anna.headers)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="portero-export.json"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_page_is_read_when_the_pages_before_it_have_been_sent(app: Flask) -> None:
    reads: list[int] = []

    def pages() -> Iterator[list[Task]]:
        for at in range(3):
            reads.append(at)
            yield [Task(f"{at}", "ada", NOON, NOON, "Walk the dog")]

    export = Export(user=User.new(now=NOON), sections={"tasks": pages()})
    with app.test_request_context():
        read_before = [len(reads) for chunk in stream_export(export, None).response if b"Walk the dog" in chunk]
    assert read_before == [1, 2, 3]
