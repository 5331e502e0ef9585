"""Opens every store, each on a server of its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
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
from tests.support.databases import migrated_database
from tests.support.invariants import broken_invariants

Opener = Callable[[], AbstractContextManager[Store]]
"""A function that opens a store for one round."""
_CHECKED = 20
"""The rounds of a store between two checks of its invariants. A check reads the whole store."""


@contextmanager
def every_store() -> Iterator[Mapping[str, Opener]]:
    """Yield the opener of each store by its name. Rounds share a store, except for DynamoDB.

    There each round has a table of its own, because moto reads the whole table for every query.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        shared: dict[str, Store] = {
            "memory": MemoryStore(),
            "SQLite": _sqlite(folder),
            "PostgreSQL": _postgresql(stack.enter_context(emulators.postgres())),
            "Firestore": _firestore(stack.enter_context(emulators.firestore()), patch),
        }
        for store in shared.values():
            stack.callback(store.close)
        use_aws(patch, stack.enter_context(emulators.dynamodb()))
        yield {**{name: _lent(store) for name, store in shared.items()}, "DynamoDB": _dynamodb}


@contextmanager
def in_turn(stores: Mapping[str, Opener], number: int) -> Iterator[tuple[str, Store]]:
    """Yield the name and the store of a round, so that each store has every fifth round.

    Assert after every twentieth round of a store that it breaks no invariant.
    """
    name, opened = list(stores.items())[number % len(stores)]
    with opened() as store:
        yield name, store
        if (number // len(stores) + 1) % _CHECKED == 0:
            broken = broken_invariants(store)
            assert broken == [], broken


def _lent(store: Store) -> Opener:
    return lambda: nullcontext(store)


def _sqlite(folder: Path) -> Store:
    url = f"sqlite:///{folder / 'portero.db'}"
    SqliteStore.prepare(url)
    return SqliteStore.open(url, pool_size=8)


def _postgresql(server: str) -> Store:
    return SqlStore.open(migrated_database(server), pool_size=8)


def _firestore(address: str, patch: pytest.MonkeyPatch) -> Store:
    patch.setenv("FIRESTORE_EMULATOR_HOST", address)
    return FirestoreStore(f"demo-{uuid4().hex}")


@contextmanager
def _dynamodb() -> Iterator[Store]:
    client, table = session().client("dynamodb", REGION), f"portero-{uuid4().hex}"
    make_table(client, table)
    with closing(open_dynamodb(table)) as store:
        yield store
    client.delete_table(TableName=table)
