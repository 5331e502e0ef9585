"""Base repository for entities whose changes are committed with receipts and events, and the repository of receipts.

Receipts are here because every repository stores them: a request with an idempotency key creates its entity and its
receipt in one commit.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from src.domain.errors import AnswerTooLong, NotFound, Stale
from src.domain.events import NO_EVENTS, Event, Recorded
from src.domain.messages import Translatable
from src.domain.receipts import IdempotentCreate, Receipt, Repeated
from src.domain.values import Page
from src.infrastructure.conflicts import Conflict, retry_conflicts
from src.infrastructure.repositories.entities import E, Entities
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.stores.driver import Key, PreconditionFailed, Write
from src.infrastructure.stores.packing import pack, unpack
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import RECEIPTS
from src.infrastructure.stores.schema import types as declarations


def singular(name: str) -> str:
    """Return the word for one of the entities in the collection with this name."""
    return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")


class Documents(Entities[E]):
    """A repository of entities whose changes are committed with a receipt, events, and writes to other documents."""

    def __init__(
        self,
        store: Store,
        collection: declarations.Collection,
        make: Callable[..., E],
        recorder: Recorder | None = None,
        **parsers: Callable[[Any], Any],
    ) -> None:
        """Construct entities with ``make`` and ``parsers`` as Entities does.

        ``recorder`` stores the events of changes. By default they are only logged.
        """
        super().__init__(store, collection, make, **parsers)
        self._recorder = recorder or Recorder()

    def update(
        self,
        id: str,
        change: Callable[[E], E],
        *,
        revisions: Collection[str] | None = None,
        idempotent: IdempotentCreate[E] | None = None,
        events: Recorded[E] = NO_EVENTS,
    ) -> E:
        """Apply the pure function ``change`` to the stored entity. Takes one read and, without conflicts, one commit.

        The commit also stores the receipt of ``idempotent``, and the events. If ``revisions`` is given, raises Stale
        unless the stored revision is one of them. Also raises NotFound, Repeated, the errors of ``change``, and the
        result of ``_refusal``.
        """

        def attempt() -> E:
            old = self.get(id)
            if old is None:
                thing = Translatable(singular(self._collection.name))
                raise NotFound(Translatable("There is no such {thing}.", thing=thing))
            new = change(old)  # first, because it checks whether the caller may know the entity
            if revisions is not None and old.revision not in revisions:
                raise Stale
            if new == old:
                return old
            return self._save(old, new, idempotent.receipt_for(new) if idempotent else None, events=events(old, new))

        return retry_conflicts(attempt)

    def _related_writes(self, old: E | None, new: E) -> Sequence[Write]:
        """Return the writes to other documents that a change requires. ``old`` is None for a new entity."""
        return ()

    def _refusal(self, failed: PreconditionFailed, new: E) -> Exception:
        """Return the error to raise when a related write was refused. Conflict makes ``update`` try again."""
        return failed

    def _save(
        self, old: E | None, new: E, receipt: Receipt | None = None, *others: Write, events: Sequence[Event] = ()
    ) -> E:
        """Commit an entity, its related writes, the receipt, ``others`` and the events, which are also logged.

        Return the entity with its new revision.

        Raises Conflict if ``old`` is no longer the stored entity, and Repeated if an unexpired receipt with the id of a
        new receipt is stored. If another write is refused, raises the exception that ``_refusal`` returns.
        """
        writes = self.write(new), *self._related_writes(old, new), *others, *self._recorder.writes(events)
        try:
            saved = self.with_revision(new, Receipts(self._store).commit(receipt, *writes))
        except PreconditionFailed as failed:
            if old and self._key(new.id) in failed.keys:
                raise Conflict from None
            raise self._refusal(failed, new) from None
        self._recorder.log(events)
        return saved


class OwnedDocuments(Documents[E]):
    """A repository of entities that belong to users. An index lists the entities of a user by their age."""

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[E]:
        return self._page("created_at", equal={"user_id": user_id}, descending=True, cursor=cursor, limit=limit)


class Receipts(Documents[Receipt]):
    """Stores receipts. Implements ReceiptRepository."""

    _first_read = _most_read = 1
    """The answer about a dataset with thousands of columns is a document of 1 MB, and 28 MB of JSON unpacked."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, RECEIPTS, Receipt, answer=lambda text: text and unpack(text))

    def unexpired(self, id: str, now: datetime) -> Receipt | None:
        receipt = self.get(id)
        return receipt if receipt and now < receipt.expires_at else None

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Receipt]:
        return self._page("expires_at", equal={"user_id": user_id}, cursor=cursor, limit=limit)

    def delete_for_user(self, user_id: str) -> None:
        self._remove_all("expires_at", at_once=10, equal={"user_id": user_id})

    def commit(self, receipt: Receipt | None, *writes: Write) -> dict[Key, str]:
        """Commit ``writes`` together with a receipt, all or nothing. Return the new revisions.

        Raises AnswerTooLong, Repeated when an unexpired receipt with the id of a new one is stored, and
        PreconditionFailed when another write is refused.
        """
        while True:
            try:
                return self._store.commit(*writes, *([self.write(receipt)] if receipt else []))
            except PreconditionFailed as failed:
                if not receipt or receipt.revision or self._key(receipt.id) not in failed.keys:
                    raise
                stored = self.get(receipt.id)
                if stored and receipt.made_at < stored.expires_at:
                    raise Repeated from None
                if stored:  # it has expired, and the store has not removed it yet
                    self._remove_unchanged(stored)

    def _further_characters(self, entity: Receipt) -> int:
        return len(to_json(entity.answer))

    def _special_fields(self, entity: Receipt) -> dict[str, Any]:
        text = None if entity.answer is None else pack(entity.answer)
        if text and len(text) > self._store.document_bytes:
            raise AnswerTooLong
        return {"answer": text}
