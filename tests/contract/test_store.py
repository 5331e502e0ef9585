"""Reading and writing documents, the same in every store."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import Delete, Insert, Key, PreconditionFailed, Update, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Collection, Type
from tests.contract.conftest import Wire
from tests.contract.documents import CLAIM, NOON, account, claim, commit_all, only, user
from tests.support.commits import Commit, commit_twice, replace_commit
from tests.support.races import at_once


class TestGet:
    def test_get_several_keeps_the_order_and_returns_none_for_absent_documents(self, store: Store) -> None:
        store.commit(
            Insert(user("1"), account(name="one")),
            Insert(user("2"), account(name="two")),
            Insert(claim("1"), CLAIM),
        )

        found = store.get(claim("1"), user("2"), user("absent"), claim("2"), user("1"), user("2"))

        assert [document and document.key for document in found] == [
            claim("1"),
            user("2"),
            None,
            None,
            user("1"),
            user("2"),
        ]
        assert [document and document.fields.get("name") for document in found] == [
            None,
            "two",
            None,
            None,
            "one",
            "two",
        ]

    def test_ids_are_compared_exactly(self, store: Store) -> None:
        store.commit(Insert(user("a"), account()))
        assert store.get(user("A"), user("a "), user("å"), user("_-a")) == [None] * 4

    @pytest.mark.parametrize("id", ["", ".", "..", "a/b", "/", "__x__", "____", "x" * 301])
    def test_a_document_with_an_invalid_id_is_absent(self, store: Store, id: str) -> None:
        """A client can send any text as an id, and gets the same answer as for an unknown id."""
        store.commit(Insert(user("1"), account()))
        assert store.get(user(id)) == [None]
        found = store.get(user(id), user("1"), claim(id), user("absent"), user("1"))
        assert [document and document.key for document in found] == [None, user("1"), None, None, user("1")]

    @pytest.mark.parametrize("id", ["...", ".a", "__x", "x__", "_", "x" * 300, "😀" * 300, "a b", "a\n", "%2F", "'"])
    def test_every_other_id_is_valid(self, store: Store, id: str) -> None:
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
    def test_a_document_is_read_as_written(self, store: Store, type: Type) -> None:
        collection = next(each for each in COLLECTIONS if type in {field.type for field in each.fields.values()})
        plain = {name: VALUES[field.type][0] for name, field in collection.fields.items()}
        written = {
            Key(collection, f"{name}-{place}"): plain | {name: value}
            for name, field in collection.fields.items()
            if field.type is type
            for place, value in enumerate([*VALUES[type], *([None] if field.nullable else [])])
        }
        commit_all(store, *(Insert(key, fields) for key, fields in written.items()))

        read = {document.key: document.fields for document in store.get(*written) if document}

        assert read == written
        assert {repr(value) for value in _times(read)} <= {repr(value.astimezone(UTC)) for value in _times(written)}
        assert _types(read) == _types(written)

    @pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection.name)
    def test_every_collection_can_be_written_and_read(self, store: Store, collection: Collection) -> None:
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

    def test_documents_change_by_commits_only(self, store: Store) -> None:
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
    def test_an_insert_requires_absence(self, store: Store) -> None:
        store.commit(Insert(claim("1"), CLAIM))
        with pytest.raises(PreconditionFailed) as failed:
            store.commit(Insert(claim("1"), CLAIM | {"holder_id": "bob"}))
        assert failed.value.keys == {claim("1")}
        assert only(store, claim("1")).fields == CLAIM

    def test_an_update_requires_the_revision(self, store: Store) -> None:
        first = store.commit(Insert(user("1"), account()))[user("1")]
        second = store.commit(Update(user("1"), account(name="second"), first))[user("1")]
        with pytest.raises(PreconditionFailed) as failed:
            store.commit(Update(user("1"), account(name="stale"), first))
        assert failed.value.keys == {user("1")}
        assert only(store, user("1")).fields["name"] == "second"
        assert only(store, user("1")).revision == second

    def test_an_update_requires_the_document(self, store: Store) -> None:
        revision = store.commit(Insert(user("1"), account()))[user("1")]
        store.commit(Delete(user("1")))
        for absent in (user("1"), user("never there")):
            with pytest.raises(PreconditionFailed) as failed:
                store.commit(Update(absent, account(), revision))
            assert failed.value.keys == {absent}
            assert store.get(absent) == [None]

    def test_an_update_without_a_revision_always_succeeds(self, store: Store) -> None:
        for name in ("one", "one", "two"):
            revisions = store.commit(Update(user("1"), account(name=name, updated_at=NOON)))
            document = only(store, user("1"))
            assert (document.fields["name"], document.revision) == (name, revisions[user("1")])
        with pytest.raises(PreconditionFailed):
            store.commit(Insert(user("1"), account()), Update(user("2"), account()))
        assert store.get(user("2")) == [None]

    def test_a_delete_without_a_revision_always_succeeds(self, store: Store) -> None:
        store.commit(Insert(claim("1"), CLAIM))
        assert store.commit(Delete(claim("1")), Delete(claim("never there"))) == {}
        assert store.get(claim("1"), claim("never there")) == [None, None]

    def test_a_delete_at_a_revision_requires_it(self, store: Store) -> None:
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
            store.commit(Delete(user("1"), second))  # a document with this id exists again, at another revision
        assert only(store, user("1")).revision == third

    def test_a_deleted_document_can_be_inserted_again_at_a_new_revision(self, store: Store) -> None:
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

    def test_a_commit_writes_everything_or_nothing(self, store: Store) -> None:
        """None of several writes is done if one of them cannot be done, whatever its kind and position."""
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


class TestSimultaneousCommits:
    def test_the_order_of_writes_does_not_let_commits_block_each_other(self, postgresql: Callable[[], Store]) -> None:
        """Two transactions of PostgreSQL that lock the same rows in different orders would end in a deadlock."""
        store = postgresql()

        def commit_often(step: int) -> None:
            for _ in range(20):
                revisions = {document.key: document.revision for document in store.get(*keys) if document}
                with suppress(PreconditionFailed):
                    store.commit(*(Update(key, CLAIM, revisions[key]) for key in keys[::step]))

        keys = [claim(f"{number}") for number in range(20)]
        store.commit(*(Insert(key, CLAIM) for key in keys))
        assert at_once(commit_often, [1, -1] * 4) == [None] * 8
        store.close()


class TestLostReply:
    """A commit that was sent again, because the reply to the first attempt was lost, is a success."""

    @pytest.fixture
    def twice(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make every commit reach the store twice, and return the reply to the second one."""
        commit_twice(monkeypatch, store)

    @pytest.mark.usefixtures("twice")
    def test_one_commit_can_contain_every_kind_of_write(self, store: Store) -> None:
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
    def test_the_same_write_of_another_operation_fails(self, store: Store) -> None:
        store.commit(Insert(claim("1"), CLAIM))
        with pytest.raises(PreconditionFailed) as failed:
            store.commit(Insert(claim("1"), CLAIM))
        assert failed.value.keys == {claim("1")}

    def test_a_commit_that_the_firestore_client_repeats_applies_once(
        self, wire: Wire, firestore: Callable[[], Store]
    ) -> None:
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

    def test_a_commit_is_repeated_when_its_preconditions_are_met_by_then(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attempts = []

        def third(once: Commit) -> Commit:
            def commit(writes: Sequence[Write], operation: str) -> dict[Key, str]:
                attempts.append(operation)
                if len(attempts) < 3:
                    raise PreconditionFailed
                return once(writes, operation)

            return commit

        replace_commit(monkeypatch, store, third)
        assert store.commit(Insert(claim("1"), CLAIM)) == {claim("1"): only(store, claim("1")).revision}
        assert len(set(attempts)) == 1

    def test_a_commit_that_keeps_failing_is_unavailable(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        replace_commit(monkeypatch, store, lambda _: Mock(side_effect=PreconditionFailed))
        with pytest.raises(Unavailable):
            store.commit(Insert(claim("1"), CLAIM))


def test_every_field_type_has_test_values() -> None:
    """A collection with a new type of field needs test values here, so that the stores are tested with it."""
    assert {field.type for collection in COLLECTIONS for field in collection.fields.values()} <= VALUES.keys()
