"""The driver, the same in every store."""

import base64
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from src.domain.errors import InvalidCursor, Unavailable
from src.domain.values import Page
from src.infrastructure.stores.base import (
    Delete,
    Document,
    Insert,
    Key,
    PreconditionFailed,
    Query,
    Store,
    Update,
    Write,
)
from src.infrastructure.stores.declarations import Collection, Type
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.schema import CLAIMS, COLLECTIONS, COUNTERS, SESSIONS, USERS
from src.infrastructure.stores.sql import SqlStore, make_engine
from tests.contract.conftest import Wire
from tests.support.clock import outcome_within
from tests.support.emulators import free_port

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)

CLAIM = {"kind": "username", "holder_id": "ada"}


def account(**fields: Any) -> dict[str, Any]:
    """The fields of a user, plain except for ``fields``."""
    plain: dict[str, Any] = {
        "username": "Ada",
        "username_key": "ada",
        "email": None,
        "email_verified": False,
        "name": None,
        "last_name": None,
        "role": "user",
        "disabled": False,
        "created_at": NOON,
        "updated_at": NOON,
        "password_hash": None,
        "state": "active",
        "session_epoch": 0,
        "kept_session": None,
        "sessions_ended_at": None,
        "expires_at": None,
        "reserved": [],
        "reconcile_since": None,
    }
    assert plain.keys() == USERS.fields.keys()
    return plain | fields


def login(**fields: Any) -> dict[str, Any]:
    """The fields of a session, plain except for ``fields``."""
    plain: dict[str, Any] = {
        "user_id": "ada",
        "epoch": 0,
        "created_at": NOON,
        "last_used_at": NOON,
        "expires_at": NOON,
        "ends_at": NOON,
        "user_agent": None,
        "ip": None,
        "generation": 0,
        "current_hash": None,
        "spent_hash": None,
        "spent_at": None,
    }
    assert plain.keys() == SESSIONS.fields.keys()
    return plain | fields


def user(id: str) -> Key:
    return Key(USERS, id)


def claim(id: str) -> Key:
    return Key(CLAIMS, id)


def session(id: str) -> Key:
    return Key(SESSIONS, id)


def counter(id: str) -> Key:
    return Key(COUNTERS, id)


def only(store: Store, key: Key) -> Document:
    [document] = store.get(key)
    assert document
    return document


class TestGet:
    def test_several_keys_in_their_order_across_collections_and_none_for_what_is_absent(self, store: Store) -> None:
        store.commit(
            Insert(user("1"), account(name="one")),
            Insert(user("2"), account(name="two")),
            Insert(claim("1"), CLAIM),
        )

        found = store.get(claim("1"), user("2"), user("absent"), claim("2"), user("1"), user("2"))

        assert [document and document.key for document in found] == [
            claim("1"), user("2"), None, None, user("1"), user("2"),
        ]  # fmt: skip
        assert [document and document.fields.get("name") for document in found] == [
            None, "two", None, None, "one", "two",
        ]  # fmt: skip

    def test_an_id_is_one_to_the_letter(self, store: Store) -> None:
        store.commit(Insert(user("a"), account()))
        assert store.get(user("A"), user("a "), user("å"), user("_-a")) == [None] * 4

    @pytest.mark.parametrize("id", ["", ".", "..", "a/b", "/", "__x__", "____", "x" * 301])
    def test_an_id_that_no_store_takes_is_absent(self, store: Store, id: str) -> None:
        """Clients send what they like as an id, and get no other answer than for any that is not there."""
        store.commit(Insert(user("1"), account()))
        assert store.get(user(id)) == [None]
        found = store.get(user(id), user("1"), claim(id), user("absent"), user("1"))
        assert [document and document.key for document in found] == [None, user("1"), None, None, user("1")]

    @pytest.mark.parametrize("id", ["...", ".a", "__x", "x__", "_", "x" * 300, "😀" * 300, "a b", "a\n", "%2F", "'"])
    def test_any_other_id_is_one(self, store: Store, id: str) -> None:
        assert store.get(user(id)) == [None]
        store.commit(Insert(user(id), account()))
        assert only(store, user(id)).key == user(id)


