"""Opens every store, each empty and on a server of its own."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from src.infrastructure.stores.dynamodb.table import make_table
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.sql import SqlStore
from src.infrastructure.stores.sqlite import SqliteStore
from tests.support import emulators
from tests.support.aws import REGION, open_dynamodb, session, use_aws
from tests.support.databases import create_database


@contextmanager
def every_store() -> Iterator[Mapping[str, Store]]:
    """Yield an open store of each kind by its name."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        opened = {
            "memory": MemoryStore(),
            "SQLite": _sqlite(folder),
            "PostgreSQL": _postgresql(stack.enter_context(emulators.postgres())),
            "Firestore": _firestore(stack.enter_context(emulators.firestore()), patch),
            "DynamoDB": _dynamodb(stack.enter_context(emulators.dynamodb()), patch),
        }
        for store in opened.values():
            stack.callback(store.close)
        yield opened


def in_turn(stores: Mapping[str, Store], number: int) -> tuple[str, Store]:
    """Return the name and the store of a round, so that each store has every fifth round."""
    return list(stores.items())[number % len(stores)]


def _sqlite(folder: Path) -> Store:
    url = f"sqlite:///{folder / 'portero.db'}"
    SqliteStore.prepare(url)
    return SqliteStore.open(url, pool_size=8)


def _postgresql(server: str) -> Store:
    url = create_database(server)
    SqlStore.prepare(url)
    return SqlStore.open(url, pool_size=8)


def _firestore(address: str, patch: pytest.MonkeyPatch) -> Store:
    patch.setenv("FIRESTORE_EMULATOR_HOST", address)
    return FirestoreStore(f"demo-{uuid4().hex}")


def _dynamodb(endpoint: str, patch: pytest.MonkeyPatch) -> Store:
    use_aws(patch, endpoint)
    table = f"portero-{uuid4().hex}"
    make_table(session().client("dynamodb", REGION), table)
    return open_dynamodb(table)
