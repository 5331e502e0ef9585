"""The header Idempotency-Key: a repeated create creates nothing and gets the first response."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from src.application.stored_objects import HEARTBEAT_TIMEOUT, ObjectLifecycle
from src.domain.errors import Unavailable
from src.domain.values import Role
from src.infrastructure.repositories.stored_objects import StoredObjectDocuments
from src.infrastructure.stores.memory import MemoryStore
from tests.support.races import at_once
from tests.support.uploading import TYPE, body, part
from tests.support.working import Watch
from tests.support.world import (
    OPERATIONS,
    PASSWORD,
    Answer,
    Client,
    Halfway,
    Person,
    Provider,
    build,
    client_of,
    errors_of,
    join,
    logged_in,
    registration,
    services_of,
)

KEY = "5f3c9d0a-b9e8-4e7c-8d2f-6a5b4c3d2e1f"
DAY = 24 * 3600
EMAIL = registration()["email"]


def _file(content: str, boundary: str = "b1", **fields: str) -> dict[str, Any]:
    before = (part(name, value.encode()) for name, value in fields.items())
    data = body(*before, part("file", content.encode(), "a.txt"), boundary=boundary)
    return {"data": data, "content_type": f"multipart/form-data; boundary={boundary}"}


# Each create, with a function that makes its request from a text; different texts make different requests.
CREATES: dict[str, Callable[[str], dict[str, Any]]] = {
    "/tasks": lambda text: {"json": {"title": text}},
    "/api/dogs/{name}": lambda text: {"json": {"is_adopted": text == "one"}},
    "/api/files": _file,
    "/datasets": lambda text: _file(f"name\n{text}\n", name="Names"),
    "/api/users": lambda text: {"json": {"name": text, "last_name": "Ruiz", "email": EMAIL, "password": PASSWORD}},
}
LISTS = {**{path: path for path in CREATES}, "/api/dogs/{name}": "/api/dogs", "/api/users": "/users"}
UPLOADS = ("/api/files", "/datasets")
REPEATED_HEADERS = ("Content-Type", "Location", "ETag", "Link", "Cache-Control")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def app(store: MemoryStore, watch: Watch) -> Flask:
    return build(store, clock=watch)


@pytest.fixture
def root(client: Client) -> Person:
    return join(client, role="admin")


def _create(client: Client, person: Person, path: str, text: str = "one", key: str = KEY, **options: Any) -> Answer:
    headers = {**person.headers, "Idempotency-Key": key}
    return client.post(path.replace("{name}", "Rex"), headers=headers, **{**CREATES[path](text), **options})


def _count(client: Client, person: Person, path: str) -> int:
    return len(client.get(LISTS[path], headers=person.headers).json)


def _told(answer: Answer) -> tuple[int, bytes, list[str | None]]:
    return answer.status_code, answer.data, [answer.headers.get(name) for name in REPEATED_HEADERS]


def test_every_create_that_takes_the_header_is_tested_here() -> None:
    taking = {
        operation.get("x-alias-of", path)
        for (_, path), operation in OPERATIONS.items()
        if "Idempotency-Key" in [each["name"] for each in operation.get("parameters", ())]
    }
    assert taking == set(CREATES)


# Repeated requests


@pytest.mark.parametrize("path", CREATES)
def test_a_repeated_request_creates_nothing_and_gets_the_same_response(
    client: Client, root: Person, store: MemoryStore, path: str
) -> None:
    before = _count(client, root, path)
    first, stored = _create(client, root, path), repr(store.documents)
    assert first.status_code in (201, 202)
    for url in (path, path + "/"):
        again = client.post(
            url.replace("{name}", "Rex"), headers={**root.headers, "Idempotency-Key": KEY}, **CREATES[path]("one")
        )
        assert _told(again) == _told(first)
    assert repr(store.documents) == stored
    assert _count(client, root, path) == before + 1


@pytest.mark.parametrize("path", CREATES)
def test_requests_without_a_key_or_with_different_keys_create_separately(
    client: Client, root: Person, path: str
) -> None:
    statuses = [_create(client, root, path, key=key).status_code for key in ("a", "b", "A")]
    statuses += [client.post(path.replace("{name}", "Rex"), headers=root.headers, **CREATES[path]("one")).status_code]
    unique = path in ("/api/dogs/{name}", "/api/users")
    assert statuses[1:] == ([409] * 3 if unique else [statuses[0]] * 3)


def test_a_repeated_upload_may_have_another_boundary(client: Client, root: Person) -> None:
    first = _create(client, root, "/api/files")
    again = _create(client, root, "/api/files", **_file("one", boundary="another"))
    assert _told(again) == _told(first)
    assert _count(client, root, "/api/files") == 1


@pytest.mark.parametrize("path", UPLOADS)
def test_an_answer_that_is_too_long_to_be_kept_is_refused(
    client: Client, root: Person, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryStore, "document_bytes", 100)
    for _ in range(2):
        headers = {**root.headers, "Idempotency-Key": KEY, "Accept-Language": "es"}
        refused = client.post(path, headers=headers, **CREATES[path]("one"))
        assert refused.status_code == 422
        message = "La respuesta es demasiado larga para guardarla; envía la petición sin esta cabecera."
        assert refused.json["errors"] == [{"field": "Idempotency-Key", "code": "too_long", "message": message}]
    assert _count(client, root, path) == 0
    monkeypatch.undo()
    assert _create(client, root, path).status_code in (201, 202)


@pytest.mark.parametrize("path", CREATES)
def test_a_repetition_returns_the_first_response_after_changes(client: Client, root: Person, path: str) -> None:
    first = _create(client, root, path)
    assert client.delete(first.headers["Location"], headers=root.headers).status_code == 204
    assert _told(_create(client, root, path)) == _told(first)
    assert client.get(first.headers["Location"], headers=root.headers).status_code == 404


@pytest.mark.parametrize("path", CREATES)
def test_of_simultaneous_requests_with_one_key_one_creates(app: Flask, client: Client, root: Person, path: str) -> None:
    before = _count(client, root, path)
    answers = at_once(lambda _: _told(_create(client_of(app), root, path)), range(20))
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    told = {repr(answer) for answer in answers if isinstance(answer, tuple) and answer[0] < 300}
    others = {answer[0] for answer in answers if isinstance(answer, tuple) and answer[0] >= 300}
    assert len(told) == 1
    assert others <= ({409} if path in UPLOADS else set())  # while the first upload is in progress
    assert _count(client, root, path) == before + 1


# Another request with the same key


@pytest.mark.parametrize("path", CREATES)
def test_the_same_key_with_another_body_is_refused(client: Client, root: Person, path: str) -> None:
    first, made = _create(client, root, path), _count(client, root, path)
    answer = _create(client, root, path, "another")
    assert (answer.status_code, errors_of(answer)) == (422, {("Idempotency-Key", "reused")})
    assert _count(client, root, path) == made
    assert _told(_create(client, root, path)) == _told(first)


@pytest.mark.parametrize("path", CREATES)
@pytest.mark.parametrize("other", CREATES)
def test_the_same_key_on_another_route_is_refused(client: Client, root: Person, path: str, other: str) -> None:
    _create(client, root, path)
    answer = _create(client, root, other)
    if path != other:
        assert (answer.status_code, errors_of(answer)) == (422, {("Idempotency-Key", "reused")})


def test_the_same_key_on_another_path_of_the_route_is_refused(client: Client, root: Person) -> None:
    for name, status in (("Rex", 201), ("Max", 422), ("rex", 422)):
        headers = {**root.headers, "Idempotency-Key": KEY}
        assert client.post(f"/api/dogs/{name}", headers=headers).status_code == status
    assert len(client.get("/api/dogs").json) == 1


@pytest.mark.parametrize("path", ["/tasks", *UPLOADS])
def test_users_do_not_share_keys(client: Client, root: Person, path: str) -> None:
    anna = join(client, "uploader")
    first, second = _create(client, root, path), _create(client, anna, path, "another")
    assert first.status_code == second.status_code
    assert first.json["id"] != second.json["id"]
    assert _told(_create(client, anna, path, "another")) == _told(second)
    assert _count(client, anna, path) == 1


def test_a_guest_that_registers_keeps_its_keys(client: Client) -> None:
    guest = join(client, "guest")
    first = _create(client, guest, "/tasks")
    user = client.post("/register", json=registration(), headers=guest.headers).json
    assert _told(_create(client, logged_in(client, Person(user, "")), "/tasks")) == _told(first)


# In progress


LARGE = body(part("name", b"Letters"), part("file", b"x\n" * 150_000, "a.txt"))


@pytest.mark.parametrize("path", UPLOADS)
def test_a_second_request_during_the_first_returns_409(client: Client, root: Person, path: str) -> None:
    whole = {"content_type": TYPE, "content_length": len(LARGE)}
    inner = client_of(client.application)
    stream = Halfway(LARGE, lambda: _create(inner, root, path, data=LARGE, content_type=TYPE))
    first = client.post(path, input_stream=stream, headers={**root.headers, "Idempotency-Key": KEY}, **whole)
    second: Answer = stream.seen
    assert (second.status_code, second.json["type"]) == (409, "/problems/in-progress")
    assert first.status_code in (201, 202)
    assert _told(_create(client, root, path, data=LARGE, content_type=TYPE)) == _told(first)
    assert _count(client, root, path) == 1


@pytest.mark.parametrize("path", CREATES)
def test_a_key_in_progress_in_another_process_is_in_progress(client: Client, root: Person, path: str) -> None:
    receipts = services_of(client.application).receipts
    receipts.receipts.commit(receipts.begin(_user(client, root), KEY))  # type: ignore[attr-defined]
    answer = _create(client, root, path)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/in-progress")
    assert _count(client, root, path) == (path == "/api/users")


@pytest.mark.parametrize("path", UPLOADS)
def test_an_upload_whose_receipt_is_written_while_the_store_fails_returns_503(
    client: Client, root: Person, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    begin = StoredObjectDocuments.begin

    def reply_lost(*arguments: Any) -> Any:
        begin(*arguments)
        raise Unavailable

    monkeypatch.setattr(StoredObjectDocuments, "begin", reply_lost)
    assert _create(client, root, path).status_code == 503


def _user(client: Client, person: Person) -> Any:
    return services_of(client.application).accounts.accounts.users.get(person.user["id"])


@pytest.mark.parametrize("path", UPLOADS)
def test_an_interrupted_upload_can_be_repeated_with_its_key(
    client: Client, root: Person, store: MemoryStore, path: str
) -> None:
    before, headers = repr(store.documents), {**root.headers, "Idempotency-Key": KEY}
    cut = client.post(
        path, input_stream=io.BytesIO(LARGE[:-100_000]), content_length=len(LARGE), content_type=TYPE, headers=headers
    )
    assert cut.status_code == 400
    assert repr(store.documents) == before
    assert _create(client, root, path, data=LARGE, content_type=TYPE).status_code in (201, 202)


@pytest.mark.parametrize("path", UPLOADS)
def test_an_upload_can_be_repeated_after_its_process_died(
    client: Client, root: Person, watch: Watch, path: str
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    def died(*_: object) -> None:
        """Clean nothing up, like a dead process."""

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ObjectLifecycle, "_discard", died)
        with pytest.raises(KeyboardInterrupt):
            client.post(
                path,
                input_stream=Halfway(LARGE, die),
                content_length=len(LARGE),
                content_type=TYPE,
                headers={**root.headers, "Idempotency-Key": KEY},
            )
    assert _create(client, root, path, data=LARGE, content_type=TYPE).status_code == 409
    watch.forward(HEARTBEAT_TIMEOUT)
    assert services_of(client.application).maintenance.sweep() == 1
    assert _create(client, root, path, data=LARGE, content_type=TYPE).status_code in (201, 202)
    assert _count(client, root, path) == 1


# What is not remembered


@pytest.mark.parametrize("path", ["/tasks", *UPLOADS])
def test_a_key_is_kept_for_a_day(client: Client, root: Person, watch: Watch, path: str) -> None:
    first = _create(client, root, path)
    watch.forward(DAY - 1)
    assert _told(_create(client, logged_in(client, root), path)) == _told(first)
    watch.forward(1)
    root = logged_in(client, root)
    assert client.get(LISTS[path], headers=root.headers).json[0]["id"] == first.json["id"]
    second = _create(client, root, path)
    assert second.status_code == first.status_code
    assert second.json["id"] != first.json["id"]
    assert _told(_create(client, root, path)) == _told(second)
    assert _count(client, root, path) == 2


def test_an_expired_key_is_removed(client: Client, root: Person, watch: Watch, store: MemoryStore, app: Flask) -> None:
    _create(client, root, "/tasks")
    watch.forward(DAY)
    services_of(app).maintenance.sweep()
    assert not [name for name, _ in store.documents if name == "receipts"]


BAD_REQUESTS: dict[str, dict[str, Any]] = {
    "/tasks": {"json": {"title": ""}},
    "/api/dogs/{name}": {"json": {"is_adopted": 1}},
    "/api/files": {"data": body(part("file", b"x")), "content_type": TYPE},
    "/datasets": {"data": body(part("file", b"x\n", "a.csv")), "content_type": TYPE},
    "/api/users": {"json": {"name": "Ann"}},
}


@pytest.mark.parametrize("path", CREATES)
def test_an_invalid_request_is_not_remembered(client: Client, root: Person, path: str) -> None:
    assert _create(client, root, path, **BAD_REQUESTS[path]).status_code == 422
    assert _create(client, root, path, data=b"{", json=None, content_type="text/plain").status_code == 415
    assert _create(client, root, path).status_code in (201, 202)


def test_a_conflict_is_not_remembered(client: Client, root: Person) -> None:
    client.post("/api/dogs/Rex", headers=root.headers)
    assert _create(client, root, "/api/dogs/{name}").status_code == 409
    client.delete("/api/dogs/Rex", headers=root.headers)
    assert _create(client, root, "/api/dogs/{name}").status_code == 201


def test_a_forbidden_request_is_refused_before_the_key_is_read(client: Client, root: Person) -> None:
    accounts = services_of(client.application).accounts.accounts
    join(client, role="admin")  # so that root is not the last admin
    assert _create(client, root, "/api/users").status_code == 201
    for role, status in ((Role.USER, 403), (Role.ADMIN, 201)):
        accounts.change(root.user["id"], lambda user, role=role: replace(user, role=role))  # type: ignore[misc]
        assert _create(client, logged_in(client, root), "/api/users").status_code == status


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256, "a\tb", "\x7f", "a\0"])
@pytest.mark.parametrize("path", CREATES)
def test_an_invalid_key_is_refused(client: Client, root: Person, path: str, key: str) -> None:
    answer = client.post(
        path.replace("{name}", "Rex"),
        headers=root.headers,
        **CREATES[path]("one"),
        environ_overrides={"HTTP_IDEMPOTENCY_KEY": key},
    )
    assert (answer.status_code, errors_of(answer)) == (422, {("Idempotency-Key", "invalid")})
    assert _count(client, root, path) == (path == "/api/users")


@pytest.mark.parametrize("key", ["x", "x" * 255, '"quoted"', "!~", KEY])
def test_any_visible_ascii_is_a_valid_key(client: Client, root: Person, key: str) -> None:
    first = _create(client, root, "/tasks", key=key)
    assert first.status_code == 201
    assert _told(_create(client, root, "/tasks", key=key)) == _told(first)


@pytest.mark.parametrize("key", [KEY, "", "x" * 300])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/register", 201),
        ("/users", 201),
        ("/auth/register", 201),
        ("/api/v1/auth/signup", 201),
        ("/auth/anonymous", 201),
        ("/session", 201),
    ],
)
def test_registration_ignores_the_header(client: Client, path: str, status: int, key: str) -> None:
    bodies = [{} if path in ("/auth/anonymous", "/session") else {"json": registration()} for _ in range(2)]
    headers = {"HTTP_IDEMPOTENCY_KEY": key}
    first, second = (client.post(path, environ_overrides=headers, **each) for each in bodies)
    assert (first.status_code, second.status_code) == (status, status)
    assert first.json != second.json


@pytest.mark.parametrize("key", [KEY, ""])
@pytest.mark.parametrize("path", ["/login", "/auth/login", "/api/v1/auth/login"])
def test_login_ignores_the_header(client: Client, root: Person, path: str, key: str) -> None:
    login = {"username": root.user["username"], "password": PASSWORD}
    headers = {"HTTP_IDEMPOTENCY_KEY": key}
    first, second = (client.post(path, json=login, environ_overrides=headers).json for _ in range(2))
    assert first["refresh_token"] != second["refresh_token"]


# What is stored


@pytest.mark.parametrize("path", CREATES)
def test_the_key_and_the_password_are_not_stored_in_clear(
    client: Client, root: Person, store: MemoryStore, path: str
) -> None:
    assert _create(client, root, path).status_code in (201, 202)
    receipts = [document for (name, _), document in store.documents.items() if name == "receipts"]
    assert len(receipts) == 1
    assert KEY not in repr(store.documents)
    assert PASSWORD not in repr(store.documents)


def test_a_user_with_an_account_at_the_provider_is_created_once() -> None:
    store = MemoryStore()
    client = client_of(build(store, Provider()))
    root = join(client, role="admin")
    first, again = _create(client, root, "/api/users"), _create(client, root, "/api/users")
    assert first.status_code == 201, first.text
    assert _told(again) == _told(first)
    assert _create(client, root, "/api/users", "another").status_code == 422
    assert _count(client, root, "/api/users") == 2


# The end of a user


@pytest.mark.parametrize("role", ["user", "admin"])
def test_deleting_a_user_deletes_everything_of_theirs(
    client: Client, app: Flask, store: MemoryStore, role: str
) -> None:
    anna, ben = join(client), join(client)
    for person, name in ((anna, "Rex"), (ben, "Max")):
        for path in ("/tasks", "/api/files"):
            assert _create(client, person, path, key=path).status_code in (201, 202)
        client.post(f"/api/dogs/{name}", headers={**person.headers, "Idempotency-Key": "another"})
    [file] = client.get("/api/files", headers=anna.headers).json
    by = anna if role == "user" else join(client, role=role)
    assert client.delete(anna.at("/users/{id}"), headers=by.headers).status_code == 204
    left = {name for (name, _), document in store.documents.items() if anna.user["id"] in repr(document)}
    assert left == {"users", "events"}  # a tombstone, and events without personal data
    assert file["id"] not in repr(store.documents)
    assert [blob for blob in _blobs(app) if file["id"] in blob] == []
    of_ben = [name for (name, _), document in store.documents.items() if ben.user["id"] in repr(document.fields)]
    assert sorted({*of_ben}) == ["claims", "dogs", "events", "files", "jobs", "receipts", "sessions", "tasks"]
    assert client.post("/api/dogs/Rex", headers=ben.headers).status_code == 201  # the name of the dog is free
    assert len(client.get("/api/files", headers=ben.headers).json) == 1


def _blobs(app: Flask) -> list[str]:
    store: Any = services_of(app).files.blobs
    return [each["path"] for page in store.objects.list() for each in page]
