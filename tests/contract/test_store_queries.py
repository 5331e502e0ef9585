"""Queries and their pages, the same in every store."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from src.domain.errors import InvalidCursor
from src.infrastructure.stores.driver import Delete, Insert, Query
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import CLAIMS, SESSIONS, USERS
from tests.contract.documents import NOON, account, commit_all, cursor_of, login, session, user


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
    def test_a_query_compares_every_given_field(self, store: Store) -> None:
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

    def test_find_and_get_return_the_same_document(self, store: Store) -> None:
        store.commit(Insert(user("1"), account(reserved=[["email", "a@b.c"]], reconcile_since=NOON)))
        assert list(store.find(active()).items) == store.get(user("1"))

    def test_texts_are_sorted_by_code_points(self, store: Store) -> None:
        keys = ["!", "-", "0", "10", "9", "A", "Z", "_", "a", "aa", "ab", "b", "é", "ω", "中", "\uff41", "😀"]
        assert keys == sorted(keys)
        commit_all(store, *(Insert(user(f"{100 - at}"), account(username_key=key)) for at, key in enumerate(keys)))
        found = store.find(active()).items
        assert [document.fields["username_key"] for document in found] == keys

    def test_ties_are_sorted_by_id(self, store: Store) -> None:
        names = ["b", "a", "C", "10", "9"]
        store.commit(*(Insert(user(id), account(username_key="same")) for id in names))
        assert ids(store, active()) == sorted(names)

    def test_until_is_inclusive_and_leaves_out_documents_without_a_value(self, store: Store) -> None:
        second = timedelta(seconds=1)
        tick = timedelta(microseconds=1)
        times = {"none": None, "3": NOON, "1": NOON - second, "4": NOON + tick, "2": NOON - tick, "5": NOON + second}
        store.commit(*(Insert(user(id), account(reconcile_since=time)) for id, time in times.items()))
        assert ids(store, Query(USERS, "reconcile_since", until=NOON)) == ["1", "2", "3"]
        assert ids(store, Query(USERS, "reconcile_since")) == ["1", "2", "3", "4", "5"]
        assert ids(store, Query(USERS, "reconcile_since", until=NOON - timedelta(days=1))) == []

    def test_until_bounds_texts(self, store: Store) -> None:
        store.commit(*(Insert(user(key), account(username_key=key)) for key in "abc"))
        assert ids(store, active(until="b")) == ["a", "b"]

    def test_documents_without_a_value_to_sort_by_are_left_out(self, store: Store) -> None:
        store.commit(Insert(user("1"), account(username_key=None)), Insert(user("2"), account(username_key="")))
        assert ids(store, active()) == ["2"]

    @pytest.mark.parametrize("limit", [1, 4, 12, 100])
    def test_pages_hold_everything_once(self, store: Store, limit: int) -> None:
        """A page may also end among documents with the same value."""
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
            Delete(user("d")),  # the document of the cursor
            Delete(user("h")),
            *(Insert(user(key), account(username_key=key)) for key in "acegm"),
        )
        later = every_page(store, active(limit=2, cursor=first.next))
        assert [id for page in later for id in page] == list("efgjlm")

    def test_descending_order_is_the_exact_reverse(self, store: Store) -> None:
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
            Delete(session("6")),  # the document of the cursor
            Insert(session("9"), login(created_at=NOON + 9 * second)),
            Insert(session("3"), login(created_at=NOON + 3 * second)),
        )
        later = every_page(store, newest(limit=2, cursor=first.next))
        assert [id for page in later for id in page] == ["4", "3", "2", "0"]

    PREFIXED = (
        "A",
        "ad",
        "ada",
        "ada%",
        "ada_",
        "ada\u0301",
        "ada\uff41",
        "ada\U00010000",
        "ada😀",
        "ada😀😀",
        "ada\U0010fffd",
        "adb",
        "b",
        "ß",
        "\uff41",
        "😀",
        "😀ada",
        "😁",
    )

    @pytest.mark.parametrize(
        "prefix", ["a", "ad", "ada", "ada_", "ada%", "ada😀", "😀", "\uff41", "x", "ad\U0010fffd", ""]
    )
    def test_a_prefix_is_matched_in_every_script(self, store: Store, prefix: str) -> None:
        assert list(self.PREFIXED) == sorted(self.PREFIXED)
        users = (Insert(user(f"{at:02}"), account(username_key=key)) for at, key in enumerate(self.PREFIXED))
        commit_all(store, *users)
        expected = [f"{at:02}" for at, key in enumerate(self.PREFIXED) if key.startswith(prefix)]
        bounds = {"start": prefix, "until": prefix + "\U0010ffff"}
        assert ids(store, active(**bounds)) == expected
        pages = list(every_page(store, active(**bounds, limit=2)))
        assert [id for page in pages for id in page] == expected

    def test_start_is_an_inclusive_lower_bound(self, store: Store) -> None:
        keys = [None, "", "a", "a.0", "a.1", "b", "b.0", "😀"]
        store.commit(*(Insert(user(f"{at}"), account(username_key=key)) for at, key in enumerate(keys)))
        store.commit(Insert(user("tie"), account(username_key="b")))
        assert ids(store, active(start="")) == ["1", "2", "3", "4", "5", "tie", "6", "7"]
        assert ids(store, active(start="a.0")) == ["3", "4", "5", "tie", "6", "7"]
        assert ids(store, active(start="a.5")) == ["5", "tie", "6", "7"]
        assert ids(store, active(start="😁")) == []
        assert ids(store, active(start="a.0", until="b")) == ["3", "4", "5", "tie"]
        pages = list(every_page(store, active(start="a.1", limit=2)))
        assert pages == [["4", "5"], ["tie", "6"], ["7"]]

    def test_bounds_leave_out_documents_without_a_value(self, store: Store) -> None:
        store.commit(Insert(user("1"), account(username_key=None)), Insert(user("2"), account(username_key="")))
        assert ids(store, active(start="", until="\U0010ffff")) == ["2"]

    def test_a_query_without_matches_returns_an_empty_page(self, store: Store) -> None:
        page = store.find(active())
        assert (list(page.items), page.next) == ([], None)

    @pytest.mark.parametrize(
        "query",
        [
            Query(USERS, "email"),
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


NO_CURSORS = [
    "",
    "x",
    "!!!!",
    "😀",
    "ab=cd",
    cursor_of(None),
    cursor_of([]),
    cursor_of(["a"]),
    cursor_of(["a", "b", "c"]),
    cursor_of(["a", 1]),
    cursor_of([1, "a"]),
    cursor_of([None, "a"]),
    cursor_of([["a"], "a"]),
    cursor_of({"a": "b"}),
    cursor_of(["\ud800", "a"]),
    cursor_of(["a", "\ud800"]),
    cursor_of(["a", ""]),
    cursor_of(["a", "b/c"]),
    cursor_of(["a", ".."]),
    cursor_of(["a", "__a__"]),
    cursor_of(["a", "a" * 2000]),
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
]


class TestCursor:
    @pytest.mark.parametrize("text", NO_CURSORS)
    def test_an_invalid_cursor_is_refused(self, store: Store, text: str) -> None:
        with pytest.raises(InvalidCursor):
            store.find(active(cursor=text))

    @pytest.mark.parametrize("value", ["yesterday", "", "a", "0001-01-01T00:00:00+23:00", 1])
    def test_an_invalid_time_is_refused(self, store: Store, value: str | int) -> None:
        with pytest.raises(InvalidCursor):
            store.find(Query(USERS, "reconcile_since", cursor=cursor_of([value, "a"])))
