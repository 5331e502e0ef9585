"""The requests to DynamoDB of each request to the service, and the items that they read and write.

docs/how-to/dynamodb.md calculates prices from these numbers.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from flask.testing import FlaskClient

from src.bootstrap.adapters import now
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.dynamodb import DynamoStore
from tests.contract.test_dynamodb import Wire
from tests.contract.test_rpcs import ANNA, PASSWORD, log_in, serve
from tests.support.aws import REGION

ANOTHER = {"username": "ben", "email": "ben@example.com", "password": PASSWORD}


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def client(dynamodb: Callable[[], DynamoStore], wire: Wire, tmp_path: Path) -> Iterator[FlaskClient]:
    session = Session()
    session.events.register("before-send.dynamodb", wire.send)
    [table] = dynamodb.args  # type: ignore[attr-defined] # it is a partial
    store = DynamoStore(REGION, table, pool_size=8, timeout=60.0, session=session)
    yield serve(store, StoreLimiter(store, now), tmp_path)
    store.close()


def costs(wire: Wire) -> list[str]:
    """Return the requests since the last call, with the number of items that each of them reads or writes."""
    found = []
    for operation, body in zip(wire.operations, wire.bodies, strict=True):
        tables = body.get("RequestItems", {})
        items = body.get("TransactItems") or [key for wanted in tables.values() for key in wanted["Keys"]]
        found.append(f"{operation} {len(items)}" if items else operation)
    wire.operations.clear()
    wire.bodies.clear()
    return found


def test_each_request_has_its_documented_cost(client: FlaskClient, wire: Wire) -> None:
    # The commit writes the user with seven entries and two claims, the last sign-in with its entry, and an event with
    # five entries. The last sign-in is read first, to find an entry to replace. A limit counts the registrations.
    assert client.post("/register", json=ANNA).status_code == 201
    assert costs(wire) == ["UpdateItem", "PutItem", "BatchGetItem 1", "TransactWriteItems 18"]
    assert client.post("/register", json=ANOTHER).status_code == 201
    assert costs(wire) == ["UpdateItem", "BatchGetItem 1", "TransactWriteItems 18"]

    # The user is found by the name. Two counters count failed logins. The commit writes the session with its entry,
    # an event with five entries, and both counters, because the login gives the attempts back. The first login of a
    # day in a process also reads the last sign-in, and replaces it with its entry.
    limits = ["UpdateItem", "PutItem"] * 2
    assert log_in(client).status_code == 200
    assert costs(wire) == ["Query", "BatchGetItem 1", *limits, "BatchGetItem 1", "TransactWriteItems 13"]
    tokens: dict[str, Any] = log_in(client).get_json()
    assert costs(wire) == ["Query", "BatchGetItem 1", "UpdateItem", "UpdateItem", "TransactWriteItems 10"]

    # The session and its user are read.
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert client.get("/user", headers=bearer).status_code == 200
    assert costs(wire) == ["BatchGetItem 2"]

    # The session is read once more to find its entry, which the service moves to a later expiry once a day.
    assert client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}).status_code == 200
    assert costs(wire) == ["BatchGetItem 2", "BatchGetItem 1", "TransactWriteItems 1"]

    # A task is written with its two entries; then a page of tasks is read.
    assert client.post("/tasks", headers=bearer, json={"title": "Walk the dog"}).status_code == 201
    assert costs(wire) == ["BatchGetItem 2", "TransactWriteItems 3"]
    assert client.get("/tasks", headers=bearer).status_code == 200
    assert costs(wire) == ["BatchGetItem 2", "Query", "BatchGetItem 1"]
