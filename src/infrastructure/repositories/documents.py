"""Base repository for entities that are stored as one document each, and the repository of receipts.

Receipts are here because every repository stores them: a request with an idempotency key creates its entity and its
receipt in one commit.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from src.domain.errors import NotFound, Stale
from src.domain.events import NO_EVENTS, Event, Recorded
from src.domain.messages import Translatable
from src.domain.receipts import IdempotentCreate, Receipt, Repeated
from src.domain.values import Page
from src.infrastructure.conflicts import Conflict, retry_conflicts
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.stores.driver import Delete, Document, Insert, Key, PreconditionFailed, Query, Update, Write
from src.infrastructure.stores.packing import pack, unpack
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import RECEIPTS
from src.infrastructure.stores.schema import types as declarations


class _Entity(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def revision(self) -> str: ...


E = TypeVar("E", bound=_Entity)

READ_DOCUMENTS = 100
"""The number of documents to read at a time."""
PAGE_CHARACTERS = 1_000_000
"""The characters of text after which a page ends. Many large pages at once would take all memory of a process."""


def singular(name: str) -> str:
    """Return the word for one of the entities in the collection with this name."""
    return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")


class Documents(Generic[E]):
    """A repository of entities, each stored as one document. A field and its attribute have the same name."""

    _first_read: ClassVar = READ_DOCUMENTS
    """The number of documents that a page reads at first. If they are small, it reads more at a time after that."""

    def __init__(
        self,
        store: Store,
        collection: declarations.Collection,
        make: Callable[..., E],
        recorder: Recorder | None = None,
        **parsers: Callable[[Any], Any],
    ) -> None:
        """Use ``make`` to construct an entity from its id, its revision and the stored fields.

        ``parsers`` convert the fields of the same names before that, for example to enumerations. ``recorder`` stores
        the events of changes. By default they are only logged.
        """
        self._store = store
        self._recorder = recorder or Recorder()
        self._collection = collection
        self._make = make
        self._parsers = parsers

    def get(self, id: str) -> E | None:
        """Return the entity with this id, or None. Takes one read."""
        [entity] = self.get_many(id)
        return entity

    def get_many(self, *ids: str) -> list[E | None]:
        """Return the entities in the order of ``ids``, with None for each absent entity. Takes one read."""
        return self._entities(self._store.get(*map(self._key, ids)))

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

    def remove(self, id: str, revisions: Collection[str] | None = None) -> None:
        """Remove the entity with this id, if it exists.

        If ``revisions`` is given, raises Stale unless the stored revision is one of them.
        """
        if revisions is None:
            self._store.commit(Delete(self._key(id)))
            return
        while entity := self.get(id):
            if entity.revision not in revisions:
                raise Stale
            if self._remove_unchanged(entity):
                return

    def write(self, entity: E) -> Insert | Update:
        """Return the write of an entity: an insert if it has no revision yet, else an update at its revision."""
        special = self._special_fields(entity)
        names = self._collection.fields.keys() - special.keys()
        fields = special | {name: getattr(entity, name) for name in names}
        key = self._key(entity.id)
        return Update(key, fields, entity.revision) if entity.revision else Insert(key, fields)

    def with_revision(self, entity: E, revisions: Mapping[Key, str]) -> E:
        """Return the entity with its new revision. ``revisions`` is the result of the commit that wrote it."""
        return replace(entity, revision=revisions[self._key(entity.id)])  # type: ignore[type-var]

    def entity(self, document: Document) -> E:
        """Return the entity that a document of the collection holds."""
        attributes = self._attributes(dict(document.fields))
        return self._make(id=document.key.id, revision=document.revision, **attributes)

    def _entities(self, documents: Sequence[Document | None]) -> list[E | None]:
        return [self.entity(document) if document else None for document in documents]

    def _attributes(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes of an entity by name.

        ``fields`` holds the fields of its document, and may be modified.
        """
        for name, parse in self._parsers.items():
            fields[name] = parse(fields[name])
        return fields

    def _special_fields(self, entity: E) -> dict[str, Any]:
        """Return the fields of a document that are not attributes of the entity with the same names."""
        return {}

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

    def _remove_unchanged(self, entity: E, *others: Write) -> bool:
        """Remove an entity and commit ``others``, all or nothing. Return whether the commit succeeded.

        It fails if the stored revision has changed, or if a precondition of ``others`` is not met.
        """
        try:
            self._store.commit(Delete(self._key(entity.id), entity.revision), *others)
        except PreconditionFailed:
            return False
        return True

    def _remove_all(self, order: str, **query: Any) -> None:
        """Remove the entities that a query finds. Takes one commit for each page."""
        limit = min(READ_DOCUMENTS, self._store.commit_writes)
        while page := self._page(order, limit=limit, **query).items:
            self._store.commit(*(Delete(self._key(entity.id)) for entity in page))

    def _page(self, order: str, *, cursor: str | None = None, limit: int = 100, **query: Any) -> Page[E]:
        """Return the entities that a query finds.

        The page ends early once the texts of its documents exceed PAGE_CHARACTERS.
        """
        entities: list[E] = []
        characters, at_once = 0, min(self._first_read, READ_DOCUMENTS)
        while True:
            most = min(limit - len(entities), at_once)
            page = self._store.find(Query(self._collection, order, cursor=cursor, limit=most, **query))
            found = [entity for entity in self._entities(page.items) if entity]
            entities += found
            cursor, at_once = page.next, min(4 * at_once, READ_DOCUMENTS)
            if cursor is None or len(entities) == limit:
                break
            characters += sum(map(_characters, page.items)) + sum(map(self._further_characters, found))
            if characters > PAGE_CHARACTERS:
                break
        return Page(entities, cursor)

    def _further_characters(self, entity: E) -> int:
        """Return the approximate number of characters that an entity stores outside its own document."""
        return 0

    def _key(self, id: str) -> Key:
        return Key(self._collection, id)


class OwnedDocuments(Documents[E]):
    """A repository of entities that belong to users. An index lists the entities of a user by their age."""

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[E]:
        return self._page("created_at", equal={"user_id": user_id}, descending=True, cursor=cursor, limit=limit)


def _characters(document: Document) -> int:
    """Return the number of characters of the texts in a document, as JSON in ASCII would write them."""
    return sum(len(json.dumps(value)) for value in document.fields.values() if isinstance(value, str))


class Receipts(Documents[Receipt]):
    """Stores receipts. Implements ReceiptRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, RECEIPTS, Receipt, answer=lambda text: text and unpack(text))

    def unexpired(self, id: str, now: datetime) -> Receipt | None:
        receipt = self.get(id)
        return receipt if receipt and now < receipt.expires_at else None

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Receipt]:
        return self._page("expires_at", equal={"user_id": user_id}, cursor=cursor, limit=limit)

    def delete_for_user(self, user_id: str) -> None:
        self._remove_all("expires_at", equal={"user_id": user_id})

    def commit(self, receipt: Receipt | None, *writes: Write) -> dict[Key, str]:
        """Commit ``writes`` together with a receipt, all or nothing. Return the new revisions.

        Raises Repeated when an unexpired receipt with the id of a new one is stored, and PreconditionFailed when
        another write is refused.
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

    def _special_fields(self, entity: Receipt) -> dict[str, Any]:
        return {"answer": None if entity.answer is None else pack(entity.answer)}
