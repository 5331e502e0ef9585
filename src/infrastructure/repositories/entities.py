"""Base repository for entities that are stored as one document each: mapping, reading and removing them."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from src.domain.errors import Stale
from src.domain.values import Page
from src.infrastructure.stores.driver import Delete, Document, Insert, Key, PreconditionFailed, Query, Update, Write
from src.infrastructure.stores.portable import Store
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


class Entities(Generic[E]):
    """A repository of entities, each stored as one document. A field and its attribute have the same name."""

    _first_read: ClassVar = READ_DOCUMENTS
    """The number of documents that a page reads at first. If they are small, it reads more at a time after that."""
    _most_read: ClassVar = READ_DOCUMENTS
    """The number of documents that a page reads at a time at most. A large document may follow many small ones."""

    def __init__(
        self,
        store: Store,
        collection: declarations.Collection,
        make: Callable[..., E],
        **parsers: Callable[[Any], Any],
    ) -> None:
        """Use ``make`` to construct an entity from its id, its revision and the stored fields.

        ``parsers`` convert the fields of the same names before that, for example to enumerations.
        """
        self._store = store
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

    def _remove_unchanged(self, entity: E, *others: Write) -> bool:
        """Remove an entity and commit ``others``, all or nothing. Return whether the commit succeeded.

        It fails if the stored revision has changed, or if a precondition of ``others`` is not met.
        """
        try:
            self._store.commit(Delete(self._key(entity.id), entity.revision), *others)
        except PreconditionFailed:
            return False
        return True

    def _remove_all(self, order: str, *, at_once: int = READ_DOCUMENTS, **query: Any) -> None:
        """Remove the entities that a query finds. Takes one read and one commit for ``at_once`` of them."""
        limit = min(at_once, self._store.commit_writes)
        while documents := self._store.find(Query(self._collection, order, limit=limit, **query)).items:
            self._store.commit(*(Delete(document.key) for document in documents))

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
            cursor, at_once = page.next, min(4 * at_once, self._most_read, READ_DOCUMENTS)
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


def _characters(document: Document) -> int:
    """Return the number of characters of the texts and the JSON in a document, as JSON in ASCII would write them."""
    return sum(len(json.dumps(value)) for value in document.fields.values() if isinstance(value, str | list | dict))
