"""The Python client on the real service: the same scenarios for its blocking and its async class."""

import copy
import io
import json
import os
import pickle
import stat
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import anyio
import httpx2
import pytest

from portero_client import (
    AsyncPortero,
    FileTokens,
    MemoryTokens,
    MfaRequired,
    Portero,
    Problem,
    StepUpRequired,
    TokenPair,
    TokenStore,
)
from portero_client.models import Dataset, FieldProblem
from tests.clients.conftest import ADMIN
from tests.clients.python_clients import Device, blocking, waiting
from tests.e2e.service import PASSWORD

CALLERS = 20
_names = count(1)

Connect = Callable[..., Device]


@pytest.fixture(params=[blocking, waiting], ids=["blocking", "async"])
def connect(request: pytest.FixtureRequest, url: str) -> Iterator[Connect]:
    """Return a function that makes a device that is logged out."""
    kind: Callable[[str, TokenStore | None], AbstractContextManager[Device]] = request.param
    with ExitStack() as devices:
        yield lambda tokens=None: devices.enter_context(kind(url, tokens))


@pytest.fixture
def anna(connect: Connect) -> Device:
    """A device on which a new user is logged in."""
    device = connect()
    name = f"anna-{next(_names)}"
    device.client.register(username=name, email=f"{name}@example.com", password=PASSWORD)
    device.client.log_in(username=name, password=PASSWORD)
    device.asked.clear()
    return device


def test_register_log_in_and_log_out(connect: Connect) -> None:
    device = connect()
    client = device.client
    registered = client.register(username="berta", email="berta@example.com", password=PASSWORD, name="Berta")
    assert device.tokens.load() is None
    client.log_in(email="berta@example.com", password=PASSWORD)
    assert client.logged_in
    user = client.get_user()
    assert (user.id, user.name, user.role) == (registered.id, "Berta", "user")
    client.log_out()
    assert device.tokens.load() is None
    with pytest.raises(Problem, match="Not authenticated"):
        client.get_user()
    client.log_in(username="berta", password=PASSWORD)
    client.delete_user()
    assert device.tokens.load() is None


def test_a_refusal_is_a_problem_with_a_code_and_an_entry_for_each_field(anna: Device) -> None:
    user = anna.client.get_user()
    assert user.username
    assert user.email
    with pytest.raises(Problem) as refused:
        anna.client.register(username=user.username, email=user.email, password=PASSWORD)
    problem = refused.value
    assert (problem.status, problem.code) == (409, "taken")
    assert [each.field for each in problem.errors] == ["username", "email"]
    assert problem.detail in str(problem)
    assert problem.request_id


def test_a_wrong_password_is_a_problem_and_keeps_the_session(anna: Device) -> None:
    with pytest.raises(Problem) as refused:
        anna.client.log_in(username="anna-1", password="wrong")
    assert refused.value.status == 401
    assert anna.client.get_user()
    assert "/auth/refresh" not in anna.asked


def test_callers_whose_token_expired_together_refresh_it_once(anna: Device) -> None:
    anna.spoil()
    start = Barrier(CALLERS)

    def ask(_: int) -> str:
        start.wait()
        return anna.client.get_user().id

    with ThreadPoolExecutor(CALLERS) as threads:
        answers = list(threads.map(ask, range(CALLERS)))
    assert len({*answers}) == 1
    assert anna.asked.count("/auth/refresh") == 1


def test_the_session_outlives_many_refreshes(anna: Device) -> None:
    for _ in range(3):
        anna.spoil()
        assert anna.client.get_user()
    assert anna.asked == ["/user", "/auth/refresh", "/user"] * 3


def test_a_session_that_has_ended_is_a_problem_and_is_forgotten(anna: Device, connect: Connect) -> None:
    other = connect(MemoryTokens(anna.tokens.load()))
    other.client.log_out_everywhere()
    with pytest.raises(Problem) as refused:
        anna.client.get_user()
    assert refused.value.status == 401
    assert not anna.client.logged_in


