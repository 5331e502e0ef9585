"""Outages: while Firebase or Firestore is slow or down, requests end soon with 503 and leave nothing half done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from src.bootstrap import adapters, prepare
from src.domain.errors import Unavailable
from src.infrastructure.identity.firebase import FirebaseAccounts
from src.infrastructure.stores.driver import Key, Write
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import USERS
from src.interfaces.services import Services
from src.settings import Settings
from tests.e2e import faults
from tests.e2e.faults import Fault, Proxy, proxied
from tests.e2e.firebase import PASSWORD, Firebase, new_address
from tests.e2e.wiring import Client, firebase_settings, wire
from tests.support.clock import Stopwatch

OTHER_PASSWORD = "another password"

TIMEOUT = 0.4
"""The timeout of one call, in seconds. In production it is 8, and a request may take 25."""
BOUND = 25 * TIMEOUT / 8 + 10.0
"""The longest time of a request, in seconds: that of production scaled to TIMEOUT, with a reserve for busy machines."""

HTML = "<!doctype html><title>Sign in to this network</title>"
NOT_WORKING: dict[str, Fault] = {
    "never answers": faults.never_answered,
    "resets": faults.reset,
    "answers nothing": faults.answered(b""),
    "answers another protocol": faults.answered(b"220 mail.example.com ESMTP\r\n"),
    "answers half": faults.answered(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"localId": "'),
    "answers 500": faults.http("500 Internal Server Error", "{}"),
    "answers 503 for a day": faults.http("503 Service Unavailable", "{}", "Retry-After: 86400"),
    "answers 429": faults.http("429 Too Many Requests", '{"error": {"message": "QUOTA_EXCEEDED"}}'),
    "answers HTML": faults.http("200 OK", HTML, type="text/html"),
    "answers a redirect": faults.http("302 Found", HTML, "Location: http://127.0.0.1:1/", type="text/html"),
    "answers null": faults.http("200 OK", "null"),
    "answers a list": faults.http("200 OK", "[]"),
    "answers a text": faults.http("200 OK", '"ok"'),
    "answers invalid JSON": faults.http("200 OK", '{"localId": "x'),
    "answers too deep JSON": faults.http("200 OK", "[" * 100_000),
    "answers invalid UTF-8": faults.answered(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd"),
    "answers an error with 200": faults.http("200 OK", '{"error": {"message": "QUOTA_EXCEEDED"}}'),
    "answers an empty object": faults.http("200 OK", "{}"),
    "answers nonsense in an error": faults.http("400 Bad Request", '{"error": [{"message": null}]}'),
}

STORE_FAULTS: dict[str, Fault] = {
    **{name: NOT_WORKING[name] for name in ("never answers", "resets", "answers another protocol")},
    "dribbles": faults.dribbled,
    "loses replies": faults.reply_lost,
}


class Firestore(FirestoreStore):
    """A Firestore store that calls a function before it sends a commit."""

    def __init__(self, project: str, on_commit: Callable[[], None], timeout: float) -> None:
        super().__init__(project, timeout=timeout)
        self.on_commit = on_commit

    def connect(self) -> None:
        """Connect to the host of the environment. On a busy machine, this takes longer than the timeout of a call."""
        for _ in range(10):
            with suppress(Unavailable):
                self.get(Key(USERS, "nobody"))
                return

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        self.on_commit()
        return super()._commit(writes, operation)


@dataclass(frozen=True, slots=True)
class Person:
    """A person about to send a request. ``token`` is None for a person without an account."""

    name: str
    address: str
    new_address: str
    token: str | None


@dataclass(frozen=True, slots=True)
class World:
    """A working service, and services whose connections fail during a block."""

    client: Client
    firebase: Firebase
    firestore: str
    store: Store
    settings: Settings
    patch: pytest.MonkeyPatch

    def joined(self) -> Person:
        person = Person(f"u{uuid4().hex[:20]}", new_address(), new_address(), None)
        assert self.client.register(person.name, person.address, PASSWORD).status_code == 201
        return replace(person, token=self.client.log_in(person.name, PASSWORD))

    @contextmanager
    def broken_firebase(self, fault: Callable[[Proxy], None]) -> Iterator[tuple[Services, Proxy]]:
        """Yield a service that reaches Firebase through a faulty proxy."""
        with proxied(self.firebase.host) as proxy, self.patch.context() as patch:
            patch.setenv("FIREBASE_AUTH_EMULATOR_HOST", proxy.address)
            remote = FirebaseAccounts(self.settings.firebase_project, "any", timeout=TIMEOUT)
            fault(proxy)
            yield wire(self.settings, store=self.store, remote=remote), proxy

    @contextmanager
    def broken_store(
        self, fault: Callable[[Proxy], None], from_commit: int, timeout: float = TIMEOUT
    ) -> Iterator[Services]:
        """Yield a service that reaches Firestore through a proxy: faulty from a commit on, or from the start (0)."""
        with proxied(self.firestore) as proxy:
            commits = 0

            def on_commit() -> None:
                nonlocal commits
                commits += 1
                if commits == from_commit:
                    fault(proxy)

            store = Firestore(self.settings.store_project, on_commit, timeout)
            with self.patch.context() as patch:
                patch.setenv("FIRESTORE_EMULATOR_HOST", proxy.address)
                store.connect()
            if from_commit == 0:
                fault(proxy)
            yield wire(self.settings, store=store)
            store.close()

    def reconcile(self) -> None:
        """Reconcile, and assert that no user is left to reconcile."""
        accounts = self.client.services.accounts.accounts
        accounts.reconcile(timedelta(0))
        accounts.reconcile(timedelta(0))  # a deletion discovered by one reconciliation is completed by the next
        assert accounts.users.to_reconcile(datetime.now(UTC)).items == []

    def assert_logs_in(self, person: Person, address: str, *passwords: str) -> None:
        """Assert that exactly one of ``passwords`` logs in by name, by address and at Firebase."""
        right = []
        for password in passwords:
            tokens = [self.client.log_in(login, password) for login in (person.name, address)]
            signed_in = self.firebase.sign_in(address, password)
            assert all(tokens) == any(tokens) == bool(signed_in)
            right += [password] if signed_in else []
        assert len(right) == 1

    def assert_free(self, address: str, name: str | None = None) -> None:
        assert self.firebase.sign_in(address) is None
        answer = self.client.register(name or f"u{uuid4().hex[:20]}", address, OTHER_PASSWORD)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def world(
    tmp_path: Path,
    firestore_emulator: str,
    auth_emulator: str,
    firestore_project: str,
    auth_project: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator)
    settings = firebase_settings(tmp_path, "firestore", firestore_project=firestore_project, auth_project=auth_project)
    prepare.prepare(settings)
    store = adapters.make_store(settings)
    yield World(
        client=Client(wire(settings, store=store)),
        firebase=Firebase(auth_emulator, auth_project),
        firestore=firestore_emulator,
        store=store,
        settings=settings,
        patch=monkeypatch,
    )
    store.close()


# Each operation, and the check that must hold after it failed and was reconciled.


def register(world: World, person: Person, broken: Client) -> TestResponse:
    return broken.register(f"x{person.name}", person.new_address, PASSWORD)


def not_registered(world: World, person: Person) -> None:
    world.assert_free(person.new_address, f"x{person.name}")


def registered_or_not(world: World, person: Person) -> None:
    other = replace(person, name=f"x{person.name}")
    if world.client.log_in(other.name, PASSWORD):
        world.assert_logs_in(other, person.new_address, PASSWORD)
    else:
        not_registered(world, person)


def log_in(world: World, person: Person, broken: Client) -> TestResponse:
    return broken.call("POST", "/login", username=person.name, password=PASSWORD)


def look(world: World, person: Person, broken: Client) -> TestResponse:
    return broken.call("GET", "/user", person.token)


def unchanged(world: World, person: Person) -> None:
    world.assert_logs_in(person, person.address, PASSWORD)
    assert look(world, person, world.client).status_code == 200


def change_address(world: World, person: Person, broken: Client) -> TestResponse:
    return broken.call("PUT", "/user", person.token, email=person.new_address)


def address_not_changed(world: World, person: Person) -> None:
    unchanged(world, person)
    assert world.client.log_in(person.new_address, PASSWORD) is None
    world.assert_free(person.new_address)


def one_address(world: World, person: Person) -> None:
    addresses = [person.address, person.new_address]
    if world.client.log_in(person.new_address, PASSWORD):
        addresses.reverse()
    world.assert_logs_in(person, addresses[0], PASSWORD)
    assert world.client.log_in(addresses[1], PASSWORD) is None
    world.assert_free(addresses[1])


def change_password(world: World, person: Person, broken: Client) -> TestResponse:
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    return broken.call("PUT", "/user/password", person.token, **body)


def one_password(world: World, person: Person) -> None:
    world.assert_logs_in(person, person.address, PASSWORD, OTHER_PASSWORD)


def delete(world: World, person: Person, broken: Client) -> TestResponse:
    return broken.call("DELETE", "/user", person.token)


def there_or_gone(world: World, person: Person) -> None:
    if look(world, person, world.client).status_code == 200:
        unchanged(world, person)
    else:
        assert world.client.log_in(person.name, PASSWORD) is None
        world.assert_free(person.address, person.name)


Act = Callable[[World, Person, Client], TestResponse]
Check = Callable[[World, Person], None]

WRITES: dict[Act, Check] = {
    register: not_registered,
    change_address: address_not_changed,
    change_password: one_password,
    delete: there_or_gone,
}
READS: dict[Act, Check] = {log_in: unchanged, look: unchanged}
# If the reply to the last commit is lost, it may have been applied or not, but never half of it.
LAST_COMMITS: dict[Act, Check] = {register: registered_or_not, change_address: one_address, delete: there_or_gone}


def all_unavailable(world: World, people: Mapping[Act, Person], broken: Mapping[Act, Services]) -> None:
    """Send the requests of all people at the same time, and assert that each answer is 503."""
    with ThreadPoolExecutor(len(people)) as threads:
        for done in [
            threads.submit(assert_unavailable, partial(act, world, person, Client(broken[act])))
            for act, person in people.items()
        ]:
            done.result()


def assert_unavailable(act: Callable[[], TestResponse]) -> None:
    watch = Stopwatch()
    answer = act()
    assert watch.seconds < BOUND
    assert answer.status_code == 503, answer.text
    assert answer.content_type == "application/problem+json"
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.get_json()["status"] == 503


@pytest.mark.parametrize("fault", [*NOT_WORKING, "refuses connections"])
def test_an_outage_of_firebase_returns_503_and_leaves_nothing_half_done(world: World, fault: str) -> None:
    def fail(proxy: Proxy) -> None:
        if fault in NOT_WORKING:
            proxy.fail(NOT_WORKING[fault])
        else:
            proxy.refuse()

    checks = WRITES | {log_in: unchanged}
    people = {act: world.joined() for act in checks}
    with world.broken_firebase(fail) as (broken, _):
        all_unavailable(world, people, dict.fromkeys(people, broken))
        # Tokens of the service are verified without Firebase.
        assert look(world, people[log_in], Client(broken)).status_code == 200
    world.reconcile()
    for act, check in checks.items():
        check(world, people[act])


@pytest.mark.parametrize("after", [0, 1], ids=["first call", "second call"])
def test_a_lost_reply_of_firebase_leaves_nothing_half_done(world: World, after: int) -> None:
    """The only request with a second call is a change of password, which first checks the current one."""
    acts = WRITES if after == 0 else {change_password: one_password}
    people = {act: world.joined() for act in acts}
    with world.broken_firebase(lambda proxy: proxy.fail(faults.reply_lost, after=after)) as (broken, _):
        all_unavailable(world, people, dict.fromkeys(people, broken))
    world.reconcile()
    for act, check in acts.items():
        check(world, people[act])


@pytest.mark.parametrize("act", [register, change_address, delete])
def test_a_late_effect_at_firebase_is_reconciled(world: World, act: Act) -> None:
    person = world.joined()
    with world.broken_firebase(Proxy.hold) as (broken, proxy):
        assert_unavailable(partial(act, world, person, Client(broken)))
        proxy.release()
    world.reconcile()
    WRITES[act](world, person)


@pytest.mark.parametrize(
    ("fault", "from_commit"),
    [(fault, 0) for fault in [*STORE_FAULTS, "refuses connections"]]
    + [(fault, commit) for fault in ("never answers", "resets", "loses replies") for commit in (1, 2)],
)
def test_an_outage_of_firestore_returns_503_and_leaves_nothing_half_done(
    world: World, fault: str, from_commit: int
) -> None:
    def fail(proxy: Proxy) -> None:
        if fault in STORE_FAULTS:
            proxy.fail(STORE_FAULTS[fault])
        else:
            proxy.refuse()

    checks = [WRITES | READS, WRITES, LAST_COMMITS][from_commit]
    people = {act: world.joined() for act in checks}
    with ExitStack() as stack:
        broken = {act: stack.enter_context(world.broken_store(fail, from_commit)) for act in people}
        all_unavailable(world, people, broken)
    world.reconcile()
    for act, check in checks.items():
        check(world, people[act])


@pytest.mark.parametrize(
    ("act", "commit", "status"),
    [
        (register, 1, 201),
        (register, 2, 201),
        (change_address, 1, 200),
        (change_address, 2, 200),
        (change_password, 1, 204),
        (delete, 1, 204),
        (delete, 2, 204),
    ],
)
def test_a_commit_whose_reply_was_lost_is_not_a_conflict(world: World, act: Act, commit: int, status: int) -> None:
    """The client sends the commit again, and Firestore then says that the document exists or has changed."""
    person = world.joined()
    with world.broken_store(lambda proxy: proxy.fail(faults.reply_lost, once=True), commit, timeout=30) as broken:
        answer = act(world, person, Client(broken))
    assert answer.status_code == status, answer.text
    # Entities of a deleted user are searched for once more.
    assert world.client.services.accounts.accounts.reconcile(timedelta(0)) == (act is delete)
    if act is register:
        world.assert_logs_in(replace(person, name=f"x{person.name}"), person.new_address, PASSWORD)
    elif act is delete:
        world.assert_free(person.address, person.name)
    else:
        address = person.new_address if act is change_address else person.address
        world.assert_logs_in(person, address, OTHER_PASSWORD if act is change_password else PASSWORD)