VALUES: dict[Type, list[Any]] = {
    Type.TEXT: ["", " ", "a'b\"c\\d%_", "line\nbreak", "Ångström", "A\u030angstro\u0308m", "😀\U0001d4b3", "x" * 5000],
    Type.INTEGER: [0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)],
    Type.FLOAT: [0.0, 1.0, 0.1 + 0.2, 1 / 3, -2.5e-7, 5e-324, 1.7976931348623157e308],
    Type.BOOLEAN: [True, False],
    Type.TIMESTAMP: [
        NOON,
        NOON.replace(microsecond=0),
        NOON.replace(microsecond=1),
        NOON.replace(microsecond=999999),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
    Type.JSON: [
        [],
        {},
        [["email", "ada@example.com"], ["username", "ada"]],
        {"a": [None, True, 1.5, "😀", {"b.c": [[], {}]}], "": 2**53},
        "text",
        0,
        False,
    ],
}


class TestRoundTrip:
    @pytest.mark.parametrize("type", Type)
    def test_what_is_written_is_read(self, store: Store, type: Type) -> None:
        collection = next(each for each in COLLECTIONS if type in {field.type for field in each.fields.values()})
        plain = {name: VALUES[field.type][0] for name, field in collection.fields.items()}
        written = {
            Key(collection, f"{name}-{place}"): plain | {name: value}
            for name, field in collection.fields.items()
            if field.type is type
            for place, value in enumerate([*VALUES[type], *([None] if field.nullable else [])])
        }
        store.commit(*(Insert(key, fields) for key, fields in written.items()))

        read = {document.key: document.fields for document in store.get(*written) if document}

        assert read == written
        assert {repr(value) for value in _times(read)} <= {repr(value.astimezone(UTC)) for value in _times(written)}
        assert _types(read) == _types(written)

    @pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection.name)
    def test_in_every_collection(self, store: Store, collection: Collection) -> None:
        full = {name: VALUES[field.type][1] for name, field in collection.fields.items()}
        bare = {name: None if field.nullable else full[name] for name, field in collection.fields.items()}
        written = {Key(collection, "full"): full, Key(collection, "bare"): bare}
        revisions = store.commit(*(Insert(key, fields) for key, fields in written.items()))
        found = [document for document in store.get(*written) if document]
        assert {document.key: document.fields for document in found} == written
        assert {document.key: document.revision for document in found} == revisions

    def test_an_update_replaces_every_field(self, store: Store) -> None:
        full = account(email="ada@example.com", name="Ada", last_name="Lovelace", reconcile_since=NOON, reserved=[1])
        revisions = store.commit(Insert(user("1"), full))
        store.commit(Update(user("1"), account(), revisions[user("1")]))
        assert only(store, user("1")).fields == account()

    def test_what_is_stored_changes_by_commits_only(self, store: Store) -> None:
        fields = account(reserved=[["email", "ada@example.com"]])
        store.commit(Insert(user("1"), fields))

        fields["reserved"].append("changed after the commit")
        only(store, user("1")).fields["reserved"].append("changed after the read")

        assert only(store, user("1")).fields == account(reserved=[["email", "ada@example.com"]])


def _types(documents: dict[Key, Any]) -> list[list[type]]:
    return [[type(value) for _, value in sorted(fields.items())] for fields in documents.values()]


def _times(documents: dict[Key, Any]) -> list[datetime]:
    return [value for fields in documents.values() for value in fields.values() if isinstance(value, datetime)]


