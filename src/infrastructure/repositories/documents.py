"""Base repository for entities that are stored as one document each."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

from src.domain.errors import NotFound, Stale
from src.domain.values import Page
from src.infrastructure.repositories.conflicts import Conflict, retry_conflicts
from src.infrastructure.stores import declarations
from src.infrastructure.stores.base import (
    Delete,
    Document,
    Fields,
    Insert,
    Key,
    PreconditionFailed,
    Query,
    Store,
    Update,
    Write,
)


class _Entity(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def revision(self) -> str: ...


E = TypeVar("E", bound=_Entity)

_PAGE = 200
"""Documents that are read, and removed, at a time."""


class Documents(Generic[E]):
    """Entities of one collection. The fields of a document are the attributes of the same names."""

    def __init__(
        self, store: Store, collection: declarations.Collection, make: Callable[..., E], **parsers: Callable[[Any], Any]
    ) -> None:
        """Use ``make`` to construct an entity from the stored fields.

        ``parsers`` convert the fields of the same names before that, for example to enumerations.
        """
        self._store = store
        self._collection = collection
        self._make = make
        self._parsers = parsers

    def get(self, id: str) -> E | None:
        """Return the entity, or None; one read."""
        [entity] = self.several(id)
        return entity

    def several(self, *ids: str) -> list[E | None]:
        """Return the entities in the order of ``ids``, None for each that is absent; one read."""
        return self._entities(self._store.get(*map(self._key, ids)))

    def update(self, id: str, change: Callable[[E], E], *, revisions: Collection[str] | None = None) -> E:
        """Apply the pure function ``change`` to the stored entity; one read and one commit without conflicts.

        Raises NotFound, Stale unless the stored revision is one of ``revisions``, what ``change`` raises, and
        what ``_refusal`` says about the related documents.
        """
        return self._update(id, change, revisions, lambda _, *writes: self._store.commit(*writes))

    def remove(self, id: str) -> None:
        """Remove the entity, if there is one."""
        self._store.commit(Delete(self._key(id)))

    def insert_write(self, entity: E) -> Insert:
        """Return the write that stores a new entity, to be committed with others."""
        return Insert(self._key(entity.id), self._fields(entity))

    def update_write(self, entity: E, revision: str) -> Update:
        """Return the write that replaces the entity stored at ``revision``, to be committed with others."""
        return Update(self._key(entity.id), self._fields(entity), revision)

    def with_revision(self, entity: E, revisions: Mapping[Key, str]) -> E:
        """Return the entity at its revision after a commit, which returned ``revisions``."""
        return replace(entity, revision=revisions[self._key(entity.id)])  # type: ignore[type-var]

    def entity(self, document: Document) -> E:
        """Return the entity that a document of the collection holds."""
        fields = dict(document.fields)
        for name, parse in self._parsers.items():
            fields[name] = parse(fields[name])
        return self._make(id=document.key.id, revision=document.revision, **fields)

    def _update(
        self,
        id: str,
        change: Callable[[E], E],
        revisions: Collection[str] | None,
        commit: Callable[..., Mapping[Key, str]],
    ) -> E:
        """Update an entity with ``commit(new, *writes)``."""

        def attempt() -> E:
            old = self.get(id)
            if old is None:
                raise NotFound(f"There is no such {self._collection.name.removesuffix('s')}.")
            if revisions is not None and old.revision not in revisions:
                raise Stale
            new = change(old)
            if new == old:
                return old
            writes = self.update_write(new, old.revision), *self._related_writes(old, new)
            try:
                return self.with_revision(new, commit(new, *writes))
            except PreconditionFailed as failed:
                if self._key(id) in failed.keys:
                    raise Conflict from None
                raise self._refusal(failed, new) from None

        return retry_conflicts(attempt)

    def _related_writes(self, old: E | None, new: E) -> Sequence[Write]:
        """Return the writes to other documents that belong to a change; ``old`` is None for a new entity."""
        return ()

    def _refusal(self, failed: PreconditionFailed, new: E) -> Exception:
        """Return the error to raise when related writes failed; Conflict repeats the update."""
        return failed

    def _key(self, id: str) -> Key:
        return Key(self._collection, id)

    def _page(self, order: str, **query: Any) -> Page[E]:
        page = self._store.find(Query(self._collection, order, **query))
        return Page([entity for entity in self._entities(page.items) if entity], page.next)

    def _batches(self, order: str, **query: Any) -> Iterator[Sequence[E]]:
        """Yield the entities of a query in batches that fit in a commit; the caller removes each batch."""
        limit = min(_PAGE, self._store.limits.commit_writes)
        while items := self._page(order, limit=limit, **query).items:
            yield items

    def _remove_all(self, order: str, **query: Any) -> None:
        """Remove the entities of a query, one commit for each batch."""
        for batch in self._batches(order, **query):
            self._store.commit(*(Delete(self._key(entity.id)) for entity in batch))

    def _fields(self, entity: E) -> Fields:
        return self._attributes(entity)

    def _attributes(self, entity: E, **converted: Any) -> dict[str, Any]:
        """Return the fields of an entity: those ``converted`` by the caller, and its attributes for all others."""
        names = self._collection.fields.keys() - converted.keys()
        return {name: _plain(getattr(entity, name)) for name in names} | converted

    def _entities(self, documents: Sequence[Document | None]) -> list[E | None]:
        return [self.entity(document) if document else None for document in documents]


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
