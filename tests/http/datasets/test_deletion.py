"""Nothing remains of a deleted dataset, or of an upload that failed."""

from datetime import timedelta

import pytest
from flask import Flask

from src.domain.errors import Unavailable
from src.infrastructure.stores.memory import MemoryStore
from tests.http.datasets.support import (
    ASYNC,
    NAME_PART,
    call_while_storing,
    delete,
    get,
    get_job,
    get_rows,
    list_datasets,
    make_fail,
    raise_error,
    remaining,
    run_job,
    summarise,
    upload,
)
from tests.support.uploading import TYPE, body, part
from tests.support.world import (
    CSV,
    SECRET,
    Client,
    Halfway,
    Person,
    client_of,
    join,
    services_of,
)


@pytest.mark.parametrize("broken", ["rows", "blobs", "record"])
@pytest.mark.parametrize(("error", "status"), [(Unavailable(), 503), (RuntimeError(SECRET), 500)])
def test_an_upload_that_fails_while_storing_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, broken: str, error: Exception, status: int
) -> None:
    datasets = services_of(app).datasets
    with pytest.MonkeyPatch.context() as patched:
        if broken == "rows":
            call_while_storing(app, patched, lambda: raise_error(error))
        else:
            what, name = (datasets.blobs, "put") if broken == "blobs" else (datasets.objects.records, "finish")
            make_fail(patched, what, name, error)
        assert upload(client, anna, headers={"Idempotency-Key": "key"}).status_code == status
    assert remaining(app, store) == []
    assert upload(client, anna, headers={"Idempotency-Key": "key"}).status_code == 201


def test_a_dataset_that_is_being_stored_is_not_found(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> list[int]:
        [id] = [key for name, key in store.documents if name == "datasets"]
        asking = client_of(app)
        urls = [f"/datasets/{id}{path}" for path in ("", "/rows", "/file")]
        statuses = [asking.get(url, headers=anna.headers).status_code for url in urls]
        deleted = asking.delete(urls[0], headers=anna.headers).status_code
        return [*statuses, deleted, len(list_datasets(asking, anna).json)]

    sent = body(NAME_PART, part("file", b"a\n" + b"1\n" * 60_000, "a.csv"))
    seen, stream = call_while_storing(app, monkeypatch, look), Halfway(sent, look)
    answer = client.post(
        "/datasets", input_stream=stream, content_length=len(sent), content_type=TYPE, headers=anna.headers
    )
    assert [stream.seen, *seen] == [[404, 404, 404, 404, 0]] * 2
    assert (answer.status_code, answer.json["rows"]) == (201, 60_000)


@pytest.mark.parametrize("later", [{}, ASYNC], ids=["now", "later"])
def test_deleting_a_dataset_removes_everything_stored_for_it(
    app: Flask, client: Client, anna: Person, store: MemoryStore, later: dict[str, str]
) -> None:
    made = upload(client, anna, headers=later)
    assert delete(client, anna, made).status_code == 204
    for path in ("", "/rows", "/file"):
        assert get(client, anna, made, path).status_code == 404
    assert summarise(client, anna, made).status_code == 404
    assert delete(client, anna, made).status_code == 404
    assert list_datasets(client, anna).json == []
    if later:
        assert get_job(client, anna, made)["status"] == "cancelled"
        run_job(app, made)
    assert remaining(app, store) == (["jobs"] if later else [])


def test_deleting_a_dataset_after_its_job_removes_everything(
    app: Flask, client: Client, anna: Person, store: MemoryStore
) -> None:
    made = upload(client, anna, headers=ASYNC)
    run_job(app, made)
    assert delete(client, anna, made).status_code == 204
    assert remaining(app, store) == ["jobs"]
    assert get_job(client, anna, made)["status"] == "succeeded"


@pytest.mark.parametrize("gone", ["dataset", "user"])
def test_deleting_a_dataset_or_its_user_during_the_check_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    made = upload(client, anna, headers=ASYNC)
    url = f"/datasets/{made.json['id']}" if gone == "dataset" else "/user"
    seen = call_while_storing(app, monkeypatch, lambda: client.delete(url, headers=anna.headers).status_code)
    assert run_job(app, made) is None
    assert seen == [204]
    assert services_of(app).datasets.objects.reconcile(timedelta(0)) == 1, "the job was running"
    assert services_of(app).maintenance.reconcile_accounts(timedelta(0)) == (gone == "user")
    assert remaining(app, store) == (["jobs"] if gone == "dataset" else [])


@pytest.mark.parametrize("by", ["themselves", "an admin"])
def test_deleting_a_user_deletes_their_datasets(
    app: Flask, client: Client, anna: Person, store: MemoryStore, by: str
) -> None:
    ben = join(client, "uploader")
    kept = upload(client, ben)
    waiting = [upload(client, anna, headers={**ASYNC, "Idempotency-Key": "key"}), upload(client, anna, headers=ASYNC)]
    upload(client, anna)
    run_job(app, waiting[1])
    headers = anna.headers if by == "themselves" else join(client, "admin").headers
    assert client.delete(anna.at("/users/{id}"), headers=headers).status_code == 204
    assert run_job(app, waiting[0]) is None
    assert sorted(remaining(app, store)) == ["datasets", f"datasets/{kept.json['id']}", "packs", "reports"]
    assert list_datasets(client, ben).json == [kept.json]
    assert len(get_rows(client, ben, kept)) == 2
    assert get(client, ben, kept, "/file").data == CSV


def test_an_upload_by_a_user_who_is_deleted_meanwhile_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = client_of(app)
    seen = call_while_storing(app, monkeypatch, lambda: asking.delete("/user", headers=anna.headers).status_code)
    assert upload(client, anna).status_code == 401
    assert seen == [204]
    assert remaining(app, store) == []