def test_a_refresh_that_cannot_be_sent_keeps_the_session(anna: Device) -> None:
    anna.spoil()
    anna.fail.add("/auth/refresh")
    with pytest.raises(httpx2.ConnectError):
        anna.client.get_user()
    anna.fail.clear()
    assert anna.client.get_user()


def test_a_guest_keeps_the_tasks_after_registering(connect: Connect) -> None:
    device = connect()
    device.client.become_guest()
    device.client.renew_token()
    task = device.client.create_task(title="Before")
    name = f"guest-{next(_names)}"
    device.client.register(username=name, email=f"{name}@example.com", password=PASSWORD)
    device.client.log_in(username=name, password=PASSWORD)
    assert device.client.get_task(task.id).title == "Before"
    device.client.renew_token()
    device.spoil()
    assert [each.id for each in device.client.list_tasks()] == [task.id]


def test_a_guest_whose_token_expired_is_logged_out(connect: Connect) -> None:
    device = connect()
    device.client.become_guest()
    device.spoil()
    with pytest.raises(Problem):
        device.client.get_user()
    assert not device.client.logged_in
    assert "/auth/refresh" not in device.asked


def test_a_list_follows_its_pages(anna: Device) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: anna.client.create_task(title=f"Task {number}"), range(120)))
    anna.client.create_task(title="Done", completed=True)
    anna.asked.clear()
    found = list(anna.client.list_tasks(page_size=50, completed=False))
    assert {each.title for each in found} == {f"Task {number}" for number in range(120)}
    assert len(found) == 120
    assert anna.asked == ["/tasks"] * 3


def test_an_upload_is_sent_again_after_a_refresh_and_comes_back_as_it_was(anna: Device, tmp_path: Path) -> None:
    content = bytes(range(256)) * 1000
    path = tmp_path / "photo of Rex.png"
    path.write_bytes(content)
    anna.spoil()
    with path.open("rb") as opened:
        file = anna.client.create_file(opened)
    assert (file.filename, file.size) == ("photo of Rex.png", len(content))
    anna.spoil()
    assert b"".join(anna.client.download_file(file.id)) == content
    with pytest.raises(Problem) as refused:
        list(anna.client.download_file("missing"))
    assert refused.value.code == "not-found"


def test_a_dataset_is_checked_and_its_rows_are_listed(connect: Connect) -> None:
    client = connect().client
    client.log_in(email=ADMIN, password=PASSWORD)
    dataset = client.create_dataset(
        ("people.csv", io.BytesIO(b"id,name\n1,Anna\nx,Ben\n")), name="People", schema='{"id": "integer"}'
    )
    assert isinstance(dataset, Dataset)
    assert (dataset.status, dataset.rows) == ("findings", 2)
    assert [row.values["name"] for row in client.list_rows(dataset.id, valid=False)] == ["Ben"]
    assert (
        client.create_dataset(("people.csv", b"id\n1\n2\n"), name="Later", prefer="respond-async").status
        == "processing"
    )


def test_an_idempotency_key_makes_one_task_of_two_requests(anna: Device) -> None:
    first = anna.client.create_task(title="Once", idempotency_key="one")
    assert anna.client.create_task(title="Once", idempotency_key="one") == first
    assert len(list(anna.client.list_tasks())) == 1


def test_a_change_of_a_stale_revision_is_refused(anna: Device) -> None:
    task = anna.client.create_task(title="Walk")
    changed = anna.client.update_task(task.id, completed=True, if_match=task.etag)
    assert changed.completed
    with pytest.raises(Problem) as refused:
        anna.client.update_task(task.id, title="Run", if_match=task.etag)
    assert refused.value.status == 412
    anna.client.delete_task(task.id, if_match=changed.etag)


