"""What people do with their tasks."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from src.infrastructure.stores.memory import MemoryStore
from tests.support.world import (
    Answer,
    Client,
    Person,
    Watch,
    build,
    client_of,
    errors_of,
    join,
    logged_in,
    registration,
    services_of,
)

FIELDS = {"id", "title", "description", "completed", "created_at", "updated_at"}
NOT_OURS = {"id": "mine", "user_id": "mine", "owner": "mine", "created_at": "2000-01-01T00:00:00Z", "revision": "1"}

BAD_FIELDS: dict[str, list[Any]] = {
    "title": ["", "x" * 201, None, 1, True, ["x"], {"x": "y"}],
    "description": ["x" * 10_001, 1, False, ["x"]],
    "completed": ["true", "false", 1, 0, None, "", []],
}
GOOD_FIELDS: dict[str, list[Any]] = {
    "title": ["x", "x" * 200, "\U0001f415" * 200, " ", "a\nb", "<b>", "true"],
    "description": ["", "x" * 10_000, "\U0001f415" * 10_000, None],
    "completed": [True, False],
}
BAD = [(field, value) for field, values in BAD_FIELDS.items() for value in values]
GOOD = [(field, value) for field, values in GOOD_FIELDS.items() for value in values]
Call = Callable[..., Answer]
CHANGES: list[Call] = [Client.put, Client.patch]


def _add(client: Client, person: Person, **fields: Any) -> Answer:
    return client.post("/tasks", json={"title": "Walk the dog", **fields}, headers=person.headers)


def _list(client: Client, person: Person, **query: Any) -> Answer:
    return client.get("/tasks", headers=person.headers, query_string=query)


def _titles(answer: Answer) -> list[str]:
    return [task["title"] for task in answer.json]


# One task


def test_a_task_begins_with_what_is_given_and_nothing_else(client: Client, anna: Person) -> None:
    made = _add(client, anna, description="Twice.", completed=True)
    assert made.status_code == 201
    assert set(made.json) == FIELDS
    assert (made.json["title"], made.json["description"], made.json["completed"]) == ("Walk the dog", "Twice.", True)
    assert made.json["created_at"] == made.json["updated_at"]
    assert made.json["created_at"].endswith("Z")
    seen = client.get(made.headers["Location"], headers=anna.headers)
    assert made.headers["Location"] == f"/tasks/{made.json['id']}"
    assert (seen.json, seen.headers["ETag"]) == (made.json, made.headers["ETag"])


def test_only_the_title_is_needed(client: Client, anna: Person) -> None:
    made = _add(client, anna).json
    assert (made["description"], made["completed"]) == (None, False)
    answer = client.post("/tasks", json={"description": "x"}, headers=anna.headers)
    assert (answer.status_code, errors_of(answer)) == (422, {("title", "required")})


def test_ids_cannot_be_guessed(client: Client, anna: Person) -> None:
    ids = {_add(client, anna).json["id"] for _ in range(5)}
    assert len(ids) == 5
    assert {len(id) for id in ids} == {32}


@pytest.mark.parametrize(("field", "value"), BAD)
def test_what_is_no_such_field_is_refused(client: Client, anna: Person, field: str, value: Any) -> None:
    kept = _add(client, anna).json
    for answer in (
        _add(client, anna, **{field: value}),
        *(call(client, f"/tasks/{kept['id']}", json={field: value}, headers=anna.headers) for call in CHANGES),
    ):
        assert answer.status_code == 422
        assert [each["field"] for each in answer.json["errors"]] == [field]
    assert _list(client, anna).json == [kept]


@pytest.mark.parametrize(("field", "value"), GOOD)
def test_what_is_one_is_kept_as_it_is(client: Client, anna: Person, field: str, value: Any) -> None:
    made = _add(client, anna, **{field: value})
    assert (made.status_code, made.json[field]) == (201, value)
    other = _add(client, anna).json
    for call in CHANGES:
        changed = call(client, f"/tasks/{other['id']}", json={field: value}, headers=anna.headers)
        assert (changed.status_code, changed.json[field]) == (200, value)


def test_every_bad_field_is_named_at_once(client: Client, anna: Person) -> None:
    answer = _add(client, anna, title="", description=1, completed="no")
    assert {field for field, _ in errors_of(answer)} == {"title", "description", "completed"}


def test_what_is_not_the_client_s_to_set_is_ignored(client: Client, anna: Person) -> None:
    made = _add(client, anna, **NOT_OURS).json
    assert set(made) == FIELDS
    assert made["id"] != "mine"
    assert made["created_at"] > "2001"
    for call in CHANGES:
        changed = call(client, f"/tasks/{made['id']}", json={"title": "x", **NOT_OURS}, headers=anna.headers).json
        assert changed == {**made, "title": "x", "updated_at": changed["updated_at"]}


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize(
    "change", [{"title": "Sleep"}, {"description": "x"}, {"description": None}, {"completed": True}]
)
def test_a_field_that_is_absent_stays(call: Call, change: dict[str, Any]) -> None:
    watch = Watch()
    client = client_of(build(clock=watch))
    anna = join(client)
    made = _add(client, anna, description="Twice.").json
    watch.forward(1)
    changed = call(client, f"/tasks/{made['id']}", json=change, headers=anna.headers)
    assert changed.json == {**made, **change, "updated_at": "2030-01-01T12:00:01.500000Z"}
    assert client.get(f"/tasks/{made['id']}", headers=anna.headers).json == changed.json


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize("body", [{}, {"id": "x"}, NOT_OURS])
def test_a_change_of_nothing_is_refused(client: Client, anna: Person, call: Call, body: dict[str, Any]) -> None:
    made = _add(client, anna).json
    answer = call(client, f"/tasks/{made['id']}", json=body, headers=anna.headers)
    assert (answer.status_code, errors_of(answer)) == (422, {("body", "empty")})
    assert call(client, f"/tasks/{made['id']}", headers=anna.headers).status_code == 422


@pytest.mark.parametrize("call", CHANGES)
def test_a_change_may_demand_the_revision_that_was_read(client: Client, anna: Person, call: Call) -> None:
    made = _add(client, anna)
    url, read = made.headers["Location"], made.headers["ETag"]

    def change(title: str, if_match: str) -> Answer:
        return call(client, url, json={"title": title}, headers={**anna.headers, "If-Match": if_match})

    first = change("first", read)
    assert first.status_code == 200
    assert first.headers["ETag"] != read
    for stale in (read, '"x"', f'"x", {read}', f"W/{first.headers['ETag']}"):
        assert change("second", stale).status_code == 412
    assert change("third", f'"x", {first.headers["ETag"]}').status_code == 200
    assert change("fourth", "*").status_code == 200
    assert call(client, url, json={"title": "last writer"}, headers=anna.headers).status_code == 200


def test_a_deleted_task_is_gone(client: Client, anna: Person) -> None:
    url, kept = _add(client, anna).headers["Location"], _add(client, anna).json
    assert client.delete(url, headers=anna.headers).status_code == 204
    for call in (Client.get, Client.delete):
        assert call(client, url, headers=anna.headers).status_code == 404
    for change in CHANGES:
        assert change(client, url, json={"title": "x"}, headers=anna.headers).status_code == 404
    assert _list(client, anna).json == [kept]


def test_a_task_is_nobody_else_s_business(client: Client, anna: Person) -> None:
    made = _add(client, anna)
    for role in ("guest", "user", "admin"):
        other = join(client, role)
        missing = client.get("/tasks/" + "0" * 32, headers=other.headers).json
        answer = client.get(made.headers["Location"], headers=other.headers)
        assert (answer.status_code, answer.json["detail"]) == (404, missing["detail"])
        assert _list(client, other).json == []


# Lists


def test_the_newest_comes_first_and_a_change_moves_nothing(client: Client, anna: Person) -> None:
    made = [_add(client, anna, title=title) for title in "abc"]
    client.put(made[0].headers["Location"], json={"completed": True}, headers=anna.headers)
    assert _titles(_list(client, anna)) == ["c", "b", "a"]


def test_a_list_can_be_of_those_completed_or_of_the_others(client: Client, anna: Person) -> None:
    for number in range(4):
        _add(client, anna, title=str(number), completed=number % 2 == 1)
    assert _titles(_list(client, anna)) == ["3", "2", "1", "0"]
    assert _titles(_list(client, anna, completed="true")) == ["3", "1"]
    assert _titles(_list(client, anna, completed="false")) == ["2", "0"]


@pytest.mark.parametrize("completed", ["", "True", "FALSE", "1", "0", "yes", "null", " true"])
def test_completed_is_true_or_false(client: Client, anna: Person, completed: str) -> None:
    answer = _list(client, anna, completed=completed)
    assert (answer.status_code, errors_of(answer)) == (422, {("completed", "boolean")})


@pytest.mark.parametrize("query", [{}, {"completed": "true"}])
def test_a_long_list_comes_in_pages(client: Client, anna: Person, query: dict[str, str]) -> None:
    for number in range(7):
        _add(client, anna, title=str(number), completed=True)
    answer, seen = _list(client, anna, limit=3, **query), list[str]()
    while True:
        seen += _titles(answer)
        assert len(answer.json) <= 3
        if "Link" not in answer.headers:
            break
        url, _, relation = answer.headers["Link"].partition(">")
        assert relation == '; rel="next"'
        answer = client.get(url.removeprefix("<"), headers=anna.headers)
    assert seen == [str(number) for number in reversed(range(7))]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"cursor": "x"}, {"cursor": ""}])
def test_a_bad_page_is_refused(client: Client, anna: Person, query: dict[str, Any]) -> None:
    answer = _list(client, anna, **query)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json["errors"]] == [*query]


def test_a_cursor_of_somebody_else_shows_nothing_of_theirs(client: Client, anna: Person) -> None:
    for _ in range(3):
        _add(client, anna)
    link = _list(client, anna, limit=1).headers["Link"]
    answer = client.get(link[1 : link.index(">")], headers=join(client).headers)
    assert (answer.status_code, errors_of(answer)) == (422, {("cursor", "invalid")})


# Guests


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_guest_who_registers_keeps_its_tasks(client: Client) -> None:
    guest = join(client, "guest")
    made = _add(client, guest).json
    user = client.post("/register", json=registration(), headers=guest.headers).json
    anna = logged_in(client, Person(user, ""))
    assert _list(client, anna).json == [made]


def test_the_tasks_of_a_purged_guest_go_too(watch: Watch) -> None:
    store = MemoryStore()
    app: Flask = build(store, clock=watch)
    client = client_of(app)
    guest, anna = join(client, "guest"), join(client)
    for person in (guest, anna):
        _add(client, person)
    watch.forward(24 * 3600 + 60)
    assert services_of(app).accounts.saga.purge_guests() == 1
    assert guest.user["id"] not in repr(store._documents)
    assert len(_list(client, logged_in(client, anna)).json) == 1
