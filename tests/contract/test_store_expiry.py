"""The removal of expired documents."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from src.domain.values import Page
from src.infrastructure.stores.driver import Delete, Document, Insert, Key, Query, Update
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import SESSIONS
from tests.contract.conftest import Wire
from tests.contract.documents import NOON, account, counter, login, only, session, user


class TestRemoveExpired:
    TICK = timedelta(microseconds=1)

    @pytest.fixture(params=["memory", "sqlite"])
    def sweeping(self, request: pytest.FixtureRequest) -> Iterator[Store]:
        """A store that does not remove expired documents by itself."""
        store: Store = request.getfixturevalue(request.param)()
        yield store
        store.close()

    def fill(self, store: Store) -> list[Key]:
        """Store expired and current documents of each kind; return the keys of the expired ones."""
        expired = [session("before"), session("now"), counter("before"), counter("now")]
        times = {"before": NOON - self.TICK, "now": NOON, "after": NOON + self.TICK}
        for id, time in times.items():
            store.commit(
                Insert(session(id), login(expires_at=time)),
                Insert(counter(id), {"hits": 1, "ends": 0, "expires_at": time}),
                Insert(user(id), account(expires_at=time)),
            )
        return expired

    def test_sweeping_removes_exactly_the_expired_documents(self, sweeping: Store) -> None:
        """The store leaves expired guests alone, because the service removes them with their other documents."""
        expired = self.fill(sweeping)
        assert sweeping.remove_expired(NOON) == len(expired)
        assert sweeping.get(*expired) == [None] * len(expired)
        assert all(sweeping.get(session("after"), counter("after"), *map(user, ("before", "now", "after"))))
        assert sweeping.remove_expired(NOON) == 0

    def test_sweeping_removes_at_most_the_limit_of_each_collection(self, sweeping: Store) -> None:
        self.fill(sweeping)
        assert [sweeping.remove_expired(NOON, limit=1) for _ in range(3)] == [2, 2, 0]

    def test_a_document_extended_after_the_query_stays(self, sweeping: Store, monkeypatch: pytest.MonkeyPatch) -> None:
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

    def test_sweeping_does_nothing_when_the_service_removes_expired_documents(
        self, wire: Wire, firestore: Callable[[], Store]
    ) -> None:
        store = firestore()
        expired = self.fill(store)
        wire.rpcs.clear()
        assert store.remove_expired(NOON) == 0
        assert wire.rpcs == []
        assert all(store.get(*expired))
        store.close()