def test_clients_with_the_same_file_share_a_session(anna: Device, connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    FileTokens(path).save(anna.tokens.load())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    one, two = connect(FileTokens(path)), connect(FileTokens(path))
    one.spoil()
    assert one.client.get_user() == two.client.get_user()
    assert "/auth/refresh" not in two.asked
    two.client.log_out()
    assert not path.exists()
    assert not one.client.logged_in


def test_nobody_else_reads_the_file_of_tokens_whatever_a_crash_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    (tmp_path / f".tokens.json.{os.getpid()}").touch(0o644)
    FileTokens(path).save(TokenPair("secret"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_tokens_that_cannot_be_stored_leave_no_file_behind(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        FileTokens(path).save(TokenPair("secret"))
    assert [*tmp_path.iterdir()] == [path]


def test_a_file_that_cannot_be_sent_twice_is_refused() -> None:
    read, write = os.pipe()
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        for file in (pipe, ("notes.txt", pipe)):
            with pytest.raises(ValueError, match="pass its content as bytes"):
                Portero("http://service").create_file(file)


def test_a_problem_with_a_charset_is_read() -> None:
    body = b'{"type": "/problems/taken", "status": 409, "detail": "Already taken."}'
    headers = {"Content-Type": "application/problem+json; charset=utf-8"}
    service = httpx2.MockTransport(lambda _: httpx2.Response(409, content=body, headers=headers))
    with pytest.raises(Problem) as refused:
        Portero("http://service", http=httpx2.Client(transport=service)).get_user()
    assert (refused.value.code, refused.value.detail) == ("taken", "Already taken.")


def test_an_answer_that_is_not_from_the_service_is_a_problem() -> None:
    broken = httpx2.MockTransport(lambda _: httpx2.Response(502, html="<h1>Bad gateway</h1>"))
    with pytest.raises(Problem) as refused:
        Portero("http://proxy", http=httpx2.Client(transport=broken)).get_user()
    assert (refused.value.status, refused.value.code, refused.value.detail) == (502, "http_502", "Bad Gateway")


@pytest.mark.parametrize("content", [b"<h1>Log in</h1>", b"", b"[]", b'{"id": 1}', b"\xff"])
def test_a_200_that_is_not_from_the_service_is_a_problem(content: bytes) -> None:
    gateway = httpx2.MockTransport(lambda _: httpx2.Response(200, content=content, headers={"X-Request-Id": "5f1c"}))
    with Portero("http://gateway", http=httpx2.Client(transport=gateway)) as client:
        for ask in (client.get_user, lambda: client.log_in(username="anna", password=PASSWORD)):
            with pytest.raises(Problem, match="200 http_200: The answer does not have the expected form") as refused:
                ask()
            assert refused.value.request_id == "5f1c"
        assert not client.logged_in
        if content != b"[]":
            with pytest.raises(Problem, match="http_200"):
                list(client.list_tasks())


@pytest.mark.parametrize("content", [b"<h1>Log in</h1>", b"", b"[]", b'{"access_token": 1}'])
def test_a_refresh_that_is_not_answered_by_the_service_is_a_problem_and_keeps_the_session(content: bytes) -> None:
    statuses = {"/user": 401, "/auth/refresh": 200}
    gateway = httpx2.MockTransport(lambda request: httpx2.Response(statuses[request.url.path], content=content))
    tokens = MemoryTokens(TokenPair("old", "refresh"))
    with pytest.raises(Problem, match="200 http_200: The answer does not have the expected form"):
        Portero("http://gateway", tokens=tokens, http=httpx2.Client(transport=gateway)).get_user()
    assert tokens.load() == TokenPair("old", "refresh")


def test_an_answer_of_another_shape_is_a_problem_that_names_the_field_and_shows_no_token() -> None:
    service = httpx2.MockTransport(lambda _: httpx2.Response(200, json={"access_token": "secret", "token_type": "x"}))
    with pytest.raises(Problem) as refused:
        Portero("http://service", http=httpx2.Client(transport=service)).log_in(username="anna", password=PASSWORD)
    assert refused.value.detail == "The answer does not have the expected form: token_type: Input should be 'bearer'"
    assert "secret" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("content", [b"", b"[]", b'{"detail":', b'{"errors": {"title": ["too short"]}}', b"\xff"])
def test_a_problem_of_a_gateway_is_a_problem(content: bytes) -> None:
    headers = {"Content-Type": "application/problem+json"}
    gateway = httpx2.MockTransport(lambda _: httpx2.Response(502, content=content, headers=headers))
    with pytest.raises(Problem) as refused:
        Portero("http://gateway", http=httpx2.Client(transport=gateway)).get_user()
    assert (refused.value.status, refused.value.code, refused.value.errors) == (502, "http_502", [])


@pytest.mark.parametrize("type", ["about:blank", "https://gateway.example/errors/", 7])
def test_a_problem_that_names_no_kind_keeps_its_detail(type: object) -> None:
    body = {"type": type, "detail": "The service is busy.", "errors": {"title": ["too short"]}}
    headers = {"Content-Type": "application/problem+json"}
    gateway = httpx2.MockTransport(lambda _: httpx2.Response(502, json=body, headers=headers))
    with pytest.raises(Problem) as refused:
        Portero("http://gateway", http=httpx2.Client(transport=gateway)).get_user()
    found = refused.value
    assert (found.code, found.detail, found.errors) == ("http_502", "The service is busy.", [])


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda problem: pickle.loads(pickle.dumps(problem))])
def test_a_copy_of_a_problem_has_all_that_the_problem_has(copied: Callable[[Problem], Problem]) -> None:
    error = FieldProblem(field="username", code="taken", message="Already taken.")
    problem = Problem(409, "taken", "Already taken.", title="Taken", errors=[error], request_id="5f1c", retry_after="3")
    found = copied(problem)
    assert type(found) is Problem
    assert vars(found) == vars(problem)
    assert str(found) == str(problem) == "409 taken: Already taken."


def test_a_redirect_to_another_host_gets_no_password_and_no_token() -> None:
    asked: list[str] = []

    def redirect(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        return httpx2.Response(307, headers={"Location": f"http://elsewhere.example{request.url.path}"})

    http = httpx2.Client(transport=httpx2.MockTransport(redirect), follow_redirects=True)
    client = Portero("http://service", tokens=MemoryTokens(TokenPair("secret")), http=http)
    for send in (client.get_user, lambda: client.log_in(username="anna", password=PASSWORD)):
        with pytest.raises(Problem, match="307"):
            send()
    assert asked == ["service", "service"]


def test_an_empty_store_that_counts_as_false_is_used() -> None:
    class Keyring(dict[str, TokenPair | None]):
        def load(self) -> TokenPair | None:
            return self.get("tokens")

        def save(self, tokens: TokenPair | None) -> None:
            self["tokens"] = tokens

    store = Keyring()
    tokens = {"access_token": "new", "token_type": "bearer", "expires_in": 900, "refresh_token": "later"}
    http = httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=tokens)))
    Portero("http://service", tokens=store, http=http).log_in(username="anna", password=PASSWORD)
    assert store["tokens"] == TokenPair("new", "later")