class TestCommit:
    def test_an_insert_demands_absence(self, store: Store) -> None:
        store.commit(Insert(claim("1"), CLAIM))
        with pytest.raises(PreconditionFailed) as failed:
            store.commit(Insert(claim("1"), CLAIM | {"holder_id": "bob"}))
        assert failed.value.keys == {claim("1")}
        assert only(store, claim("1")).fields == CLAIM

    def test_an_update_demands_the_revision(self, store: Store) -> None:
        first = store.commit(Insert(user("1"), account()))[user("1")]
        second = store.commit(Update(user("1"), account(name="second"), first))[user("1")]
        with pytest.raises(PreconditionFailed) as failed:
            store.commit(Update(user("1"), account(name="stale"), first))
        assert failed.value.keys == {user("1")}
        assert only(store, user("1")).fields["name"] == "second"
        assert only(store, user("1")).revision == second

    def test_an_update_demands_the_document(self, store: Store) -> None:
        revision = store.commit(Insert(user("1"), account()))[user("1")]
        store.commit(Delete(user("1")))
        for absent in (user("1"), user("never there")):
            with pytest.raises(PreconditionFailed) as failed:
                store.commit(Update(absent, account(), revision))
            assert failed.value.keys == {absent}
            assert store.get(absent) == [None]

    def test_a_delete_demands_nothing(self, store: Store) -> None:
        store.commit(Insert(claim("1"), CLAIM))
        assert store.commit(Delete(claim("1")), Delete(claim("never there"))) == {}
        assert store.get(claim("1"), claim("never there")) == [None, None]

    def test_a_delete_at_a_revision_demands_it(self, store: Store) -> None:
        first = store.commit(Insert(user("1"), account()))[user("1")]
        second = store.commit(Update(user("1"), account(), first))[user("1")]
        with pytest.raises(PreconditionFailed) as failed:
            store.commit(Delete(user("1"), first))
        assert failed.value.keys == {user("1")}
        assert only(store, user("1")).revision == second
        assert store.commit(Delete(user("1"), second)) == {}
        for absent in (user("1"), user("never there")):
            with pytest.raises(PreconditionFailed) as failed:
                store.commit(Delete(absent, second))
            assert failed.value.keys == {absent}
        third = store.commit(Insert(user("1"), account()))[user("1")]
        with pytest.raises(PreconditionFailed):
            store.commit(Delete(user("1"), second))  # it is back, but it is another one
        assert only(store, user("1")).revision == third

    def test_what_is_deleted_can_be_inserted_again_and_is_another_revision(self, store: Store) -> None:
        first = store.commit(Insert(claim("1"), CLAIM))[claim("1")]
        store.commit(Delete(claim("1")))
        assert store.commit(Insert(claim("1"), CLAIM))[claim("1")] != first

    def test_every_write_changes_the_revision_and_returns_the_one_that_is_read(self, store: Store) -> None:
        seen = [store.commit(Insert(user("1"), account()))[user("1")]]
        for _ in range(5):
            seen.append(store.commit(Update(user("1"), account(), seen[-1]))[user("1")])
            assert only(store, user("1")).revision == seen[-1]
        assert len(set(seen)) == 6

    def test_a_commit_returns_the_revision_of_everything_it_wrote(self, store: Store) -> None:
        store.commit(Insert(claim("old"), CLAIM))
        first = store.commit(Insert(user("1"), account()))[user("1")]
        revisions = store.commit(Delete(claim("old")), Update(user("1"), account(), first), Insert(claim("new"), CLAIM))
        assert revisions == {key: only(store, key).revision for key in (user("1"), claim("new"))}

    def test_all_or_nothing(self, store: Store) -> None:
        """Whichever of several writes cannot be done, wherever it stands, none of them is."""
        store.commit(Insert(claim("taken"), CLAIM), Insert(claim("held"), CLAIM), Insert(user("1"), account()))
        stale = only(store, user("1")).revision
        store.commit(Update(user("1"), account(name="kept"), stale))
        before = store.get(user("1"), user("2"), claim("taken"), claim("held"), claim("free"))
        current = only(store, user("1")).revision
        good: list[Write] = [
            Insert(user("2"), account()),
            Insert(claim("free"), CLAIM),
            Delete(claim("held")),
            Delete(claim("absent")),
        ]
        failures: list[tuple[list[Write], set[Key]]] = [
            ([Insert(claim("taken"), CLAIM)], {claim("taken")}),
            ([Insert(claim("taken"), CLAIM), Update(user("1"), account(), current)], {claim("taken")}),
            ([Update(user("1"), account(), stale)], {user("1")}),
            ([Update(user("absent"), account(), current)], {user("absent")}),
            ([Insert(claim("taken"), CLAIM), Update(user("1"), account(), stale)], {claim("taken"), user("1")}),
            ([Delete(user("1"), stale)], {user("1")}),
            ([Delete(user("absent"), current)], {user("absent")}),
            ([Delete(user("1"), stale), Insert(claim("taken"), CLAIM)], {user("1"), claim("taken")}),
        ]
        for faulty, keys in failures:
            for writes in ([*faulty, *good], [*good, *faulty], [*good[:2], *faulty, *good[2:]]):
                with pytest.raises(PreconditionFailed) as failed:
                    store.commit(*writes)
                assert failed.value.keys == keys
                assert store.get(*(user("1"), user("2"), claim("taken"), claim("held"), claim("free"))) == before


