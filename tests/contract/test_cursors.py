"""A cursor is valid only for the query that returned it; any other text is refused."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from src.domain.errors import InvalidCursor
from src.infrastructure.stores.driver import Insert, Key, Query
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import DOGS, TASKS
from src.infrastructure.stores.schema.types import Collection
from tests.contract.documents import content_of, cursor_of

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
TASK = {"title": "x", "description": None, "created_at": NOON, "updated_at": NOON}
OF_ADA = Query(TASKS, "created_at", {"user_id": "ada"}, limit=1, descending=True)
BY_NAME = Query(DOGS, "name_key", limit=1)


def _fields(collection: Collection, **given: Any) -> dict[str, Any]:
    return dict.fromkeys(collection.fields) | given


@pytest.fixture
def store() -> Store:
    """A store with two documents of each kind that the queries below find."""
    store = MemoryStore()
    for at, (user_id, completed) in enumerate([("ada", True), ("ada", False), ("eve", True), ("eve", False)] * 2):
        fields = _fields(TASKS, **TASK, user_id=user_id, completed=completed)
        store.commit(Insert(Key(TASKS, f"{at}"), fields))
        dog = _fields(DOGS, name_key=f"rex {at}", is_adopted=completed, user_id=user_id)
        store.commit(Insert(Key(DOGS, f"{at}"), dog))
    return store


QUERIES = [
    OF_ADA,
    replace(OF_ADA, equal={"user_id": "eve"}),
    replace(OF_ADA, equal={"user_id": "ada", "completed": True}),
    replace(OF_ADA, equal={"user_id": "ada", "completed": False}),
    replace(OF_ADA, until=NOON),
    BY_NAME,
    replace(BY_NAME, equal={"is_adopted": True}),
    replace(BY_NAME, until="rex 9"),
    replace(BY_NAME, start="rex"),
]


@pytest.mark.parametrize("asked", QUERIES)
def test_a_cursor_is_valid_for_its_own_query_only(store: Store, asked: Query) -> None:
    for query in QUERIES:
        cursor = store.find(query).next
        assert cursor
        if query == asked:
            assert store.find(replace(asked, cursor=cursor, limit=100)).items
        else:
            with pytest.raises(InvalidCursor):
                store.find(replace(asked, cursor=cursor))


def _of_time(value: Any) -> Callable[[str, str, str], str]:
    return lambda digest, _, id: cursor_of([digest, value, id])


def _of_id(id: Any) -> Callable[[str, str, str], str]:
    return lambda digest, value, _: cursor_of([digest, value, id])


FORGERIES: dict[str, Callable[[str, str, str], str]] = {
    "week": _of_time("2026-W01-1"),
    "day": _of_time("2026-01-01"),
    "no zone": _of_time("2026-01-01T00:00:00"),
    "another zone": _of_time("2026-01-01T01:00:00+01:00"),
    "Z": _of_time("2026-01-01T00:00:00Z"),
    "no separators": _of_time("20260101T000000+0000"),
    "before time": _of_time("0001-01-01T00:00:00+23:00"),
    "no time": _of_time("x"),
    "number for a time": _of_time(1),
    "null for a time": _of_time(None),
    "NUL in the id": _of_id("a\0"),
    "slash in the id": _of_id("a/b"),
    "no id": _of_id(""),
    "half a character in the id": _of_id("\ud800"),
    "number for an id": _of_id(1),
    "list for an id": _of_id(["a"]),
    "another digest": lambda _, value, id: cursor_of(["0" * 16, value, id]),
    "the collection": lambda _, value, id: cursor_of(["tasks", value, id]),
    "spaces": lambda *parts: base64.urlsafe_b64encode(json.dumps([*parts], indent=1).encode()).decode().rstrip("="),
    "padding": lambda *parts: cursor_of([*parts]) + "=",
    "more": lambda *parts: cursor_of([*parts, ""]),
    "junk that base64 drops": lambda *parts: cursor_of([*parts]) + "!!!!",
    "line break": lambda *parts: cursor_of([*parts]) + "\n",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_cursor_is_refused(store: Store, name: str) -> None:
    cursor = store.find(OF_ADA).next
    assert cursor
    parts = content_of(cursor)
    assert cursor_of(parts) == cursor
    with pytest.raises(InvalidCursor):
        store.find(replace(OF_ADA, cursor=FORGERIES[name](*parts)))


@pytest.mark.parametrize("text", [1, True, None, ["a"], {"a": 1}, "a\0", "\udfff", "ñ" * 751])
def test_a_forged_text_is_refused(store: Store, text: Any) -> None:
    cursor = store.find(BY_NAME).next
    assert cursor
    digest, _, id = content_of(cursor)
    with pytest.raises(InvalidCursor):
        store.find(replace(BY_NAME, cursor=cursor_of([digest, text, id])))


def test_every_time_and_id_can_be_a_cursor(store: Store) -> None:
    digest, *_ = content_of(str(store.find(OF_ADA).next))
    found = []
    for time in (NOON, NOON.replace(microsecond=0), NOON - timedelta(days=99999), NOON + timedelta(days=99999)):
        cursor = cursor_of([digest, time.isoformat(), "ä 😀 \n"])
        found.append(len(store.find(replace(OF_ADA, cursor=cursor, limit=100)).items))
    assert found == [4, 0, 0, 4]  # from the newest one on, and the ids of all four come before this one


def test_an_id_with_nul_is_not_found(store: Store) -> None:
    assert store.get(Key(TASKS, "0\0"), Key(TASKS, "\0")) == [None, None]
