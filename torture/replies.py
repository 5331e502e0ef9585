"""A network that loses an answer after its effect, behind the service or in front of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import TemporaryDirectory, mkdtemp
from time import sleep
from typing import Any, cast
from uuid import uuid4

import pytest
import requests
from redis import Redis

from src.bootstrap import prepare
from src.infrastructure.blobs import make_blobs
from src.infrastructure.limits.redis import RedisLimiter
from src.infrastructure.stores.dynamodb.table import make_table
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.sql import SqlStore
from src.infrastructure.stores.sqlite import SqliteStore
from src.interfaces.app import create_app
from src.settings import Settings
from tests.e2e.faults import Connection, Proxy, proxied, reply_lost
from tests.e2e.replies import ACTS, COMMITTED, InProcess, LostReply, OverHttp, Person, Sent, Way, perform
from tests.e2e.service import portero, redis_server
from tests.e2e.wiring import wire
from tests.support import emulators
from tests.support.aws import REGION, moto_server, open_dynamodb, session, use_aws
from tests.support.databases import migrated_database
from tests.support.invariants import broken_invariants
from tests.support.remote import Observed
from tests.support.working import RecordingQueue
from tests.support.world import services_of
from torture.runs import Rounds, Target

Lost = Callable[[], int]
"""A function that returns how many replies have been lost."""
_COMMITS = 3
"""The number of first commits of an act, of which one loses its reply."""
_CHECKS = 5
"""The checks of the invariants, one a second, until they hold: a service in another process may still be at work."""
_REGISTER = "register, then log in"
_ACTS = {**ACTS, _REGISTER: replace(ACTS["register"], status=409)}
"""The acts by name. A registration takes no Idempotency-Key. A client that repeats one is told 409, and can log in."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol whose replies are lost: an intact way to the service, one through a proxy, and how to lose a reply."""

    whole: Way
    broken: Way
    fail: Callable[[int], Lost]
    """A function that loses the reply to the request with a number, counted from 1."""
    store: Store
    """The store on which no invariant may be broken."""
    here: InProcess
    """The service in this process, on this store. It repairs what is left."""
    objects: Callable[[], set[str]]
    """A function that returns the keys of the stored objects."""
    acts: Sequence[str] = tuple(ACTS)
    empty: Callable[[], None] = lambda: None
    """A function that empties the store and the objects before a round, if they would become too slow to check."""

    def broken_after_repair(self) -> list[str]:
        """Repair what is left, and return the broken invariants."""
        services = services_of(self.here.client.application)
        services.accounts.accounts.reconcile(timedelta(0))
        services.files.objects.reconcile(timedelta(0))
        services.datasets.objects.reconcile(timedelta(0))
        return broken_invariants(self.store, objects=self.objects())