class TestLostReply:
    """A commit that landed, and that was sent again because its reply was lost, is a success."""

    @pytest.fixture
    def twice(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every commit reaches the store twice, and the reply to the second one is what is heard."""
        once = store._commit

        def commit(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            once(writes, operation)
            return once(writes, operation)

        monkeypatch.setattr(store, "_commit", commit)

    @pytest.mark.usefixtures("twice")
    def test_every_kind_of_write(self, store: Store) -> None:
        revisions = store.commit(Insert(user("1"), account()), Insert(claim("1"), CLAIM))
        assert revisions == {key: only(store, key).revision for key in (user("1"), claim("1"))}

        revisions = store.commit(Update(user("1"), account(name="Ada"), revisions[user("1")]))
        assert revisions == {user("1"): only(store, user("1")).revision}
        assert only(store, user("1")).fields["name"] == "Ada"

        revisions = store.commit(
            Delete(claim("1")),
            Update(user("1"), account(name="Eve"), revisions[user("1")]),
            Insert(claim("2"), CLAIM),
        )
        assert revisions == {key: only(store, key).revision for key in (user("1"), claim("2"))}
        assert only(store, user("1")).fields["name"] == "Eve"

        assert store.commit(Delete(claim("2"))) == {}
        assert store.get(claim("1"), claim("2")) == [None, None]

    @pytest.mark.usefixtures("twice")
    def test_the_same_write_by_somebody_else_is_none(self, store: Store) -> None:
        store.commit(Insert(claim("1"), CLAIM))
        with pytest.raises(PreconditionFailed) as failed:
            store.commit(Insert(claim("1"), CLAIM))
        assert failed.value.keys == {claim("1")}

    def test_the_firestore_client_that_sends_again_by_itself(self, wire: Wire, firestore: Callable[[], Store]) -> None:
        store = firestore()
        wire.replies_to_lose = 1
        revisions = store.commit(Insert(user("1"), account()), Insert(claim("1"), CLAIM))
        assert wire.rpcs == ["Commit", "Commit", "BatchGetDocuments"]
        assert revisions == {key: only(store, key).revision for key in (user("1"), claim("1"))}

        wire.rpcs.clear()
        wire.replies_to_lose = 2
        revisions = store.commit(Update(user("1"), account(name="Ada"), revisions[user("1")]))
        assert wire.rpcs == ["Commit", "Commit", "Commit", "BatchGetDocuments"]
        assert revisions == {user("1"): only(store, user("1")).revision}
        store.close()

    def test_what_was_in_the_way_and_is_gone_is_tried_again(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attempts = []
        once = store._commit

        def commit(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            attempts.append(operation)
            if len(attempts) < 3:
                raise PreconditionFailed
            return once(writes, operation)

        monkeypatch.setattr(store, "_commit", commit)
        assert store.commit(Insert(claim("1"), CLAIM)) == {claim("1"): only(store, claim("1")).revision}
        assert len(set(attempts)) == 1

    def test_but_not_for_ever(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        def commit(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            raise PreconditionFailed

        monkeypatch.setattr(store, "_commit", commit)
        with pytest.raises(Unavailable):
            store.commit(Insert(claim("1"), CLAIM))


def ids(store: Store, query: Query) -> list[str]:
    return [document.key.id for document in store.find(query).items]


def every_page(store: Store, query: Query) -> Iterator[list[str]]:
    for _ in range(100):
        page = store.find(query)
        yield [document.key.id for document in page.items]
        if page.next is None:
            return
        query = replace(query, cursor=page.next)
    pytest.fail("the pages do not end")


def active(**query: Any) -> Query:
    return Query(USERS, "username_key", {"state": "active"}, **query)


def newest(**query: Any) -> Query:
    return Query(SESSIONS, "created_at", {"user_id": "ada"}, descending=True, **query)


class TestFind:
    def test_equality_on_every_field_given(self, store: Store) -> None:
        store.commit(
            *(
                Insert(user(f"{state}-{role}"), account(state=state, role=role))
                for state in ("active", "deleted")
                for role in ("admin", "user")
            )
        )
        assert ids(store, active()) == ["active-admin", "active-user"]
        both = Query(USERS, "username_key", {"state": "deleted", "role": "user"})
        assert ids(store, both) == ["deleted-user"]
        assert ids(store, Query(USERS, "username_key", {"state": "active", "role": "nobody"})) == []

    def test_a_document_is_found_as_it_is_read(self, store: Store) -> None:
        store.commit(Insert(user("1"), account(reserved=[["email", "a@b.c"]], reconcile_since=NOON)))
        assert list(store.find(active()).items) == store.get(user("1"))

    def test_texts_in_the_order_of_their_code_points(self, store: Store) -> None:
        keys = ["!", "-", "0", "10", "9", "A", "Z", "_", "a", "aa", "ab", "b", "é", "ω", "中", "\uff41", "😀"]
        assert keys == sorted(keys)
        store.commit(*(Insert(user(f"{100 - at}"), account(username_key=key)) for at, key in enumerate(keys)))
        found = store.find(active()).items
        assert [document.fields["username_key"] for document in found] == keys

    def test_ties_in_the_order_of_their_ids(self, store: Store) -> None:
        names = ["b", "a", "C", "10", "9"]
        store.commit(*(Insert(user(id), account(username_key="same")) for id in names))
        assert ids(store, active()) == sorted(names)

    def test_until_is_included_and_what_has_no_value_is_left_out(self, store: Store) -> None:
        second = timedelta(seconds=1)
        tick = timedelta(microseconds=1)
        times = {"none": None, "3": NOON, "1": NOON - second, "4": NOON + tick, "2": NOON - tick, "5": NOON + second}
        store.commit(*(Insert(user(id), account(reconcile_since=time)) for id, time in times.items()))
        assert ids(store, Query(USERS, "reconcile_since", until=NOON)) == ["1", "2", "3"]
        assert ids(store, Query(USERS, "reconcile_since")) == ["1", "2", "3", "4", "5"]
        assert ids(store, Query(USERS, "reconcile_since", until=NOON - timedelta(days=1))) == []

    def test_until_bounds_texts_too(self, store: Store) -> None:
        store.commit(*(Insert(user(key), account(username_key=key)) for key in "abc"))
        assert ids(store, active(until="b")) == ["a", "b"]

    def test_what_has_no_value_in_the_order_is_left_out(self, store: Store) -> None:
        store.commit(Insert(user("1"), account(username_key=None)), Insert(user("2"), account(username_key="")))
        assert ids(store, active()) == ["2"]

    @pytest.mark.parametrize("limit", [1, 4, 12, 100])
    def test_pages_hold_everything_once(self, store: Store, limit: int) -> None:
        """Also where a page ends in the midst of documents with the same value."""
        store.commit(
            *(Insert(user(f"{at:02}"), account(username_key=f"😀{at // 5}", role="admin")) for at in range(12)),
            Insert(user("other"), account(state="deleted", role="admin")),
            Insert(user("another"), account()),
        )
        admins = Query(USERS, "username_key", {"state": "active", "role": "admin"}, limit=limit)
        pages = list(every_page(store, admins))
        assert [id for page in pages for id in page] == [f"{at:02}" for at in range(12)]
        assert [len(page) for page in pages] == [min(limit, 12)] * (12 // min(limit, 12))

    def test_pages_by_time_hold_everything_once(self, store: Store) -> None:
        times = [NOON + timedelta(microseconds=at // 2) for at in range(9)]
        store.commit(*(Insert(user(f"{at}"), account(reconcile_since=time)) for at, time in enumerate(times)))
        pages = every_page(store, Query(USERS, "reconcile_since", until=times[6], limit=2))
        assert [id for page in pages for id in page] == list("01234567")

    def test_pages_stay_in_place_while_documents_come_and_go(self, store: Store) -> None:
        store.commit(*(Insert(user(key), account(username_key=key)) for key in "bdfhjl"))
        first = store.find(active(limit=2))
        assert [document.key.id for document in first.items] == ["b", "d"]
        store.commit(
            Delete(user("d")),  # the one that the cursor stands on
            Delete(user("h")),
            *(Insert(user(key), account(username_key=key)) for key in "acegm"),
        )
        later = every_page(store, active(limit=2, cursor=first.next))
        assert [id for page in later for id in page] == list("efgjlm")

    def test_descending_is_the_reverse_ties_included(self, store: Store) -> None:
        times = [NOON + timedelta(microseconds=at // 3) for at in range(9)]
        store.commit(
            *(Insert(session(f"{9 - at}"), login(created_at=time)) for at, time in enumerate(times)),
            Insert(session("other"), login(user_id="eve")),
        )
        assert ids(store, newest()) == ["3", "2", "1", "6", "5", "4", "9", "8", "7"]
        assert ids(store, newest(limit=2)) == ["3", "2"]
        assert ids(store, newest(until=times[3])) == ["6", "5", "4", "9", "8", "7"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 9, 100])
    def test_descending_pages_hold_everything_once(self, store: Store, limit: int) -> None:
        times = [NOON + timedelta(microseconds=at // 3) for at in range(9)]
        store.commit(*(Insert(session(f"{at}"), login(created_at=time)) for at, time in enumerate(times)))
        pages = list(every_page(store, newest(limit=limit)))
        assert [id for page in pages for id in page] == list("876543210")
        assert {len(page) for page in pages[:-1]} <= {limit}

    def test_descending_pages_stay_in_place_while_documents_come_and_go(self, store: Store) -> None:
        second = timedelta(seconds=1)
        store.commit(*(Insert(session(f"{at}"), login(created_at=NOON + at * second)) for at in range(0, 10, 2)))
        first = store.find(newest(limit=2))
        assert [document.key.id for document in first.items] == ["8", "6"]
        store.commit(
            Delete(session("6")),  # the one that the cursor stands on
            Insert(session("9"), login(created_at=NOON + 9 * second)),
            Insert(session("3"), login(created_at=NOON + 3 * second)),
        )
        later = every_page(store, newest(limit=2, cursor=first.next))
        assert [id for page in later for id in page] == ["4", "3", "2", "0"]

    PREFIXED = ("A", "ad", "ada", "ada%", "ada_", "ada\u0301", "ada\uff41", "ada\U00010000", "ada😀", "ada😀😀",
                "ada\U0010fffd", "adb", "b", "ß", "\uff41", "😀", "😀ada", "😁")  # fmt: skip

    @pytest.mark.parametrize(
        "prefix", ["a", "ad", "ada", "ada_", "ada%", "ada😀", "😀", "\uff41", "x", "ad\U0010fffd", ""]
    )
    def test_a_prefix_in_any_script(self, store: Store, prefix: str) -> None:
        assert list(self.PREFIXED) == sorted(self.PREFIXED)
        store.commit(*(Insert(user(f"{at:02}"), account(username_key=key)) for at, key in enumerate(self.PREFIXED)))
        expected = [f"{at:02}" for at, key in enumerate(self.PREFIXED) if key.startswith(prefix)]
        assert ids(store, active(prefix=prefix)) == expected
        pages = list(every_page(store, active(prefix=prefix, limit=2)))
        assert [id for page in pages for id in page] == expected

    def test_beyond_is_a_text_that_is_left_behind(self, store: Store) -> None:
        keys = [None, "", "a", "a.0", "a.1", "b", "b.0", "😀"]
        store.commit(*(Insert(user(f"{at}"), account(username_key=key)) for at, key in enumerate(keys)))
        store.commit(Insert(user("tie"), account(username_key="b")))
        assert ids(store, active(beyond="")) == ["2", "3", "4", "5", "tie", "6", "7"]
        assert ids(store, active(beyond="a")) == ["3", "4", "5", "tie", "6", "7"]
        assert ids(store, active(beyond="a.5")) == ["5", "tie", "6", "7"]
        assert ids(store, active(beyond="😀")) == []
        assert ids(store, active(beyond="a", until="b")) == ["3", "4", "5", "tie"]
        pages = list(every_page(store, active(beyond="a.0", limit=2)))
        assert pages == [["4", "5"], ["tie", "6"], ["7"]]

    def test_a_prefix_leaves_out_what_has_no_value(self, store: Store) -> None:
        store.commit(Insert(user("1"), account(username_key=None)), Insert(user("2"), account(username_key="")))
        assert ids(store, active(prefix="")) == ["2"]

    def test_nothing_found_is_an_empty_page(self, store: Store) -> None:
        page = store.find(active())
        assert (list(page.items), page.next) == ([], None)

    @pytest.mark.parametrize(
        "query",
        [
            Query(USERS, "username_key"),
            Query(USERS, "username_key", {"role": "user"}),
            Query(USERS, "created_at"),
            Query(CLAIMS, "kind"),
            Query(SESSIONS, "created_at", {"user_id": "ada"}),
            Query(USERS, "username_key", {"state": "active"}, descending=True),
        ],
    )
    def test_a_query_without_an_index_is_refused(self, store: Store, query: Query) -> None:
        with pytest.raises(LookupError):
            store.find(query)


def cursor(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


NO_CURSORS = [
    "", "x", "!!!!", "😀", "ab=cd", cursor(None), cursor([]), cursor(["a"]), cursor(["a", "b", "c"]),
    cursor(["a", 1]), cursor([1, "a"]), cursor([None, "a"]), cursor([["a"], "a"]), cursor({"a": "b"}),
    cursor(["\ud800", "a"]), cursor(["a", "\ud800"]), cursor(["a", ""]), cursor(["a", "b/c"]), cursor(["a", ".."]),
    cursor(["a", "__a__"]), cursor(["a", "a" * 2000]),
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
]  # fmt: skip


class TestCursor:
    @pytest.mark.parametrize("text", NO_CURSORS)
    def test_a_text_that_is_no_cursor_is_refused(self, store: Store, text: str) -> None:
        with pytest.raises(InvalidCursor):
            store.find(active(cursor=text))

    @pytest.mark.parametrize("value", ["yesterday", "", "a", "0001-01-01T00:00:00+23:00", 1])
    def test_a_value_that_is_no_time_is_refused(self, store: Store, value: str | int) -> None:
        with pytest.raises(InvalidCursor):
            store.find(Query(USERS, "reconcile_since", cursor=cursor([value, "a"])))


class TestRemoveExpired:
    TICK = timedelta(microseconds=1)

    @pytest.fixture(params=["memory", "sqlite"])
    def sweeping(self, request: pytest.FixtureRequest) -> Iterator[Store]:
        """A store that does not do so by itself."""
        store: Store = request.getfixturevalue(request.param)()
        yield store
        store.close()

    def fill(self, store: Store) -> list[Key]:
        """Some of each kind; returns what has expired."""
        expired = [session("before"), session("now"), counter("before"), counter("now")]
        times = {"before": NOON - self.TICK, "now": NOON, "after": NOON + self.TICK}
        for id, time in times.items():
            store.commit(
                Insert(session(id), login(expires_at=time)),
                Insert(counter(id), {"hits": 1, "expires_at": time}),
                Insert(user(id), account(expires_at=time)),
            )
        return expired

    def test_what_has_expired_and_nothing_else(self, sweeping: Store) -> None:
        """A guest is no matter of the store: it has more than a document."""
        expired = self.fill(sweeping)
        assert sweeping.remove_expired(NOON) == len(expired)
        assert sweeping.get(*expired) == [None] * len(expired)
        assert all(sweeping.get(session("after"), counter("after"), *map(user, ("before", "now", "after"))))
        assert sweeping.remove_expired(NOON) == 0

    def test_so_many_at_a_time(self, sweeping: Store) -> None:
        self.fill(sweeping)
        assert [sweeping.remove_expired(NOON, limit=1) for _ in range(3)] == [2, 2, 0]

    def test_what_was_given_more_time_meanwhile_stays(self, sweeping: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fill(sweeping)
        find = sweeping.find

        def find_and_change(query: Query) -> Page[Document]:
            page = find(query)
            if query.collection is SESSIONS:
                renewed = only(sweeping, session("now"))
                later = login(expires_at=NOON + timedelta(days=1))
                sweeping.commit(Update(renewed.key, later, renewed.revision), Delete(session("before")))
            return page

        monkeypatch.setattr(sweeping, "find", find_and_change)
        assert sweeping.remove_expired(NOON) == 2  # the counters
        assert only(sweeping, session("now")).fields["expires_at"] == NOON + timedelta(days=1)

    def test_nothing_where_the_store_does_it(self, wire: Wire, firestore: Callable[[], Store]) -> None:
        store = firestore()
        expired = self.fill(store)
        wire.rpcs.clear()
        assert store.remove_expired(NOON) == 0
        assert wire.rpcs == []
        assert all(store.get(*expired))
        store.close()


class TestUnreachable:
    """A store that does not answer is Unavailable, and soon."""

    @pytest.fixture
    def closed_port(self) -> str:
        return f"127.0.0.1:{free_port()}"

    @pytest.fixture
    def silent_port(self) -> Iterator[str]:
        """Takes connections, and never says a word."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield f"127.0.0.1:{listener.getsockname()[1]}"

    @pytest.mark.parametrize("port", ["closed_port", "silent_port"])
    @pytest.mark.parametrize(
        "use",
        [
            pytest.param(lambda store: store.get(user("1"), claim("1")), id="get"),
            pytest.param(lambda store: store.find(active()), id="find"),
            pytest.param(lambda store: store.commit(Insert(claim("1"), CLAIM)), id="commit"),
        ],
    )
    def test_firestore(
        self,
        use: Callable[[Store], Any],
        port: str,
        request: pytest.FixtureRequest,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", request.getfixturevalue(port))
        store = FirestoreStore("demo-nowhere", timeout=0.5)
        assert isinstance(outcome_within(1.5, lambda: use(store)), Unavailable)
        store.close()

    def test_sqlite_locked_for_longer_than_it_waits(self, sqlite: Callable[[], Store]) -> None:
        opened = sqlite()
        assert isinstance(opened, SqlStore)
        url = opened._engine.url
        opened.close()
        engine, locker = (make_engine(str(url), pool_size=1) for _ in range(2))
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=100"))
        store = SqlStore(engine)
        store.commit(Insert(claim("1"), CLAIM))
        with locker.connect() as connection:
            connection.begin()
            assert isinstance(outcome_within(1.5, lambda: store.commit(Delete(claim("1")))), Unavailable)
            assert only(store, claim("1")).fields == CLAIM  # who reads does not wait
            connection.rollback()
        store.commit(Delete(claim("1")))
        assert store.get(claim("1")) == [None]
        store.close()
        locker.dispose()

    def test_sqlite_in_a_folder_that_is_not_there(self, tmp_path: Any) -> None:
        store = SqlStore(make_engine(f"sqlite:///{tmp_path}/nowhere/portero.db", pool_size=1))
        for use in (lambda: store.get(claim("1")), lambda: store.commit(Delete(claim("1")))):
            with pytest.raises(Unavailable):
                use()
        store.close()


def test_every_collection_has_been_tried() -> None:
    """A new collection is no new store, but its types must be among those tried here."""
    assert {field.type for collection in COLLECTIONS for field in collection.fields.values()} <= VALUES.keys()