def test_a_closed_client_sends_nothing_and_keeps_its_tokens() -> None:
    client = Portero("http://service", tokens=MemoryTokens(TokenPair("kept")))
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.get_user()
    assert client.logged_in


@pytest.mark.parametrize(("status", "kept"), [(503, True), (429, True), (401, False)])
def test_only_a_refused_refresh_ends_the_session(status: int, kept: bool) -> None:
    statuses = {"/user": 401, "/auth/refresh": status}
    service = httpx2.MockTransport(lambda request: httpx2.Response(statuses[request.url.path]))
    client = Portero(
        "http://service", tokens=MemoryTokens(TokenPair("old", "refresh")), http=httpx2.Client(transport=service)
    )
    with pytest.raises(Problem) as refused:
        client.get_user()
    assert refused.value.status == status
    assert client.logged_in is kept


def test_a_link_to_another_host_gets_no_token() -> None:
    asked: list[httpx2.URL] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url)
        link = '<https://elsewhere.example/tasks?cursor=next>; rel="next"'
        return httpx2.Response(200, json=[], headers={"Link": link} if len(asked) == 1 else {})

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    assert list(Portero("http://service/base/", tokens=MemoryTokens(TokenPair("secret")), http=http).list_tasks()) == []
    assert [str(url) for url in asked] == ["http://service/base/tasks", "http://service/base/tasks?cursor=next"]


