"""Datasets that a job checks, and repeated uploads."""

from typing import Any

import pytest
from flask import Flask

from src.domain.errors import Unavailable
from src.infrastructure.csv.checking import results
from src.infrastructure.stores.memory import MemoryStore
from tests.http.datasets.support import (
    ASYNC,
    CSV_FILES,
    DEFECTIVE_CSV,
    SCHEMA_WITH_EVERY_RULE,
    UNIQUE_FIELDS,
    UPLOAD_PATHS,
    call_while_storing,
    delete,
    get,
    get_job,
    get_rows,
    job_id,
    list_datasets,
    make_fail,
    raise_error,
    remaining,
    retry_job,
    run_job,
    shared_fields,
    summarise,
    upload,
)
from tests.support.working import Watch
from tests.support.world import CSV, SECRET, Client, Person, build, client_of, errors_of, join, services_of


def test_respond_async_returns_202_with_a_job(app: Flask, client: Client, anna: Person) -> None:
    now, made = upload(client, anna), upload(client, anna, headers=ASYNC)
    assert made.status_code == 202
    assert set(made.json) == {"id", "status", "job"}
    assert made.json["status"] == "processing"
    assert made.headers["Location"] == f"/datasets/{made.json['id']}"
    job = made.json["job"]
    assert (job["kind"], job["status"]) == ("dataset-check", "queued")
    assert made.headers["Link"] == f'</jobs/{job["id"]}>; rel="monitor"'
    assert get_job(client, anna, made) == job
    shown = get(client, anna, made)
    unknown: dict[str, Any] = {
        "rows": None,
        "delimiter": None,
        "encoding": None,
        "columns": [],
        "schema": {},
        "validations": [],
    }
    assert shared_fields(shown.json) == {**shared_fields(now.json), **unknown, "status": "processing"}
    assert shown.headers["Link"] == made.headers["Link"]
    assert get_rows(client, anna, made) == []
    assert get(client, anna, made, "/file").data == CSV
    assert list_datasets(client, anna).json == [shown.json, now.json]
    assert run_job(app, made) is None
    done = get(client, anna, made)
    assert shared_fields(done.json) == shared_fields(now.json)
    assert {name: done.json[name] for name in UNIQUE_FIELDS} == {name: shown.json[name] for name in UNIQUE_FIELDS}
    assert done.headers["ETag"] != shown.headers["ETag"]
    assert done.headers["Link"] == made.headers["Link"]
    assert get_rows(client, anna, made) == get_rows(client, anna, now)
    job = get_job(client, anna, made)
    assert (job["status"], job["progress"]) == ("succeeded", 1)
    assert job["result"] == {"dataset_id": made.json["id"], "status": "clean"}


@pytest.mark.parametrize("name", CSV_FILES)
def test_an_asynchronous_check_gives_the_same_report(app: Flask, client: Client, anna: Person, name: str) -> None:
    for schema in (None, SCHEMA_WITH_EVERY_RULE):
        asked = {"delimiter": ",", "encoding": "utf-8"}
        if not (schema and name == "other names"):
            now = upload(client, anna, CSV_FILES[name], schema=schema, headers={}, **asked)
            made = upload(client, anna, CSV_FILES[name], schema=schema, headers=ASYNC, **asked)
            waiting = get(client, anna, made).json
            assert (waiting["delimiter"], waiting["encoding"]) == (",", "utf-8")
            assert waiting["schema"] == (now.json["schema"] if schema else {})
            run_job(app, made)
            assert shared_fields(get(client, anna, made).json) == shared_fields(now.json)
            assert get_rows(client, anna, made) == get_rows(client, anna, now)


@pytest.mark.parametrize(
    "prefer", ["respond-async", "Respond-Async", "wait=10, respond-async", "respond-async,wait=1", "respond-async; x=1"]
)
def test_respond_async_is_recognised_in_every_valid_prefer_header(client: Client, anna: Person, prefer: str) -> None:
    answer = upload(client, anna, headers={"Prefer": prefer})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")


@pytest.mark.parametrize("prefer", ["", "respond", "wait=10", "respond-asynchronously", "return=minimal"])
def test_other_preferences_are_ignored(client: Client, anna: Person, prefer: str) -> None:
    answer = upload(client, anna, headers={"Prefer": prefer})
    assert answer.status_code == 201
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "not ended"])
def test_a_file_with_more_than_sync_rows_is_checked_asynchronously(end: str, last: bool) -> None:
    app = build(settings={"sync_rows": 3})
    client = client_of(app)
    anna = join(client, "uploader")
    for rows, status in ((0, 201), (3, 201), (4, 202), (40, 202)):
        content = end.join(["n,m", *(f"{row}," for row in range(rows))]) + (end if last else "")
        made = upload(client, anna, content)
        assert (rows, made.status_code) == (rows, status)
        if status == 202:
            run_job(app, made)
        assert get(client, anna, made).json["rows"] == rows


