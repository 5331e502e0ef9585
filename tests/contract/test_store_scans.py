"""Reading a whole collection in pages, the same in every store."""

import pytest

from src.infrastructure.stores.driver import Delete, Document, Insert
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import CLAIMS, USERS
from tests.contract.documents import CLAIM, account, claim, user

IDS = [*(f"{at:02}" for at in range(20)), "-", "_", "...", "A", "a", "å", "😀", "\U0001d4b3", "x" * 300, "a b", "%2F"]


def scanned(store: Store, limit: int) -> list[Document]:
    """Return every user, and check that each page has ``limit`` documents or is the last one."""
    found: list[Document] = []
    while page := store.scan(USERS, found[-1].key.id if found else None, limit=limit):
        assert len(page) == min(limit, len(IDS) - len(found))
        found += page
    return found


@pytest.fixture
def users(store: Store) -> list[Document | None]:
    """Store users without the fields that indexes need, and documents of another collection beside them."""
    store.commit(*(Insert(user(id), account(username_key=None, name=id)) for id in IDS))
    store.commit(*(Insert(claim(id), CLAIM) for id in IDS[:5]))
    return store.get(*map(user, IDS))


@pytest.mark.parametrize("limit", [1, 7, 31, 500])
def test_a_scan_returns_every_document_of_a_collection_once(
    store: Store, users: list[Document | None], limit: int
) -> None:
    found = {document.key: document for document in scanned(store, limit)}
    assert [found.pop(user(id)) for id in IDS] == users
    assert not found


def test_a_scan_continues_after_a_document_that_was_removed(store: Store, users: list[Document | None]) -> None:
    first = store.scan(USERS, limit=10)
    store.commit(*(Delete(document.key) for document in first[5:]))
    rest = store.scan(USERS, first[-1].key.id, limit=500)
    assert sorted(document.key.id for document in [*first, *rest]) == sorted(IDS)


def test_an_empty_collection_has_no_documents(store: Store) -> None:
    assert store.scan(CLAIMS, limit=500) == []
    assert store.scan(CLAIMS, "a", limit=500) == []


def test_changing_a_scanned_document_does_not_change_the_stored_one(store: Store) -> None:
    store.commit(Insert(user("ada"), account(reserved=[["email", "a"]])))
    store.scan(USERS, limit=1)[0].fields["reserved"].append(["email", "b"])
    assert store.scan(USERS, limit=1)[0].fields["reserved"] == [["email", "a"]]