@pytest.mark.parametrize("wrong", ["", ".", ".."])
def test_an_id_that_would_change_the_path_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="pass the id of a resource"):
        Portero("http://service").delete_task(wrong)


def test_tokens_are_not_shown() -> None:
    assert "secret" not in repr(TokenPair("secret", "secret"))


def test_a_task_that_is_cancelled_while_it_refreshes_blocks_no_other(url: str) -> None:
    store = MemoryTokens()
    refreshing = anyio.Event()

    async def hold_the_first(request: httpx2.Request) -> None:
        if request.url.path == "/auth/refresh" and not refreshing.is_set():
            refreshing.set()
            await anyio.sleep_forever()

    async def scenario() -> None:
        http = httpx2.AsyncClient(event_hooks={"request": [hold_the_first]})
        async with AsyncPortero(url, tokens=store, http=http) as client:
            await client.sign_up(username="carla", email="carla@example.com", password=PASSWORD)
            tokens = store.load()
            assert tokens
            store.save(TokenPair("expired", tokens.refresh_token))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.get_user)
                await refreshing.wait()
                tasks.cancel_scope.cancel()
            assert (await client.get_user()).username == "carla"

    anyio.run(scenario)


STEP_UP = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="600"'


def _refusal(status: int, code: str, headers: dict[str, str] | None = None, **members: Any) -> httpx2.Response:
    headers = {"Content-Type": "application/problem+json", **(headers or {})}
    return httpx2.Response(status, content=json.dumps({"type": f"/problems/{code}", **members}), headers=headers)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_step_up_is_asked_for_without_a_refresh(asynchronous: bool) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        if request.url.path == "/auth/step-up":
            return httpx2.Response(200, json={"access_token": "strong", "token_type": "bearer", "expires_in": 900})
        return _refusal(401, "insufficient-user-authentication", {"WWW-Authenticate": STEP_UP})

    tokens, transport = MemoryTokens(TokenPair("access", "refresh")), httpx2.MockTransport(answer)

    async def wait() -> None:
        client = AsyncPortero("http://service", tokens=tokens, http=httpx2.AsyncClient(transport=transport))
        with pytest.raises(StepUpRequired):
            await client.delete_user()
        await client.step_up(code="123456")

    if asynchronous:
        anyio.run(wait)
    else:
        client = Portero("http://service", tokens=tokens, http=httpx2.Client(transport=transport))
        with pytest.raises(StepUpRequired) as refused:
            client.delete_user()
        assert (refused.value.acr_values, refused.value.max_age) == ("aal2", 600)
        client.step_up(code="123456")
    assert asked == ["/user", "/auth/step-up"]
    assert tokens.load() == TokenPair("strong", "refresh")


def test_a_login_that_needs_a_second_step_has_its_token() -> None:
    members: dict[str, Any] = {"mfa_token": "token", "expires_in": 600, "factors": ["recovery", "totp"]}
    tokens = {"access_token": "a", "token_type": "bearer", "expires_in": 900, "refresh_token": "r"}

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/login":
            return _refusal(403, "mfa-required", **members)
        assert json.loads(request.content) == {"mfa_token": "token", "code": "123456"}
        return httpx2.Response(200, json=tokens)

    kept = MemoryTokens()
    client = Portero("http://service", tokens=kept, http=httpx2.Client(transport=httpx2.MockTransport(answer)))
    with pytest.raises(MfaRequired) as refused:
        client.log_in(username="anna", password=PASSWORD)
    problem = refused.value
    assert (problem.mfa_token, problem.expires_in, problem.factors) == ("token", 600, ["recovery", "totp"])
    client.mfa(mfa_token=problem.mfa_token, code="123456")
    assert kept.load() == TokenPair("a", "r")


def test_a_step_up_with_the_password_keeps_the_session(anna: Device) -> None:
    before = anna.tokens.load()
    anna.client.step_up(password=PASSWORD)
    after = anna.tokens.load()
    assert before
    assert after
    assert before.access_token != after.access_token
    assert before.refresh_token == after.refresh_token
