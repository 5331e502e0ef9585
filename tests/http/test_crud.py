"""Creating, reading, listing, changing and deleting, with one row of ENTITIES for each kind of entity.

``tests/http/test_who_may_what.py`` has the status of every operation for every role, without a token, and for the
entities of other users. ``tests/http/test_conventions.py`` has trailing slashes, methods and bodies.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from tests.support.world import (
    CSV,
    PASSWORD,
    USER_FIELDS,
    Answer,
    Client,
    Person,
    build,
    client_of,
    errors_of,
    join,
    registration,
    upload,
)

Fields = dict[str, Any]
CHANGES: list[Callable[..., Answer]] = [Client.put, Client.patch]
UNKNOWN_ID = "0" * 32
_numbers = count(1)
READ_ONLY: Fields = {
    "id": "mine",
    "user_id": "mine",
    "owner": "mine",
    "created_at": "2000-01-01T00:00:00Z",
    "create_date": "2000-01-01T00:00:00Z",
    "revision": "1",
    "picture_status": "ready",
    "email_verified": True,
    "size": "1",
    "sha256": "x",
    "x": 1,
}
"""Fields that no request sets: unknown ones, and fields of responses that the service decides."""


@dataclass(frozen=True)
class Entity:
    """The operations with which clients create, list and change one kind of entity."""

    role: str
    """The role of the client that creates, changes and deletes it."""
    create: Callable[[Client, Person, str, Fields], Answer]
    """Create an entity that is called ``name``, with additional fields."""
    path: str
    lists: list[str]
    """Paths of lists that hold exactly the entities that a test creates."""
    fields: set[str] = field(default_factory=set)
    """The fields of a response; empty if no response shows one entity."""
    status: int = 201
    newest_first: bool = False
    """Whether lists begin with the newest entity; otherwise they are sorted by name."""
    changes: list[Fields] = field(default_factory=list)
    good_fields: dict[str, list[Any]] = field(default_factory=dict)
    bad_fields: dict[str, list[Any]] = field(default_factory=dict)
    is_private: bool = True
    """Whether other users are told that the entity does not exist."""

    def made(self, client: Client, person: Person, name: str | None = None, /, **fields: Any) -> "Created":
        """Create an entity; without ``name`` it gets a unique one."""
        answer = self.create(client, person, name or f"Toby {next(_numbers)}", fields)
        assert answer.status_code == self.status, answer.text
        shown = answer.json
        id = Person({}, shown["access_token"]).session if "access_token" in shown else shown["id"]
        return Created(id, self.path.format(id=id, name=quote(shown.get("name") or "", safe="")), answer)

    def listed(self, client: Client, person: Person) -> list[Fields]:
        """Return the entities of the last of ``lists``."""
        answer = client.get(f"{person.at(self.lists[-1])}limit=500", headers=person.headers)
        assert answer.status_code == 200
        items: list[Fields] = answer.json
        return items


class Created(NamedTuple):
    """An entity with the response to the request that created it."""

    id: str
    path: str
    answer: Answer


def _create_task(client: Client, person: Person, name: str, fields: Fields) -> Answer:
    return client.post("/tasks", json={"title": name, **fields}, headers=person.headers)


def _create_dog(client: Client, person: Person, name: str, fields: Fields) -> Answer:
    return client.post(f"/api/dogs/{quote(name, safe='')}", json={"is_adopted": True, **fields}, headers=person.headers)


def _create_user(client: Client, person: Person, name: str, fields: Fields) -> Answer:
    body = {**registration(), "username": f"crud.{name.replace(' ', '.')}", "name": name, "last_name": "Ruiz", **fields}
    return client.post("/api/users", json=body, headers=person.headers)


def _create_session(client: Client, person: Person, name: str, fields: Fields) -> Answer:
    return client.post("/login", json={"username": person.user["username"], "password": PASSWORD, **fields})


def _create_file(client: Client, person: Person, name: str, fields: Fields) -> Answer:
    return client.post("/api/files", headers=person.headers, **upload(b"content", name, **_texts(fields)))


def _create_dataset(client: Client, person: Person, name: str, fields: Fields) -> Answer:
    body = upload(CSV, "a.csv", **_texts({"name": name, **fields}))
    return client.post("/datasets", headers=person.headers, **body)


def _texts(fields: Fields) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items()}


ENTITIES = {
    "task": Entity(
        role="guest",
        create=_create_task,
        path="/tasks/{id}",
        lists=["/tasks?", "/tasks?completed=false&"],
        fields={"id", "title", "description", "completed", "created_at", "updated_at"},
        newest_first=True,
        changes=[{"title": "Sleep"}, {"description": "x"}, {"description": None}, {"completed": True}],
        good_fields={
            "title": ["x", "x" * 200, "\U0001f415" * 200, " ", "a\nb", "<b>", "true"],
            "description": ["", "x" * 10_000, "\U0001f415" * 10_000, None],
            "completed": [True, False],
        },
        bad_fields={
            "title": ["", "x" * 201, None, 1, True, ["x"], {"x": "y"}],
            "description": ["x" * 10_001, 1, False, ["x"]],
            "completed": ["true", "false", 1, 0, None, "", []],
        },
    ),
    "dog": Entity(
        role="user",
        create=_create_dog,
        path="/api/dogs/{name}",
        lists=["/api/dogs?", "/api/dogs/is_adopted?", "/users/{id}/dogs?", "/api/users/{id}/dogs?"],
        fields={"id", "name", "picture", "picture_status", "is_adopted", "id_user", "create_date"},
        changes=[{"is_adopted": False}],
        good_fields={"is_adopted": [True, False]},
        bad_fields={
            "is_adopted": ["true", 1, 0, "", [], {}, None],
            "id_user": [1, 0, [], {}, None],
        },
        is_private=False,
    ),
    "user": Entity(
        role="admin",
        create=_create_user,
        path="/users/{id}",
        lists=["/users?q=crud.&", "/api/users?q=crud.&", "/api/v1/users?q=crud.&"],
        fields=USER_FIELDS,
        changes=[{"name": "Ann"}, {"last_name": "R"}, {"role": "uploader"}, {"disabled": True}, {"name": None}],
        good_fields={"name": ["x", "Ünal"], "last_name": ["x"], "role": ["user", "uploader", "admin"]},
        bad_fields={
            "username": ["a", 1],
            "email": ["x", 5],
            "name": [False, "\t"],
            "role": ["guest", "root", None, 1],
        },
        is_private=False,
    ),
    "session": Entity(
        role="user",
        create=_create_session,
        path="/auth/sessions/{id}",
        lists=["/auth/sessions?"],
        status=200,
        newest_first=True,
    ),
    "file": Entity(
        role="user",
        create=_create_file,
        path="/api/files/{id}",
        lists=["/api/files?"],
        fields={"id", "filename", "content_type", "size", "sha256", "created_at", "job"},
        status=202,
        newest_first=True,
    ),
    "dataset": Entity(
        role="uploader",
        create=_create_dataset,
        path="/datasets/{id}",
        lists=["/datasets?"],
        fields={
            "id",
            "name",
            "filename",
            "file_uri",
            "size",
            "sha256",
            "delimiter",
            "encoding",
            "rows",
            "columns",
            "schema",
            "status",
            "validations",
            "created_at",
        },
        newest_first=True,
    ),
}
SHOWN = [name for name, entity in ENTITIES.items() if entity.fields]
CHANGED = [name for name, entity in ENTITIES.items() if entity.changes]
PRIVATE = [name for name, entity in ENTITIES.items() if entity.is_private]
LISTS = [(name, path) for name, entity in ENTITIES.items() for path in entity.lists]


def _values(of: Callable[[Entity], dict[str, list[Any]]]) -> list[tuple[str, str, Any]]:
    return [
        (name, field, value)
        for name, entity in ENTITIES.items()
        for field, values in of(entity).items()
        for value in values
    ]


def _pages(client: Client, person: Person, url: str) -> Iterator[list[Fields]]:
    """Follow the Link headers from ``url``; yield each page."""
    while url:
        answer = client.get(url, headers=person.headers)
        assert answer.status_code == 200
        yield answer.json
        link = answer.headers.get("Link", "")
        url, _, relation = link.removeprefix("<").partition(">")
        assert relation in ("", '; rel="next"')


# Creating and reading


@pytest.mark.parametrize("name", SHOWN)
def test_creating_returns_the_entity_with_its_location_and_etag(client: Client, name: str) -> None:
    entity = ENTITIES[name]
    person = join(client, entity.role)
    _, path, created = entity.made(client, person)
    assert created.headers["Location"] == path
    assert set(created.json) == entity.fields
    time = created.json["create_date" if name == "dog" else "created_at"]
    assert time.endswith("Z")
    assert created.json.get("updated_at", time) == time
    read = client.get(path, headers=person.headers)
    assert read.status_code == 200
    assert (read.json, read.headers["ETag"]) == (created.json, created.headers["ETag"])


@pytest.mark.parametrize("name", SHOWN)
def test_creating_ignores_unknown_and_read_only_fields(client: Client, name: str) -> None:
    entity = ENTITIES[name]
    created = entity.made(client, join(client, entity.role), **READ_ONLY).answer
    assert set(created.json) == entity.fields
    unset = READ_ONLY.keys() - {"x"}
    assert not [key for key in unset & created.json.keys() if created.json[key] == READ_ONLY[key]]


@pytest.mark.parametrize("name", SHOWN)
def test_ids_are_distinct_texts_of_32_characters(client: Client, name: str) -> None:
    entity = ENTITIES[name]
    person = join(client, entity.role)
    ids = {entity.made(client, person).id for _ in range(3)}
    assert len(ids) == 3
    assert {len(id) for id in ids} == {32}


@pytest.mark.parametrize("name", ENTITIES)
@pytest.mark.parametrize("id", [UNKNOWN_ID, "x", "%00", "a.0"])
def test_an_unknown_id_returns_404_for_every_method(client: Client, name: str, id: str) -> None:
    entity = ENTITIES[name]
    person = join(client, entity.role)
    path = entity.path.format(id=id, name=id)
    methods = (["GET"] if entity.fields else []) + (["PUT", "PATCH"] if entity.changes else []) + ["DELETE"]
    for method in methods:
        body = entity.changes[0] if method in ("PUT", "PATCH") else None
        assert client.open(path, method=method, json=body, headers=person.headers).status_code == 404


@pytest.mark.parametrize("name", PRIVATE)
def test_the_entity_of_another_user_seems_not_to_exist(client: Client, name: str) -> None:
    entity = ENTITIES[name]
    path = entity.made(client, join(client, entity.role)).path
    method = "GET" if entity.fields else "DELETE"
    other = join(client, entity.role)
    answers = [
        client.open(each, method=method, headers=other.headers) for each in (path, entity.path.format(id=UNKNOWN_ID))
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json["detail"] == answers[1].json["detail"]


# Lists

NAMES = ["c", "A", "é", "b", "D"]
SORTED_NAMES = ["A", "b", "c", "D", "é"]


@pytest.mark.parametrize(("name", "path"), LISTS)
def test_a_list_is_sorted_and_paged(name: str, path: str) -> None:
    entity = ENTITIES[name]
    client = client_of(build())
    person = join(client, entity.role)
    url = person.at(path)
    first = [each["id"] for each in client.get(url, headers=person.headers).json]
    ids = [entity.made(client, person, name).id for name in NAMES]
    expected = [*reversed(ids), *first] if entity.newest_first else [ids[NAMES.index(name)] for name in SORTED_NAMES]
    if entity.is_private:
        entity.made(client, join(client, entity.role))
    for limit in (1, 2, 3, len(expected), 500):
        pages = list(_pages(client, person, f"{url}limit={limit}"))
        assert [each["id"] for page in pages for each in page] == expected
        assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
        assert len(pages) == -(-len(expected) // limit)


BAD_LIMITS = ["0", "501", "-1", "x", "1.5", "", "1e2", "9" * 30, "1_0", "+5", " 5", "5 ", "5\n", "00005", "\u0665"]
BAD_CURSORS = ["x", "%00", "a" * 1000, "é", "bnVsbA", "W10", "eyJhIjoxfQ"]
BAD_QUERIES: list[tuple[str, str | list[str]]] = [
    *(("limit", limit) for limit in BAD_LIMITS),
    *(("cursor", cursor) for cursor in BAD_CURSORS),
    ("limit", ["10", "10"]),
    ("cursor", ["", "x"]),
]


@pytest.mark.parametrize(("name", "path"), LISTS)
def test_a_list_refuses_a_bad_limit_or_cursor(client: Client, name: str, path: str) -> None:
    person = join(client, ENTITIES[name].role)
    for parameter, value in BAD_QUERIES:
        answer = client.get(person.at(path).partition("?")[0], headers=person.headers, query_string={parameter: value})
        assert answer.status_code == 422, (parameter, value)
        [(field, code)] = errors_of(answer)
        assert field == parameter
        assert (code == "repeated") is isinstance(value, list)
        assert field != "limit" or code in ("limit", "repeated")


@pytest.mark.parametrize(("name", "path"), LISTS)
def test_a_list_ignores_unknown_parameters(client: Client, name: str, path: str) -> None:
    person = join(client, ENTITIES[name].role)
    answer = client.get(f"{person.at(path)}limit=1&x=1&x=2", headers=person.headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("name", PRIVATE)
def test_a_list_refuses_the_cursor_of_another_user(client: Client, name: str) -> None:
    entity = ENTITIES[name]
    person, other = join(client, entity.role), join(client, entity.role)
    for letter in "abc":
        entity.made(client, person, letter)
    link = client.get(f"{entity.lists[0]}limit=1", headers=person.headers).headers["Link"]
    answer = client.get(link[1 : link.index(">")], headers=other.headers)
    assert (answer.status_code, errors_of(answer)) == (422, {("cursor", "invalid")})


# Changing


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize(("name", "change"), [(name, each) for name in CHANGED for each in ENTITIES[name].changes])
def test_put_and_patch_change_only_the_fields_given(
    client: Client, call: Callable[..., Answer], name: str, change: Fields
) -> None:
    entity = ENTITIES[name]
    person = join(client, entity.role)
    _, path, created = entity.made(client, person)
    changed = call(client, path, json={**change, **READ_ONLY}, headers=person.headers)
    assert changed.status_code == 200
    times = {"updated_at": changed.json["updated_at"]} if "updated_at" in entity.fields else {}
    assert changed.json == {**created.json, **change, **times}
    assert not times or times["updated_at"] > created.json["updated_at"]
    read = client.get(path, headers=person.headers)
    assert (read.json, read.headers["ETag"]) == (changed.json, changed.headers["ETag"])
    assert created.headers["ETag"] != changed.headers["ETag"]


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize("name", CHANGED)
def test_a_change_without_a_field_that_can_change_returns_422(
    client: Client, call: Callable[..., Answer], name: str
) -> None:
    entity = ENTITIES[name]
    person = join(client, entity.role)
    _, path, created = entity.made(client, person)
    for body in ({}, {"id": "x"}, {"x": 1}, READ_ONLY):
        answer = call(client, path, json=body, headers=person.headers)
        assert (answer.status_code, errors_of(answer)) == (422, {("body", "empty")})
    assert call(client, path, headers=person.headers).status_code == 422
    assert client.get(path, headers=person.headers).json == created.json


@pytest.mark.parametrize(("name", "field", "value"), _values(lambda entity: entity.good_fields))
def test_a_valid_value_is_stored_unchanged(client: Client, name: str, field: str, value: Any) -> None:
    entity = ENTITIES[name]
    person = join(client, entity.role)
    created = entity.made(client, person, **{field: value}).answer
    assert created.json[field] == value
    path = entity.made(client, person).path
    for call in CHANGES:
        changed = call(client, path, json={field: value}, headers=person.headers)
        assert (changed.status_code, changed.json[field]) == (200, value)


@pytest.mark.parametrize(("name", "field", "value"), _values(lambda entity: entity.bad_fields))
def test_an_invalid_value_returns_422_naming_the_field(client: Client, name: str, field: str, value: Any) -> None:
    entity = ENTITIES[name]
    person = join(client, entity.role)
    _, path, created = entity.made(client, person)
    before = entity.listed(client, person)
    refused = (
        entity.create(client, person, "Max", {field: value}),
        *(call(client, path, json={field: value}, headers=person.headers) for call in CHANGES),
    )
    for answer in refused:
        assert answer.status_code == 422
        assert [each["field"] for each in answer.json["errors"]] == [field]
    assert client.get(path, headers=person.headers).json == created.json
    assert entity.listed(client, person) == before


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize("name", CHANGED)
def test_if_match_refuses_a_change_of_another_revision(client: Client, call: Callable[..., Answer], name: str) -> None:
    entity = ENTITIES[name]
    person = join(client, entity.role)
    _, path, created = entity.made(client, person)
    read = created.headers["ETag"]
    values = iter([True, False] * 5) if name == "dog" else iter("abcdefghij")
    [field] = entity.changes[0]

    def change(if_match: str | None) -> Answer:
        headers = person.headers if if_match is None else {**person.headers, "If-Match": if_match}
        return call(client, path, json={field: next(values)}, headers=headers)

    if name == "dog":
        next(values)  # the dog has this value already
    first = change(read)
    assert first.status_code == 200
    new = first.headers["ETag"]
    assert new != read
    for stale in (read, '"x"', f'"x", {read}', f"W/{new}"):
        assert change(stale).status_code == 412
    assert client.get(path, headers=person.headers).json == first.json
    for fresh in (f'"x", {new}', "*", None):
        assert change(fresh).status_code == 200


# Deleting


@pytest.mark.parametrize("name", ENTITIES)
def test_a_deleted_entity_is_gone_and_deleting_it_again_returns_404(client: Client, name: str) -> None:
    entity = ENTITIES[name]
    person = join(client, entity.role)
    kept = entity.made(client, person).path
    id, path, _ = entity.made(client, person)
    before = entity.listed(client, person)
    assert client.delete(path, headers=person.headers).status_code == 204
    if entity.fields:
        assert client.get(path, headers=person.headers).status_code == 404
        assert client.get(kept, headers=person.headers).status_code == 200
    for call in CHANGES if entity.changes else []:
        assert call(client, path, json=entity.changes[0], headers=person.headers).status_code == 404
    assert client.delete(path, headers=person.headers).status_code == 404
    assert entity.listed(client, person) == [each for each in before if each["id"] != id] != before