class _Commits:
    """Loses the reply to a commit over gRPC, in whose requests no text can be searched for."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy, self._left, self._lost = proxy, 0, 0

    def observe(self, step: str) -> None:
        """Break the connection when the commit begins whose reply is to be lost."""
        if step == "before commit":
            self._left -= 1
            if self._left == 0:
                self._proxy.fail(self._lose, once=True)

    def fail(self, number: int) -> Lost:
        """Lose the reply to the commit with this number."""
        self._left, self._lost = number, 0
        return lambda: self._lost

    def _lose(self, connection: Connection, data: bytes) -> None:
        self._lost += 1
        reply_lost(connection, data)


def _losing(proxy: Proxy, *texts: bytes) -> Callable[[int], Lost]:
    """Return a function that loses the reply to a request that has one of the texts."""

    def fail(number: int) -> Lost:
        fault = LostReply(*texts, number=number)
        proxy.fail(fault)
        return lambda: fault.lost

    return fail


@dataclass(frozen=True, slots=True)
class _NewStores:
    """The service with a new store for each request.

    botocore repeats only about a hundred requests of a client unless repetitions succeed. At DynamoDB they do, because
    it knows the token of a transaction that it has applied. moto does not, and refuses them.
    """

    opened: Callable[[], AbstractContextManager[InProcess]]

    def send(self, sent: Sent, token: str | None) -> tuple[int, Any]:
        with self.opened() as way:
            return way.send(sent, token)


class World:
    """Everything that the rounds need, which is open until the end of the run."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._patch = stack.enter_context(pytest.MonkeyPatch.context())
        self._folder = Path(stack.enter_context(TemporaryDirectory()))
        self._settings = Settings(
            app_env="development",
            data_dir=self._folder,
            store_url="memory://",
            web_concurrency=1,
            argon2_time_cost=1,
            argon2_memory_kib=64,
        )
        prepare.prepare(self._settings)

    def protocols(self) -> Mapping[str, Protocol]:
        """Return the protocols by name."""
        return {
            "gRPC (Firestore)": self._firestore(),
            "PostgreSQL": self.postgresql(self._stack.enter_context(emulators.postgres())),
            "HTTP (DynamoDB)": self._dynamodb(),
            "HTTP (S3)": self._s3(),
            "Redis": self._redis(),
            "HTTP of clients": self._http(),
        }

    def _proxy(self, address: str) -> Proxy:
        return self._stack.enter_context(proxied(address))

    def _way(self, store: Store, blobs: str, **adapters: Any) -> InProcess:
        """Return the service in this process, on a store and the objects at a URL."""
        services = wire(self._settings, store=store, blobs=make_blobs(blobs), queue=RecordingQueue(), **adapters)
        return InProcess(create_app(services, "0").test_client())

    def _new_folder(self) -> Path:
        return Path(mkdtemp(dir=self._folder))

    def _opened(self, store: Store) -> Store:
        self._stack.callback(store.close)
        return store

    def _firestore(self) -> Protocol:
        address, project = self._stack.enter_context(emulators.firestore()), f"demo-{uuid4().hex}"
        proxy = self._proxy(address)
        commits = _Commits(proxy)

        def opened(at: str) -> Store:
            with self._patch.context() as patch:
                patch.setenv("FIRESTORE_EMULATOR_HOST", at)
                store = self._opened(FirestoreStore(project))
                store.ping()  # connects
            return store

        broken = Observed(opened(proxy.address), {"commit"}, commits.observe)
        whole = opened(address)
        folder = self._new_folder()
        here, other = self._way(whole, f"file://{folder}"), self._way(cast(Store, broken), f"file://{folder}")
        return Protocol(here, other, commits.fail, whole, here, partial(_files, folder))

    def postgresql(self, server: str) -> Protocol:
        """Return the protocol of PostgreSQL, with a new database on a server."""
        proxy, url = self._proxy(server), migrated_database(server)
        whole, broken = (
            self._opened(SqlStore.open(each, pool_size=4)) for each in (url, url.replace(server, proxy.address))
        )
        folder = self._new_folder()
        here, other = (self._way(each, f"file://{folder}") for each in (whole, broken))
        return Protocol(here, other, _losing(proxy, COMMITTED), whole, here, partial(_files, folder))

    def _dynamodb(self) -> Protocol:
        endpoint, table = self._stack.enter_context(emulators.dynamodb()), f"portero-{uuid4().hex}"
        proxy = self._proxy(endpoint.removeprefix("http://"))

        use_aws(self._patch, endpoint)
        client, folder = session().client("dynamodb", REGION), self._new_folder()
        make_table(client, table)

        @contextmanager
        def opened(at: str) -> Iterator[Store]:
            use_aws(self._patch, at)
            with closing(open_dynamodb(table)) as store:
                store.ping()  # connects
                yield store

        @contextmanager
        def way() -> Iterator[InProcess]:
            with opened(f"http://{proxy.address}") as store:
                yield self._way(store, f"file://{folder}")

        whole = self._stack.enter_context(opened(endpoint))
        here = self._way(whole, f"file://{folder}")
        lose = _losing(proxy, b"TransactWriteItems")

        def empty() -> None:  # moto reads the whole table for every query
            client.delete_table(TableName=table)
            make_table(client, table)
            rmtree(folder)
            folder.mkdir()

        return Protocol(here, _NewStores(way), lose, whole, here, partial(_files, folder), empty=empty)

    def _s3(self) -> Protocol:
        endpoint, _ = self._stack.enter_context(moto_server())
        proxy, bucket, store = self._proxy(endpoint.removeprefix("http://")), f"files-{uuid4().hex}", MemoryStore()
        requests.put(f"{endpoint}/{bucket}", timeout=5).raise_for_status()

        def way(at: str) -> InProcess:
            use_aws(self._patch, at)
            return self._way(store, f"s3://{bucket}")

        def objects() -> set[str]:
            found = session().client("s3", REGION, endpoint_url=endpoint).list_objects_v2(Bucket=bucket)
            assert not found["IsTruncated"]
            return {each["Key"] for each in found.get("Contents", ())}

        here, other = way(endpoint), way(f"http://{proxy.address}")
        lose = _losing(proxy, b"PUT /", b"?delete")
        return Protocol(here, other, lose, store, here, objects, ["upload a file", "delete a file"])

    def _redis(self) -> Protocol:
        url, store = self._stack.enter_context(redis_server(self._folder)), MemoryStore()
        proxy, server = self._proxy(url.removeprefix("redis://")), Redis.from_url(url)
        self._stack.callback(server.close)
        folder = self._new_folder()
        here = self._way(store, f"file://{folder}")
        broken = self._way(store, f"file://{folder}", limiter=RedisLimiter(f"redis://{proxy.address}"))
        lose = _losing(proxy, b"INCR")

        def fail(number: int) -> Lost:
            server.flushall()  # all rounds share one address, and would reach its limits
            return lose(number)

        return Protocol(here, broken, fail, store, here, partial(_files, folder), ["register", "log in"])

    def _http(self) -> Protocol:
        folder = self._new_folder()
        url, blobs = f"sqlite:///{folder}/portero.db", folder / "blobs"
        served = portero(folder, {"STORE_URL": url, "BLOB_URL": f"file://{blobs}"})
        address = self._stack.enter_context(served).replace("localhost", "127.0.0.1")
        proxy, store = self._proxy(address), self._opened(SqliteStore.open(url, pool_size=4))
        lose, here = _losing(proxy, b" HTTP/1.1\r\n"), self._way(store, f"file://{blobs}")
        ways = OverHttp(address), OverHttp(proxy.address)
        acts = [_REGISTER if name == "register" else name for name in ACTS]
        return Protocol(*ways, lambda _: lose(1), store, here, partial(_files, blobs), acts)


