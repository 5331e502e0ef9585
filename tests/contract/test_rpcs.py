"""The RPCs of each request on Firestore. Each RPC is a round trip, and reads and writes are billed."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from src.application.limits import RateLimiter
from src.bootstrap.adapters import now
from src.bootstrap.wiring import wire as wire_services
from src.infrastructure.blobs import make_blobs
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.portable import Store
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.app import create_app
from src.main import VERSION
from src.settings import Settings
from tests.contract.conftest import Wire
from tests.support.authenticator import Authenticator
from tests.support.passkeys import enrol
from tests.support.second_steps import give_phone
from tests.support.world import DATA_KEYS

PASSWORD = "correct horse battery"
ANNA = {"username": "anna", "email": "anna@example.com", "password": PASSWORD}
READ, QUERY, COMMIT = "BatchGetDocuments", "RunQuery", "Commit"


class NoWorkers:
    """A queue without workers, so that every RPC is one of the request."""

    def send(self, job_id: str, delay: float = 0) -> None:
        """Drop the job."""

    notify = send

    def check(self) -> None:
        """Succeed without sending anything."""

    def close(self, timeout: float) -> bool:
        return True


@pytest.fixture
def opened(firestore: Callable[[], Store], wire: Wire) -> Iterator[Store]:
    store = firestore()
    yield store
    store.close()


def serve(
    store: Store, limiter: RateLimiter, folder: Path, later: Callable[[Callable[[], None]], None] = lambda step: None
) -> FlaskClient:
    services = wire_services(
        Settings(data_dir=folder, store_url="firestore://demo-portero"),
        store=store,
        hasher=Argon2Hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), at_once=1),
        keys=KeyRing(as_jwk_set([SigningKey.generate()])),
        data_keys=DATA_KEYS,
        limiter=limiter,
        blobs=make_blobs("memory://"),
        queue=NoWorkers(),
        later=later,
    )
    return create_app(services, VERSION).test_client()


@pytest.fixture
def client(opened: Store, tmp_path: Path) -> FlaskClient:
    return serve(opened, NoLimits(), tmp_path)


@pytest.fixture
def limited(opened: Store, tmp_path: Path) -> FlaskClient:
    """Return a client of a service that counts its rate limits in the store."""
    return serve(opened, StoreLimiter(opened, now), tmp_path)


def log_in(client: FlaskClient, **login: str) -> Any:
    return client.post("/login", json={"username": "anna", "password": PASSWORD} | login)


def test_a_registration_is_one_commit(wire: Wire, client: FlaskClient) -> None:
    assert client.post("/register", json=ANNA).status_code == 201
    assert wire.rpcs == [COMMIT]


def test_a_taken_name_costs_one_commit_and_one_read(wire: Wire, client: FlaskClient) -> None:
    client.post("/register", json=ANNA)
    wire.rpcs.clear()
    assert client.post("/register", json=ANNA).status_code == 409
    assert wire.rpcs == [COMMIT, READ]


@pytest.mark.parametrize("login", ["username", "email"])
def test_a_login_is_a_query_and_the_commit_of_its_session(wire: Wire, client: FlaskClient, login: str) -> None:
    client.post("/register", json=ANNA)
    wire.rpcs.clear()
    assert client.post("/login", json={login: ANNA[login], "password": PASSWORD}).status_code == 200
    assert wire.rpcs == [QUERY, COMMIT]


def test_a_login_with_a_passkey_is_one_read_and_the_commit_of_its_session(wire: Wire, client: FlaskClient) -> None:
    """The read finds the user and the passkey; the commit uses up the challenge. Options and forgeries cost nothing."""
    user, device = client.post("/register", json=ANNA).get_json(), Authenticator()
    enrol(client.application.extensions["portero"], user["id"], device)
    wire.rpcs.clear()
    answer = device.get(client.post("/auth/passkey/options").get_json())
    forged = device.get({"publicKey": {"challenge": "AAAA"}})
    assert client.post("/auth/passkey", json={"passkey": forged}).status_code == 401
    assert wire.rpcs == []
    assert client.post("/auth/passkey", json={"passkey": answer}).status_code == 200
    assert wire.rpcs == [READ, COMMIT]


def test_a_step_up_with_a_passkey_reads_the_factor_and_commits_it_with_the_session(
    wire: Wire, client: FlaskClient
) -> None:
    user, device = client.post("/register", json=ANNA).get_json(), Authenticator()
    token = {"Authorization": f"Bearer {log_in(client).get_json()['access_token']}"}
    enrol(client.application.extensions["portero"], user["id"], device)
    answer = device.get(client.post("/auth/step-up/options", headers=token).get_json())
    wire.rpcs.clear()
    assert client.post("/auth/step-up", json={"passkey": answer}, headers=token).status_code == 200
    assert wire.rpcs == [READ, READ, COMMIT]  # the first one authenticates the request
    wire.rpcs.clear()
    assert client.delete("/user", headers=token).status_code == 401
    assert wire.rpcs == [READ]


@pytest.mark.parametrize(("kind", "rpcs"), [("recovery_code", [READ, COMMIT]), ("code", [READ, COMMIT, COMMIT])])
def test_a_login_with_a_second_step_is_a_query_a_read_and_the_commit_of_its_session(
    wire: Wire, client: FlaskClient, kind: str, rpcs: list[str]
) -> None:
    """A code of an app is first counted as a guess. The commit of the session takes the guess back."""
    phone = give_phone(client.application, client.post("/register", json=ANNA).get_json()["id"])
    wire.rpcs.clear()
    token = log_in(client).get_json()["mfa_token"]
    assert wire.rpcs == [QUERY]
    wire.rpcs.clear()
    assert client.post("/auth/mfa", json={"mfa_token": token, **phone.answer(kind)}).status_code == 200
    assert wire.rpcs == rpcs


@pytest.mark.parametrize("login", [{"password": "wrong"}, {"username": "nobody"}], ids=["known", "unknown"])
def test_a_failed_login_is_one_query_whether_the_name_is_known_or_not(
    wire: Wire, client: FlaskClient, login: dict[str, str]
) -> None:
    client.post("/register", json=ANNA)
    wire.rpcs.clear()
    assert log_in(client, **login).status_code == 401
    assert wire.rpcs == [QUERY]


def test_a_failed_login_of_a_known_user_is_stored_by_two_commits_after_the_answer(
    wire: Wire, opened: Store, tmp_path: Path
) -> None:
    """The first commit counts the failure, because at most ten failures in five minutes are stored."""
    steps: list[Callable[[], None]] = []
    client = serve(opened, NoLimits(), tmp_path, steps.append)
    client.post("/register", json=ANNA)
    for wrong in ({"password": "wrong"}, {"username": "nobody"}):
        assert log_in(client, **wrong).status_code == 401
    wire.rpcs.clear()
    [step] = steps
    step()
    assert wire.rpcs == [COMMIT, COMMIT]


def test_a_guest_is_two_commits(wire: Wire, client: FlaskClient) -> None:
    assert client.post("/auth/anonymous").status_code == 201
    assert wire.rpcs == [COMMIT, COMMIT]


@pytest.fixture
def tokens(client: FlaskClient, wire: Wire) -> dict[str, str]:
    """Return the tokens of a registered user."""
    client.post("/register", json=ANNA)
    tokens: dict[str, str] = log_in(client).get_json()
    wire.rpcs.clear()
    return tokens


@pytest.fixture
def bearer(tokens: dict[str, str]) -> dict[str, str]:
    """Return the Authorization header of a registered user."""
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_an_authenticated_request_is_one_read(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    """The read is of two documents: the session and its user."""
    assert client.get("/user", headers=bearer).status_code == 200
    assert wire.rpcs == [READ]


def test_a_renewal_is_one_read(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    assert client.post("/auth/renew", headers=bearer).status_code == 200
    assert wire.rpcs == [READ]


def test_a_rename_is_one_commit_on_top(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    """One read authenticates the caller, another one reads the user to change."""
    assert client.put("/user", headers=bearer, json={"username": "eve"}).status_code == 200
    assert wire.rpcs == [READ, READ, COMMIT]


def test_a_refresh_is_one_read_and_one_commit(wire: Wire, client: FlaskClient, tokens: dict[str, str]) -> None:
    """The session is read with its user, and rotated."""
    body = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/auth/refresh", json=body).status_code == 200
    assert wire.rpcs == [READ, COMMIT]
    wire.rpcs.clear()
    assert client.post("/auth/refresh", json=body).status_code == 200
    assert wire.rpcs == [READ]  # the second refresh writes nothing


def test_a_logout_is_one_commit_on_top(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    assert client.post("/auth/logout", headers=bearer).status_code == 204
    assert wire.rpcs == [READ, COMMIT]


def test_a_list_of_sessions_is_one_query_on_top(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    assert client.get("/auth/sessions", headers=bearer).status_code == 200
    assert wire.rpcs == [READ, QUERY]


@pytest.mark.parametrize("path", ["/auth/sessions", "/tasks", "/api/dogs", "/api/files", "/users"])
def test_a_page_reads_one_document_more_than_it_shows(
    wire: Wire, client: FlaskClient, bearer: dict[str, str], path: str
) -> None:
    """Firestore bills each document that a query returns or skips."""
    wire.requests.clear()
    assert client.get(f"{path}?limit=2", headers=bearer).status_code == 200
    [query] = [request.structured_query for request in wire.requests if hasattr(request, "structured_query")]
    assert (query.limit, query.offset) == (3, 0)


# The first read of each request authenticates the caller.


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "key"}], ids=["", "with a key"])
@pytest.mark.parametrize(("path", "body"), [("/tasks", {"title": "Walk the dog"}), ("/api/dogs/Rex", {})])
def test_a_create_is_one_commit_on_top(
    wire: Wire, client: FlaskClient, bearer: dict[str, str], path: str, body: dict[str, str], key: dict[str, str]
) -> None:
    """The commit has the dog, the claim on its name, its job and the receipt. No read looks for the receipt before.

    The owner of a dog is read again after the commit, because they may have been deleted meanwhile.
    """
    assert client.post(path, headers=bearer | key, json=body).status_code == 201
    assert wire.rpcs == [READ, COMMIT] + [READ] * ("dogs" in path)


def test_a_repeated_create_is_three_reads_on_top(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    """The reads find the conflicting document, whether the conflict still exists, and the answer in the receipt."""
    request: dict[str, Any] = {"headers": bearer | {"Idempotency-Key": "key"}, "json": {"title": "Walk the dog"}}
    first = client.post("/tasks", **request)
    wire.rpcs.clear()
    again = client.post("/tasks", **request)
    assert (again.status_code, again.json, again.headers["ETag"]) == (201, first.json, first.headers["ETag"])
    assert wire.rpcs == [READ, COMMIT, READ, READ, READ]
    assert client.get(first.headers["Location"], headers=bearer).headers["ETag"] == again.headers["ETag"]


def test_a_taken_name_of_a_dog_costs_one_commit_and_one_read(
    wire: Wire, client: FlaskClient, bearer: dict[str, str]
) -> None:
    client.post("/api/dogs/Rex", headers=bearer, json={})
    wire.rpcs.clear()
    assert client.post("/api/dogs/rex", headers=bearer, json={}).status_code == 409
    assert wire.rpcs == [READ, COMMIT, READ]


def test_each_operation_on_a_task_has_its_cost(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    task = client.post("/tasks", headers=bearer, json={"title": "Walk the dog"}).headers["Location"]
    for request, rpcs in [
        (("GET", task), [READ, READ]),
        (("GET", "/tasks"), [READ, QUERY]),
        (("PATCH", task, {"completed": True}), [READ, READ, COMMIT]),
        (("DELETE", task), [READ, READ, COMMIT]),
    ]:
        wire.rpcs.clear()
        method, path, *body = request
        assert client.open(path, method=method, headers=bearer, json=body[0] if body else None).status_code < 300
        assert wire.rpcs == rpcs, method


def test_each_operation_on_a_dog_has_its_cost(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    """Two reads find a dog by its name, and a change reads it again at the revision that it replaces."""
    client.post("/api/dogs/Rex", headers=bearer, json={})
    for request, rpcs in [
        (("GET", "/api/dogs/rex"), [READ, READ]),
        (("GET", "/api/dogs"), [QUERY]),
        (("PATCH", "/api/dogs/rex", {"name": "Bello"}), [READ] * 4 + [COMMIT]),
        (("DELETE", "/api/dogs/bello"), [READ] * 4 + [COMMIT]),
    ]:
        wire.rpcs.clear()
        method, path, *body = request
        assert client.open(path, method=method, headers=bearer, json=body[0] if body else None).status_code < 300
        assert wire.rpcs == rpcs, method


def test_a_file_is_two_commits_on_top(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    """One commit comes before the object is stored, and one after it."""
    headers = bearer | {"Idempotency-Key": "key"}
    assert client.post("/api/files", headers=headers, data={"file": (BytesIO(b"x"), "x.txt")}).status_code == 202
    assert wire.rpcs == [READ, COMMIT, COMMIT]


@pytest.mark.parametrize("token", ["no.such.token", "x" * 86])
def test_a_malformed_token_costs_no_rpc(wire: Wire, client: FlaskClient, token: str) -> None:
    assert client.get("/user", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert wire.rpcs == []


def test_a_key_costs_what_an_access_token_costs_and_a_mistyped_one_nothing(
    wire: Wire, client: FlaskClient, bearer: dict[str, str]
) -> None:
    """The key is read together with its user. The first use within an hour also stores its time."""
    key = client.post("/user/keys", headers=bearer, json={"name": "A", "scope": "read"}).get_json()["key"]
    for text, status, rpcs in (
        (key, 200, [READ, COMMIT]),
        (key, 200, [READ]),
        (f"{key[:-1]}{'b' if key[-1] == 'a' else 'a'}", 401, []),
    ):
        wire.rpcs.clear()
        assert client.get("/user", headers={"Authorization": f"Bearer {text}"}).status_code == status
        assert wire.rpcs == rpcs


def test_rate_limits_in_the_store_cost_their_documented_rpcs(wire: Wire, limited: FlaskClient) -> None:
    """One commit counts each registration, guest, login or failed login. The commit of a session takes a login back."""

    def cost(answer: Any, status: int) -> list[str]:
        assert answer.status_code == status
        rpcs = list(wire.rpcs)
        wire.rpcs.clear()
        return rpcs

    assert cost(limited.post("/register", json=ANNA), 201) == [COMMIT, COMMIT]
    assert cost(limited.post("/auth/anonymous"), 201) == [COMMIT, COMMIT, COMMIT]
    bearer = {"Authorization": f"Bearer {log_in(limited).get_json()['access_token']}"}
    assert cost(log_in(limited), 200) == [QUERY, COMMIT, COMMIT] * 2
    for wrong in ({"password": "wrong"}, {"username": "nobody"}):
        assert cost(log_in(limited, **wrong), 401) == [QUERY, COMMIT, COMMIT]
    assert cost(limited.get("/user", headers=bearer), 200) == [READ]
    for _ in range(9):
        assert log_in(limited, password="wrong").status_code == 401
    wire.rpcs.clear()
    assert cost(log_in(limited), 429) == [QUERY, COMMIT]
    assert cost(log_in(limited), 429) == []  # the counter is known to be full
