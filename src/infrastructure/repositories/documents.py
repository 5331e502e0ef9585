"""What repositories of one entity a document have in common."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

from src.domain.errors import Stale
from src.domain.values import Page
from src.infrastructure.repositories.updates import Overtaken, optimistically
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

_AT_ONCE = 200
"""Documents that one commit removes."""


def _nothing(old: Any, new: Any) -> Sequence[Write]:
    return ()


class Documents(Generic[E]):
    """Entities of one collection. The fields of a document are the attributes of the same names."""

    def __init__(
        self, store: Store, collection: declarations.Collection, make: Callable[..., E], **parsers: Callable[[Any], Any]
    ) -> None:
        """``parsers`` make the values of attributes that are not stored as they are, such as enumerations."""
        self._store = store
        self._collection = collection
        self._make = make
        self._parsers = parsers

    def get(self, id: str) -> E | None:
        """The entity, or None; one read."""
        [found] = self.several(id)
        return found

    def several(self, *ids: str) -> list[E | None]:
        """The entities, in their order, in one read; None where there is none."""
        return self._entities(self._store.get(*map(self._key, ids)))

    def update(
        self,
        id: str,
        change: Callable[[E], E],
        *,
        revisions: Collection[str] | None = None,
        also: Callable[[E, E], Sequence[Write]] = _nothing,
    ) -> E:
        """Apply ``change``, a pure function, to one revision, whole.

        ``also`` says, of the old and the new entity, what is written in the same commit. Raises NotFound, Stale
        unless the stored revision is one of ``revisions``, what ``change`` raises, and PreconditionFailed when
        that is due to other documents.
        """

        def write(old: E) -> E:
            if revisions is not None and old.revision not in revisions:
                raise Stale
            new = change(old)
            if new == old:
                return old
            try:
                return self.stored(new, self._store.commit(self.at(new, old.revision), *also(old, new)))
            except PreconditionFailed as failed:
                if self._key(id) in failed.keys:
                    raise Overtaken from None
                raise

        return optimistically(lambda: self.get(id), write)

    def remove(self, id: str) -> None:
        """Remove the entity, if there is one."""
        self._store.commit(Delete(self._key(id)))

    def insert(self, entity: E) -> Insert:
        """The write of a new entity, for a commit with others."""
        return Insert(self._key(entity.id), self._fields(entity))

    def at(self, entity: E, revision: str) -> Update:
        """The write of a changed entity that is stored at ``revision``, for a commit with others."""
        return Update(self._key(entity.id), self._fields(entity), revision)

    def stored(self, entity: E, revisions: Mapping[Key, str]) -> E:
        """The entity at the revision that a commit gave it."""
        return replace(entity, revision=revisions[self._key(entity.id)])  # type: ignore[type-var]

    def _key(self, id: str) -> Key:
        return Key(self._collection, id)

    def _page(self, order: str, **query: Any) -> Page[E]:
        page = self._store.find(Query(self._collection, order, **query))
        return Page([entity for entity in self._entities(page.items) if entity], page.next)

    def _all(self, order: str, **query: Any) -> Iterator[E]:
        """Every entity of a query whose entities are removed, or leave it, one after the other."""
        while items := self._page(order, limit=_AT_ONCE, **query).items:
            yield from items

    def _remove_all(self, order: str, **query: Any) -> None:
        """Remove what a query finds; some at a time, each time whole."""
        while items := self._page(order, limit=_AT_ONCE, **query).items:
            self._store.commit(*(Delete(self._key(item.id)) for item in items))

    def _fields(self, entity: E) -> Fields:
        return {name: _plain(getattr(entity, name)) for name in self._collection.fields}

    def _entities(self, documents: Sequence[Document | None]) -> list[E | None]:
        return [self._entity(document) if document else None for document in documents]

    def _entity(self, document: Document) -> E:
        stored = dict(document.fields)
        for name, parse in self._parsers.items():
            stored[name] = parse(stored[name])
        return self._make(id=document.key.id, revision=document.revision, **stored)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