def _files(folder: Path) -> set[str]:
    """Return the keys of the objects that are stored as files in a folder."""
    return {f"{each.parent.name}/{each.name}" for each in folder.glob("[!.]*/*")}


def play(protocol: Protocol, name: str, act: str, number: int) -> Counter[str]:
    """Lose the reply to the request number ``number``, or to the first one if there are fewer."""
    for each in (number, 1):
        protocol.empty()
        person = Person(protocol.whole).join()
        statuses, lost = perform(_ACTS[act], person, protocol.broken, partial(protocol.fail, each))
        for _ in range(_CHECKS):
            if not (broken := protocol.broken_after_repair()):
                break
            sleep(1)
        assert broken == [], broken
        if lost():
            outcome = " then ".join(str(status or "no answer") for status in statuses)
            return Counter({"lost replies": 1, f"{act} | {name} | {outcome}": 1})
    raise AssertionError("no reply was lost")


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds: each act over each protocol in turn."""
    with ExitStack() as stack:
        protocols = World(stack).protocols()
        cells = [(name, act) for name, protocol in protocols.items() for act in protocol.acts]

        def round(number: int, random: Random) -> Counter[str]:
            name, act = cells[number % len(cells)]
            return play(protocols[name], name, act, random.randint(1, _COMMITS))

        yield Rounds(20 * len(cells), round)


REPLIES = Target(
    "replies",
    "An answer that is lost after its effect causes no second effect, and no false conflict but one: a repeated "
    "registration is told 409, and the client can log in",
    opened,
)