def test_sync_rows_counts_lines_with_mixed_line_breaks() -> None:
    client = client_of(build(settings={"sync_rows": 3}))
    assert upload(client, join(client, "uploader"), b"n\r\n1\r2\n3\r4\n").status_code == 202


@pytest.mark.parametrize("content", ["n,m\n1,2\n" + "\n" * 3, "n,m\n" + "\n" * 4 + "1,2", 'n,m\n1,"' + "\n" * 50 + '"'])
def test_lines_that_are_no_rows_count_towards_sync_rows(content: str) -> None:
    """Millions of such lines would delay the request as well."""
    client = client_of(build(settings={"sync_rows": 3}))
    assert upload(client, join(client, "uploader"), content).status_code == 202


def test_rows_are_not_visible_while_they_are_being_stored(
    app: Flask, client: Client, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = upload(client, anna, headers=ASYNC)
    before = get(client, anna, made).json
    seen = call_while_storing(app, monkeypatch, lambda: [get(client, anna, made).json, get_rows(client, anna, made)])
    run_job(app, made)
    assert seen == [[before, []]]
    assert len(get_rows(client, anna, made)) == 2


def test_an_error_found_during_an_asynchronous_check_fails_the_job(
    app: Flask, client: Client, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MAX_HASHES", 1)
    answer = upload(client, anna)
    assert (answer.status_code, errors_of(answer)) == (422, {("file", "too_many_rows")})
    reason = answer.json["errors"][0]["message"]
    made = upload(client, anna, headers=ASYNC)
    for _ in range(2):
        assert run_job(app, made) is None
        job = get_job(client, anna, made)
        assert (job["status"], job["attempts"], job["error"]) == ("failed", 1, reason)
        shown = get(client, anna, made).json
        assert (shown["status"], shown["rows"], shown["validations"]) == ("failed", None, [])
        assert get_rows(client, anna, made) == []
        assert summarise(client, anna, made).status_code == 409
        assert get(client, anna, made, "/file").data == CSV
        retry_job(app, made)
        assert get(client, anna, made).json["status"] == "processing"
    assert delete(client, anna, made).status_code == 204


def test_a_cancelled_check_fails_and_can_be_retried(
    app: Flask, client: Client, anna: Person, store: MemoryStore
) -> None:
    made = upload(client, anna, headers=ASYNC)
    assert client.delete(f"/jobs/{job_id(made)}", headers=anna.headers).status_code == 204
    run_job(app, made)
    assert get_job(client, anna, made)["status"] == "cancelled"
    shown = get(client, anna, made).json
    assert (shown["status"], shown["rows"]) == ("failed", None)
    assert summarise(client, anna, made).status_code == 409
    assert sorted(remaining(app, store)) == ["datasets", f"datasets/{made.json['id']}", "jobs"]
    retry_job(app, made)
    assert get(client, anna, made).json["status"] == "processing"
    run_job(app, made)
    assert shared_fields(get(client, anna, made).json) == shared_fields(upload(client, anna).json)
    assert len(get_rows(client, anna, made)) == 2


def test_a_check_that_is_cancelled_while_it_runs_fails(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = upload(client, anna, headers=ASYNC)
    url = f"/jobs/{job_id(made)}"
    seen = call_while_storing(app, monkeypatch, lambda: client.delete(url, headers=anna.headers).status_code)
    assert run_job(app, made) is None
    assert seen == [204]
    assert get_job(client, anna, made)["status"] == "cancelled"
    shown = get(client, anna, made).json
    assert (shown["status"], shown["rows"], get_rows(client, anna, made)) == ("failed", None, [])
    assert "packs" not in remaining(app, store)
    retry_job(app, made)
    run_job(app, made)
    assert get(client, anna, made).json["rows"] == len(get_rows(client, anna, made)) == 2


def test_a_check_cancelled_and_retried_while_it_runs_stores_every_row_once(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = upload(client, anna, headers=ASYNC)

    def cancel_and_retry() -> None:
        client.delete(f"/jobs/{job_id(made)}", headers=anna.headers)
        retry_job(app, made)

    call_while_storing(app, monkeypatch, cancel_and_retry)
    for _ in range(2):
        run_job(app, made)
    assert get(client, anna, made).json["rows"] == 2
    assert [row["line"] for row in get_rows(client, anna, made)] == [2, 3]
    assert delete(client, anna, made).status_code == 204
    assert remaining(app, store) == ["jobs"]


@pytest.mark.parametrize("error", [Unavailable(), RuntimeError(SECRET)])
def test_a_check_that_raised_an_error_is_retried(
    watched: Flask, watch: Watch, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    client = client_of(watched)
    anna = join(client, "uploader")
    made = upload(client, anna, headers=ASYNC)
    call_while_storing(watched, monkeypatch, lambda: raise_error(error))
    wait = run_job(watched, made)
    assert wait
    shown = get(client, anna, made).json
    assert (shown["status"], shown["rows"], get_rows(client, anna, made)) == ("processing", None, [])
    assert "packs" not in remaining(watched, store)
    watch.forward(wait)
    assert run_job(watched, made) is None
    assert get(client, anna, made).json["rows"] == len(get_rows(client, anna, made)) == 2
    assert get_job(client, anna, made)["attempts"] == 2


def test_a_check_that_never_succeeds_fails(watched: Flask, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(watched)
    anna = join(client, "uploader")
    made = upload(client, anna, headers=ASYNC)
    with monkeypatch.context() as patched:
        make_fail(patched, services_of(watched).datasets.rows, "append", RuntimeError(SECRET))
        while wait := run_job(watched, made):
            watch.forward(wait)
    job = get_job(client, anna, made)
    assert (job["status"], job["error"]) == ("failed", "Something went wrong here.")
    assert get(client, anna, made).json["status"] == "failed"
    retry_job(watched, made)
    run_job(watched, made)
    assert get(client, anna, made).json["status"] == "clean"


def test_when_two_workers_run_one_check_the_later_one_counts(
    watched: Flask, watch: Watch, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease of the first worker expires while it is still running."""
    client = client_of(watched)
    anna = join(client, "uploader")
    made = upload(client, anna, DEFECTIVE_CSV, headers=ASYNC)

    def take_over() -> None:
        watch.forward(60)
        run_job(watched, made)

    call_while_storing(watched, monkeypatch, take_over)
    run_job(watched, made)
    assert get(client, anna, made).json["rows"] == len(get_rows(client, anna, made)) == 9
    assert get_job(client, anna, made)["status"] == "succeeded"
    packs = [document for (name, _), document in store.documents.items() if name == "packs"]
    assert len({document.fields["set_id"] for document in packs}) == 1


def test_a_dataset_remains_when_its_job_is_removed(app: Flask, client: Client, anna: Person) -> None:
    made = upload(client, anna, headers=ASYNC)
    run_job(app, made)
    before = get(client, anna, made)
    services_of(app).jobs.jobs.remove(job_id(made))
    assert get(client, anna, made).json == before.json
    assert delete(client, anna, made).status_code == 204


def test_the_job_of_another_user_returns_404(client: Client, anna: Person) -> None:
    made = upload(client, anna, headers=ASYNC)
    ben = join(client, "uploader")
    assert client.get(f"/jobs/{job_id(made)}", headers=ben.headers).status_code == 404
    assert client.delete(f"/jobs/{job_id(made)}", headers=ben.headers).status_code == 404


@pytest.mark.parametrize("done", [False, True])
def test_repeating_an_asynchronous_upload_returns_the_first_answer(
    app: Flask, client: Client, anna: Person, done: bool
) -> None:
    key = {"Idempotency-Key": "key"}
    first = upload(client, anna, headers={**key, **ASYNC})
    if done:
        run_job(app, first)
    for headers in (ASYNC, {}):
        for path in UPLOAD_PATHS:
            again = upload(client, anna, path=path, headers={**key, **headers})
            assert (again.status_code, again.data) == (202, first.data)
            assert all(again.headers[name] == first.headers[name] for name in ("Link", "Location"))
    assert len(list_datasets(client, anna).json) == 1
    assert upload(client, anna, CSV + b"3,Cat\n", headers={**key, **ASYNC}).status_code == 422
    assert upload(client, anna, name="Others", headers={**key, **ASYNC}).status_code == 422
    assert upload(client, anna, schema={"id": "integer"}, headers={**key, **ASYNC}).status_code == 422


def test_repeating_an_upload_returns_the_etag_of_the_dataset(client: Client, anna: Person) -> None:
    key = {"Idempotency-Key": "key"}
    first, again = (upload(client, anna, headers=key) for _ in range(2))
    assert (again.status_code, again.data) == (201, first.data)
    shown = get(client, anna, first)
    assert shown.headers["ETag"] == again.headers["ETag"] == first.headers["ETag"]
    assert shown.json == again.json


def test_a_key_can_be_reused_after_a_file_that_is_not_csv(client: Client, anna: Person) -> None:
    key = {"Idempotency-Key": "key"}
    assert upload(client, anna, b"", headers=key).status_code == 422
    assert upload(client, anna, headers=key).status_code == 201


@pytest.mark.parametrize("headers", [{}, ASYNC], ids=["at once", "by a job"])
def test_a_report_that_is_too_large_for_the_store_refuses_the_file(
    app: Flask,
    client: Client,
    anna: Person,
    store: MemoryStore,
    headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "commit_bytes", 100)
    made = upload(client, anna, headers=headers)
    if headers:
        run_job(app, made)
        job = get_job(client, anna, made)
        assert (job["status"], job["attempts"]) == ("failed", 1)
        assert "use fewer columns, or shorter names" in job["error"]
        assert get(client, anna, made).json["status"] == "failed"
        assert get_rows(client, anna, made) == []
    else:
        assert made.status_code == 422
        assert errors_of(made) == {("file", "too_many_columns")}
        assert remaining(app, store) == []
