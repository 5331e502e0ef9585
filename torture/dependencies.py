"""Each service that Portero uses is slow, refuses, or answers nonsense, while requests need it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from pydantic import HttpUrl, SecretStr

from src.application.ports import JobQueue
from src.bootstrap import adapters, prepare
from src.domain.errors import InvalidToken, Unavailable
from src.domain.values import Role
from src.infrastructure.blobs import make_blobs
from src.infrastructure.limits.redis import RedisLimiter
from src.infrastructure.outgoing.webhooks import HttpWebhookSender
from src.infrastructure.queues.celery import CeleryQueue
from src.infrastructure.stores.dynamodb import DynamoStore
from src.infrastructure.stores.dynamodb.table import make_table
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.sql import SqlStore
from src.infrastructure.tokens.google import GoogleTokens
from src.interfaces.services import Services
from src.settings import Settings
from tests.e2e.dependencies import Dependency, answers, break_and_heal, cells, http_answers
from tests.e2e.faults import Fault, Proxy, proxied
from tests.e2e.service import portero, redis_server
from tests.e2e.wiring import Client, OnePicture, wire
from tests.support import emulators, outside
from tests.support.aws import REGION, moto_server, session, use_aws
from tests.support.brokers import RabbitMQ
from tests.support.clock import until
from tests.support.cloud_tasks import ACCOUNT, cloud_tasks, queue_at
from tests.support.collector import collector
from tests.support.databases import migrated_database
from tests.support.emulators import free_port
from tests.support.working import RecordingQueue
from torture.runs import Rounds, Target

_PASSWORD = "correct zebra battery"
_AUDIENCE = "https://accounts.example.com"
_HOME_PAGE = answers(b"HTTP/1.1 503 Down\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n{}", b"\0\0")
"""Answers in HTTP, as a proxy sends them in place of a service that speaks another protocol."""
_REDIS = answers(b"-ERR internal error\r\n", b"+OK\r\n", b"$100\r\nhal")
_POSTGRESQL = answers(
    b"E\0\0\0\x26SFATAL\0C57P03\0Mthe database is down\0\0", b"HTTP/1.1 200 OK\r\n\r\n{}", b"E\0\0\0\x26SFA"
)
_RABBITMQ = answers(b"AMQP\0\0\x09\1", b"HTTP/1.1 200 OK\r\n\r\n{}", b"\1\0\0\0\0\1\xf4\0\x0a\0")
"""The refusal of a version of the protocol, another protocol, and the beginning of a greeting."""
_SMTP = answers(b"421 down\r\n", b"250 OK\r\n" * 3 + b"554 error\r\n", b"220 ma")


def _name() -> str:
    return f"u{uuid4().hex[:20]}"


class World:
    """Makes the dependencies, each with a service that uses it. All are open until the stack is closed."""

    def __init__(self, stack: ExitStack, patch: pytest.MonkeyPatch) -> None:
        self._stack, self._patch = stack, patch
        self._folder = Path(stack.enter_context(TemporaryDirectory()))
        self._outside = stack.enter_context(outside.started())
        prepare.prepare(self._settings())

    def quick(self) -> Mapping[str, Callable[[], Dependency]]:
        """Return functions that open the dependencies whose stubs run in this process, by name."""
        return {
            "SMTP": self._smtp,
            "webhook": self._webhook,
            "pictures of dogs": self._pictures,
            "receiver of files": self._relay,
            "language model": self._model,
            "leaked passwords": self._ranges,
            "former system": self._former,
            "keys of Google": self._google,
        }

    def all(self) -> Mapping[str, Callable[[], Dependency]]:
        """Return functions that open all dependencies, by name."""
        return {
            "Firestore": self._firestore,
            "PostgreSQL": self._postgresql,
            "DynamoDB": self._dynamodb,
            "Firebase Auth": self._firebase,
            "Redis, for limits": self._limits,
            "Redis, for jobs": self._redis_jobs,
            "RabbitMQ": self._rabbitmq,
            "Cloud Tasks": self._cloud_tasks,
            "S3": self._s3,
            "Google Cloud Storage": self._google_storage,
            "collector of traces": self._collector,
            **self.quick(),
        }

    def _settings(self, **chosen: Any) -> Settings:
        fixed: dict[str, Any] = {
            "app_env": "development",
            "data_dir": self._folder,
            "store_url": "memory://",
            "web_concurrency": 1,
        }
        return Settings(**fixed | {"argon2_time_cost": 1, "argon2_memory_kib": 64} | chosen)

    def _client(self, store: Store | None = None, *, settings: Mapping[str, Any] | None = None, **wired: Any) -> Client:
        wired = {"queue": RecordingQueue(), "pictures": OnePicture(), **wired}
        return Client(wire(self._settings(**settings or {}), store=store or MemoryStore(), **wired))

    def _proxy(self, address: str) -> Proxy:
        return self._stack.enter_context(proxied(address.removeprefix("http://")))

    def _outer(self, api: outside.Api) -> tuple[Proxy, str]:
        """Return a proxy in front of an HTTP service, and the URL of the service through it."""
        address, _, path = api.url.removeprefix("http://").partition("/")
        proxy = self._proxy(address)
        return proxy, f"http://{proxy.address}/{path}"

    def _stored(self, address: str, open_at: Callable[[str], Store], nonsense: Mapping[str, Fault]) -> Dependency:
        """Return the dependency on a store, from which every request reads the user."""
        proxy = self._proxy(address)
        whole, broken = open_at(address), open_at(proxy.address)
        self._stack.callback(whole.close)
        self._stack.callback(broken.close)
        token, client = _join(self._client(whole)), self._client(broken)
        return Dependency(proxy, lambda: _status(client.call("GET", "/tasks", token)), "200", nonsense)

    def _firestore(self) -> Dependency:
        project = f"demo-{uuid4().hex}"

        def open_at(address: str) -> Store:
            with self._patch.context() as patch:
                patch.setenv("FIRESTORE_EMULATOR_HOST", address)
                store = FirestoreStore(project)
                store.ping()  # connects
            return store

        return self._stored(self._stack.enter_context(emulators.firestore()), open_at, _HOME_PAGE)

    def _postgresql(self) -> Dependency:
        server = self._stack.enter_context(emulators.postgres())
        url = migrated_database(server)
        return self._stored(
            server, lambda address: SqlStore.open(url.replace(server, address), pool_size=4), _POSTGRESQL
        )

    def _dynamodb(self) -> Dependency:
        endpoint, table = self._stack.enter_context(emulators.dynamodb()), f"portero-{uuid4().hex}"
        use_aws(self._patch, endpoint)
        make_table(session().client("dynamodb", REGION), table)

        def open_at(address: str) -> Store:
            use_aws(self._patch, f"http://{address}")
            store = DynamoStore(REGION, table, pool_size=4, session=session())
            store.ping()  # connects
            return store

        error = '{"__type": "InternalServerError"}'
        return self._stored(endpoint.removeprefix("http://"), open_at, http_answers(error))

    def _firebase(self) -> Dependency:
        address = self._stack.enter_context(emulators.firebase_auth())
        proxy, name = self._proxy(address), _name()
        self._patch.setenv("FIREBASE_AUTH_EMULATOR_HOST", proxy.address)
        chosen = {
            "identity": "firebase",
            "firebase_web_api_key": SecretStr("any"),
            "google_cloud_project": emulators.PROJECT,
        }
        client = self._client(settings=chosen)
        assert client.register(name, f"{name}@example.com", _PASSWORD).status_code == 201
        return Dependency(proxy, lambda: _log_in(client, name), "200", http_answers())

    @cached_property
    def _redis(self) -> str:
        return self._stack.enter_context(redis_server(self._folder)).removeprefix("redis://")

    def _limits(self) -> Dependency:
        proxy = self._proxy(self._redis)
        client, name = self._client(limiter=RedisLimiter(f"redis://{proxy.address}")), _name()
        assert client.register(name, f"{name}@example.com", _PASSWORD).status_code == 201
        return Dependency(proxy, lambda: _log_in(client, name), "200", _REDIS)

    def _redis_jobs(self) -> Dependency:
        proxy = self._proxy(self._redis)
        return self._queue(CeleryQueue(f"redis://{proxy.address}"), proxy, _REDIS)

    def _rabbitmq(self) -> Dependency:
        broker = self._stack.enter_context(RabbitMQ(self._folder))
        proxy = self._proxy(f"127.0.0.1:{broker.port}")
        return self._queue(CeleryQueue(f"amqp://{proxy.address}"), proxy, _RABBITMQ)

    def _cloud_tasks(self) -> Dependency:
        proxy = self._proxy(self._stack.enter_context(cloud_tasks(1)).url)
        queue = queue_at(f"http://{proxy.address}", _AUDIENCE, lambda _: None)
        return self._queue(queue, proxy, http_answers())

    def _queue(self, queue: JobQueue, proxy: Proxy, nonsense: Mapping[str, Fault]) -> Dependency:
        """Return the dependency on the broker of a queue, to which a new dog sends a job."""
        self._stack.callback(queue.close, 0)
        client = self._client(queue=queue)
        token = _join(client)

        def use() -> str:
            status = _status(client.call("POST", f"/api/dogs/{_name()}", token))
            try:
                queue.send(uuid4().hex)
            except Unavailable:
                return status if status != "201" else "the job waits"
            return status

        return Dependency(proxy, use, "201", nonsense)

    def _s3(self) -> Dependency:
        endpoint, _ = self._stack.enter_context(moto_server())
        proxy, bucket = self._proxy(endpoint), f"files-{uuid4().hex}"
        requests.put(f"{endpoint}/{bucket}", timeout=5).raise_for_status()
        use_aws(self._patch, f"http://{proxy.address}")
        return self._bucket(f"s3://{bucket}", proxy, "<Error><Code>InternalError</Code></Error>")

    def _google_storage(self) -> Dependency:
        endpoint = self._stack.enter_context(emulators.cloud_storage())
        proxy, bucket = self._proxy(endpoint), f"files-{uuid4().hex}"
        requests.post(f"{endpoint}/storage/v1/b", json={"name": bucket}, timeout=5).raise_for_status()
        self._patch.setenv("STORAGE_EMULATOR_HOST", f"http://{proxy.address}")
        return self._bucket(f"gs://{bucket}", proxy, '{"error": {"code": 500, "message": "internal"}}')

    def _bucket(self, url: str, proxy: Proxy, error: str) -> Dependency:
        client = self._client(blobs=make_blobs(url))
        token = _join(client)
        return Dependency(proxy, lambda: _status(client.upload(token, b"content")), "202", http_answers(error))

    def _collector(self) -> Dependency:
        """Return the dependency of a real process, which sends its traces from a thread."""
        url, names = self._stack.enter_context(collector())
        proxy = self._proxy(url)
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{proxy.address}", "OTEL_BSP_SCHEDULE_DELAY": "100"}
        address = self._stack.enter_context(portero(self._folder / "traced", settings))

        def use() -> str:
            names.clear()
            status = _status(requests.get(f"http://{address}/.well-known/jwks.json", timeout=30))
            with suppress(AssertionError):
                until(lambda: "GET /.well-known/jwks.json" in names, "the request is traced", 1)
                return status
            return "the trace is lost" if status == "200" else status

        return Dependency(proxy, use, "200", http_answers())

    def _smtp(self) -> Dependency:
        port = free_port()
        controller = Controller(Sink(), hostname="127.0.0.1", port=port, ready_timeout=30)
        controller.start()
        self._stack.callback(controller.stop)
        proxy = self._proxy(f"127.0.0.1:{port}")
        chosen = {"smtp_url": SecretStr(f"smtp://{proxy.address}"), "mail_from": "a@example.com"}
        client = self._client(settings=chosen)

        def asked() -> None:
            assert client.call("POST", "/auth/email/verify", _join(client)).status_code == 202

        return Dependency(proxy, self._job(client, asked), "done", _SMTP)

    def _webhook(self) -> Dependency:
        proxy, url = self._outer(self._outside.ranges)
        sender = HttpWebhookSender(production=False)

        def use() -> str:
            status = sender.send(url, "id", datetime.now(UTC), "{}", [b"k" * 32])
            return "taken" if status is not None and 200 <= status < 300 else "the delivery waits"

        return Dependency(proxy, use, "taken", http_answers())

    def _pictures(self) -> Dependency:
        proxy, url = self._outer(self._outside.pictures)
        client = self._client(settings={"dog_api_url": HttpUrl(url)}, pictures=None)
        token = _join(client)

        def asked() -> None:
            assert client.call("POST", f"/api/dogs/{_name()}", token).status_code == 201

        return Dependency(proxy, self._job(client, asked), "done", http_answers('{"status": "error", "message": "no"}'))

    def _relay(self) -> Dependency:
        proxy, url = self._outer(self._outside.relay)
        client = self._client(settings={"file_relay_url": HttpUrl(url)})
        token = _join(client)

        def asked() -> None:
            assert client.upload(token, b"content").status_code == 202

        return Dependency(proxy, self._job(client, asked), "done", http_answers())

    def _model(self) -> Dependency:
        proxy, url = self._outer(self._outside.chat)
        client = self._client(settings={"ai_url": HttpUrl(url), "ai_model": "small"})
        token = _join(client)
        id = client.call("GET", "/user", token).get_json()["id"]
        users = client.services.accounts.accounts.users
        users.update(id, lambda user: replace(user, role=Role.UPLOADER))
        dataset = client.upload(token, b"id,name\n1,Ann\n", "/datasets", name="People").get_json()["id"]

        def use() -> str:
            answer = client.call("POST", f"/datasets/{dataset}/summary", token)
            return "written by rules" if answer.get_json()["source"] == "rules" else _status(answer)

        return Dependency(proxy, use, "200", http_answers())

    def _ranges(self) -> Dependency:
        proxy, url = self._outer(self._outside.ranges)
        client = self._client(settings={"password_breach_url": url})

        def use() -> str:
            name = _name()
            return _status(client.register(name, f"{name}@example.com", _PASSWORD))

        return Dependency(proxy, use, "201", http_answers())

    def _former(self) -> Dependency:
        self._outside.chat.heal()
        other = self._stack.enter_context(outside.started())
        other.chat.behave("answer", body={"email_verified": False})
        proxy, url = self._outer(other.chat)
        client = self._client(settings={"migrate_login_url": HttpUrl(url)})
        return Dependency(proxy, lambda: _log_in(client, _name()), "200", http_answers('{"error": "no database"}'))

    def _google(self) -> Dependency:
        stub = self._stack.enter_context(cloud_tasks(1))
        proxy = self._proxy(stub.url)

        def use() -> str:
            tokens = GoogleTokens(_AUDIENCE, ACCOUNT, f"http://{proxy.address}/certs")
            try:
                tokens.require(stub.token(_AUDIENCE))
            except Unavailable:
                return "503"
            except InvalidToken:
                return "401"
            return "204"

        return Dependency(proxy, use, "204", http_answers())

    def _job(self, client: Client, asked: Callable[[], None]) -> Callable[[], str]:
        """Return a function that asks for a job, and runs it once."""

        def use() -> str:
            asked()
            return _run_newest(client.services)

        return use


def _run_newest(services: Services) -> str:
    """Run the job that was sent last, and return its outcome."""
    queue = services.jobs.queue
    assert isinstance(queue, RecordingQueue)
    runner = replace(services.jobs.runner, clock=lambda: adapters.now() + timedelta(seconds=1))
    runner.run(queue.sent[-1])
    job = services.jobs.jobs.get(queue.sent[-1])
    assert job
    return {"queued": "the job waits", "succeeded": "done"}.get(job.status.value, job.status.value)


def _status(answer: Any) -> str:
    if answer.status_code == 503:
        assert 0 < int(answer.headers["Retry-After"]) <= 60
    return str(answer.status_code)


def _join(client: Client) -> str:
    name = _name()
    assert client.register(name, f"{name}@example.com", _PASSWORD).status_code == 201
    token = client.log_in(name, _PASSWORD)
    assert token
    return token


def _log_in(client: Client, name: str) -> str:
    return _status(client.call("POST", "/login", username=name, password=_PASSWORD))


@contextmanager
def opened() -> Iterator[Rounds]:
    """Yield the rounds: one for each dependency and fault."""
    with ExitStack() as stack:
        world = World(stack, stack.enter_context(pytest.MonkeyPatch.context()))
        dependencies = {name: make() for name, make in world.all().items()}
        rounds = cells(dependencies)

        def play(number: int, _: Random) -> Counter[str]:
            name, fault = rounds[number]
            return break_and_heal(name, dependencies[name], fault)

        yield Rounds(len(rounds), play)


DEPENDENCIES = Target(
    "dependencies",
    "A dependency that fails costs what is documented, for no longer than documented, and recovers by itself",
    opened,
)
