"""The outcome of a commit whose reply is lost while others change what it has stored."""

from collections.abc import Callable, Sequence

import pytest

from src.infrastructure.stores.driver import Delete, Insert, Key, PreconditionFailed, Update, Write
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import CLAIMS

ONE, TWO = Key(CLAIMS, "1"), Key(CLAIMS, "2")


class Losing(MemoryStore):
    """A store that loses the first reply, lets others change the documents, and repeats the commit."""

    meanwhile: Callable[[], object] | None = None

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        revisions = super()._commit(writes, operation)
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            meanwhile()
            raise PreconditionFailed(frozenset())
        return revisions


@pytest.mark.parametrize("write", [Delete(ONE), Update(ONE, {"kind": "email", "holder_id": "other"})])
def test_the_revisions_are_those_of_the_commit(write: Write) -> None:
    store, held = Losing(), {"kind": "email", "holder_id": "user"}
    store.meanwhile = lambda: store.commit(write)
    revisions = store.commit(Insert(ONE, held), Insert(TWO, held))
    [stored] = store.get(TWO)
    assert stored
    assert revisions == {ONE: stored.revision, TWO: stored.revision}
