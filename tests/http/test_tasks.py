"""Tasks over HTTP. test_crud.py tests what all entities have in common."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import TASKS
from tests.support.working import Watch
from tests.support.world import (
    Answer,
    Client,
    Person,
    build,
    client_of,
    errors_of,
    join,
    logged_in,
    registration,
    services_of,
)

Call = Callable[..., Answer]
CHANGES: list[Call] = [Client.put, Client.patch]


def _add(client: Client, person: Person, **fields: Any) -> Answer:
    return client.post("/tasks", json={"title": "Walk the dog", **fields}, headers=person.headers)


def _list(client: Client, person: Person, **query: Any) -> Answer:
    return client.get("/tasks", headers=person.headers, query_string=query)


def _titles(answer: Answer) -> list[str]:
    return [task["title"] for task in answer.json]


# One task


def test_title_is_the_only_required_field(client: Client, anna: Person) -> None:
    made = _add(client, anna).json
    assert (made["description"], made["completed"]) == (None, False)
    answer = client.post("/tasks", json={"description": "x"}, headers=anna.headers)
    assert (answer.status_code, errors_of(answer)) == (422, {("title", "required")})


def test_every_bad_field_is_named_at_once(client: Client, anna: Person) -> None:
    answer = _add(client, anna, title="", description=1, completed="no")
    assert {field for field, _ in errors_of(answer)} == {"title", "description", "completed"}


@pytest.mark.parametrize("call", CHANGES)
def test_a_change_sets_updated_at_to_its_time(call: Call) -> None:
    watch = Watch()
    client = client_of(build(clock=watch))
    anna = join(client)
    made = _add(client, anna).json
    watch.forward(1)
    changed = call(client, f"/tasks/{made['id']}", json={"title": "Sleep"}, headers=anna.headers)
    assert changed.json == {**made, "title": "Sleep", "updated_at": watch().isoformat().replace("+00:00", "Z")}


def test_tasks_of_others_are_hidden_from_every_role(client: Client, anna: Person) -> None:
    made = _add(client, anna)
    for role in ("guest", "user", "admin"):
        other = join(client, role)
        missing = client.get("/tasks/" + "0" * 32, headers=other.headers).json
        answer = client.get(made.headers["Location"], headers=other.headers)
        assert (answer.status_code, answer.json["detail"]) == (404, missing["detail"])
        assert _list(client, other).json == []


# Lists


def test_changing_a_task_does_not_move_it_in_the_list(client: Client, anna: Person) -> None:
    made = [_add(client, anna, title=title) for title in "abc"]
    client.put(made[0].headers["Location"], json={"completed": True}, headers=anna.headers)
    assert _titles(_list(client, anna)) == ["c", "b", "a"]


def test_the_list_is_filtered_by_completed(client: Client, anna: Person) -> None:
    for number in range(4):
        _add(client, anna, title=str(number), completed=number % 2 == 1)
    assert _titles(_list(client, anna)) == ["3", "2", "1", "0"]
    assert _titles(_list(client, anna, completed="true")) == ["3", "1"]
    assert _titles(_list(client, anna, completed="false")) == ["2", "0"]


@pytest.mark.parametrize("completed", ["", "True", "FALSE", "1", "0", "yes", "null", " true"])
def test_a_completed_filter_other_than_true_or_false_returns_422(client: Client, anna: Person, completed: str) -> None:
    answer = _list(client, anna, completed=completed)
    assert (answer.status_code, errors_of(answer)) == (422, {("completed", "boolean")})


# Guests


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_guest_that_registers_keeps_its_tasks(client: Client) -> None:
    guest = join(client, "guest")
    made = _add(client, guest).json
    user = client.post("/register", json=registration(), headers=guest.headers).json
    anna = logged_in(client, Person(user, ""))
    assert _list(client, anna).json == [made]


def test_purging_a_guest_deletes_its_tasks(watch: Watch) -> None:
    store = MemoryStore()
    app: Flask = build(store, clock=watch)
    client = client_of(app)
    guest, anna = join(client, "guest"), join(client)
    for person in (guest, anna):
        _add(client, person)
    watch.forward(24 * 3600 + 60)
    assert services_of(app).accounts.accounts.purge_guests() == 1
    assert {document.fields["user_id"] for document in store.scan(TASKS, limit=9)} == {anna.user["id"]}
    assert len(_list(client, logged_in(client, anna)).json) == 1


def test_a_change_of_the_task_of_another_user_returns_404_whatever_its_if_match(client: Client, anna: Person) -> None:
    theirs = client.post("/tasks", json={"title": "Walk the dog"}, headers=anna.headers).json["id"]
    for id in (theirs, "0" * 32):
        headers = {**join(client).headers, "If-Match": '"x"'}
        assert client.put(f"/tasks/{id}", json={"title": "Mine"}, headers=headers).status_code == 404
