"""Fixtures for every store, and an interceptor between the Firestore client and its emulator."""

import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import grpc  # type: ignore[import-untyped]
import psycopg
import pytest

from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Insert, Key, Write
from src.infrastructure.stores.dynamodb.table import make_table
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.sql import SqlStore
from src.infrastructure.stores.sqlite import SqliteStore
from tests.contract.documents import account, user
from tests.e2e.service import redis_server
from tests.support.aws import REGION, open_dynamodb, session, use_aws
from tests.support.commits import Commit, replace_commit
from tests.support.databases import create_database, drop_database, empty_database, migrated_database, structure
from tests.support.emulators import free_port

# To add a store, add its name here and a fixture of that name that returns a function which opens an empty store. Then
# ``pytest tests/contract -k NAME`` runs the conformance suite on it.
SHARED = ("sqlite", "postgresql", "firestore", "dynamodb")
"""The stores that several processes can share."""
STORES = ("memory", *SHARED)


@pytest.fixture
def memory() -> Callable[[], Store]:
    return MemoryStore


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a migrated, empty SQLite database, which tests copy."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    SqliteStore.prepare(f"sqlite:///{file}")
    return file


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Path:
    """Return the path of the database that ``sqlite`` opens."""
    return Path(shutil.copy(migrated_file, tmp_path / "portero.db"))


@pytest.fixture
def sqlite(database: Path) -> Callable[[], Store]:
    return partial(SqliteStore.open, f"sqlite:///{database}", pool_size=8)


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> str:
    """Return the URL of a migrated PostgreSQL database, which tests copy.

    PostgreSQL stores no document without its owner, but most tests of repositories refer to users that do not exist.
    A trigger in this database therefore creates a tombstone for each missing owner.
    """
    url = migrated_database(postgres_server)
    store = SqlStore.open(url, pool_size=1)
    store.commit(Insert(user("nobody"), account(state="deleted", username=None, username_key=None)))
    store.close()
    owned = [
        collection.name for collection in COLLECTIONS if any(field.enforced for field in collection.fields.values())
    ]
    with psycopg.connect(url) as connection:
        connection.execute(_MAKE_OWNER)
        for table in owned:
            trigger = (
                f"CREATE TRIGGER owner BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION make_owner()"
            )
            connection.execute(trigger.encode())
    return url


_MAKE_OWNER = """
CREATE TABLE nobody AS SELECT * FROM users;
DELETE FROM users;
CREATE FUNCTION make_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO users
    SELECT made.* FROM nobody, jsonb_populate_record(nobody, jsonb_build_object('id', NEW.user_id)) AS made
    WHERE NEW.user_id IS NOT NULL
    ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$
"""


@pytest.fixture
def postgresql(
    postgres_server: str,
    migrated_template: str,
    spare_databases: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[], Store]]:
    # On a busy machine, fifty threads wait longer for eight connections than the service would tolerate.
    monkeypatch.setattr("src.infrastructure.stores.sql.engine.POOL_SECONDS", 60.0)
    spare = spare_databases.setdefault(migrated_template, [])
    url = spare.pop() if spare else create_database(postgres_server, template=migrated_template.rpartition("/")[2])
    yield partial(SqlStore.open, url, pool_size=8)
    empty_database(url)
    if structure(url) == _structure_of_template(migrated_template):
        spare.append(url)
    else:
        drop_database(url)


_structure_of_template = cache(structure)


@pytest.fixture
def firestore(firestore_emulator: str, firestore_project: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Store]:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    # A busy machine makes the emulator slower than the service would tolerate.
    return partial(FirestoreStore, firestore_project, timeout=60.0)


@pytest.fixture
def dynamodb(dynamodb_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Store]]:
    use_aws(monkeypatch, dynamodb_server)
    client, table = session().client("dynamodb", REGION), f"portero-{uuid4().hex}"
    make_table(client, table)
    yield partial(open_dynamodb, table)
    client.delete_table(TableName=table)


@pytest.fixture
def closed_port() -> str:
    """Return an address of this machine at which no server listens."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def silent_port() -> Iterator[str]:
    """Yield the address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the Redis URL. All tests share the server and use unique keys."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    store: Store = request.getfixturevalue(request.param)()
    yield store
    store.close()


@pytest.fixture
def commits(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[list[Write]]:
    """Return a list that receives the writes of every commit."""
    commits: list[list[Write]] = []

    def noting(commit: Commit) -> Commit:
        def noted(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            commits.append([*writes])
            return commit(writes, operation)

        return noted

    replace_commit(monkeypatch, store, noting)
    return commits


def set_limits(store: Store, monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    """Lower limits of the store."""
    for name, value in limits.items():
        monkeypatch.setattr(store, name, value)


@pytest.fixture
def users(store: Store) -> Users:
    return Users(store)


@pytest.fixture
def sessions(store: Store) -> Sessions:
    return Sessions(store)


@pytest.fixture(params=SHARED)
def open_shared(request: pytest.FixtureRequest) -> Callable[[], Store]:
    """Return a function that opens the same store in every process that calls it."""
    opener: Callable[[], Store] = request.getfixturevalue(request.param)
    return opener


class LostReply(grpc.RpcError):  # type: ignore[misc]
    """The error of a client whose connection breaks before the response arrives."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "the connection broke"

    def result(self) -> NoReturn:
        raise self

    def trailing_metadata(self) -> tuple[()]:
        return ()


class Wire(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """An interceptor that records RPCs to the emulator and can lose replies."""

    def __init__(self) -> None:
        self.rpcs: list[str] = []
        self.requests: list[Any] = []
        self.replies_to_lose = 0

    def intercept_unary_unary(self, proceed: Callable[..., Any], details: Any, request: Any) -> Any:
        call = self._noted(proceed, details, request)
        if self.replies_to_lose:
            self.replies_to_lose -= 1
            with suppress(grpc.RpcError):
                call.result()  # the emulator has answered, whatever the client is told
            return LostReply()
        return call

    def intercept_unary_stream(self, proceed: Callable[..., Any], details: Any, request: Any) -> Any:
        return self._noted(proceed, details, request)

    def _noted(self, proceed: Callable[..., Any], details: Any, request: Any) -> Any:
        self.rpcs.append(details.method.rpartition("/")[2])
        self.requests.append(request)
        return proceed(details, request)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Return the interceptor of every Firestore client that connects during the test."""
    wire = Wire()
    connect = grpc.insecure_channel
    monkeypatch.setattr(grpc, "insecure_channel", lambda *to, **how: grpc.intercept_channel(connect(*to, **how), wire))
    return wire
