"""Dogs and the claims on their names, over the store driver."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from src.domain.dogs import Dog, PictureStatus
from src.domain.errors import Taken
from src.domain.jobs import Job
from src.domain.receipts import Receipt
from src.domain.users import Claim
from src.domain.values import Page, fold
from src.infrastructure.repositories.claims import claim_key, insert_claim
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.stores.base import Delete, Document, PreconditionFailed, Store, Write
from src.infrastructure.stores.schema import DOGS


class Dogs(Documents[Dog]):
    """See DogRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, DOGS, Dog, picture_status=PictureStatus)
        self._jobs, self._receipts = Jobs(store), Receipts(store)

    def add(self, dog: Dog, job: Job, receipt: Receipt | None = None) -> Dog:
        """See DogRepository; one commit and no read."""
        claim = insert_claim(_claim(dog.name_key), dog.id)
        try:
            revisions = self._receipts.commit(receipt, self.insert(dog), claim, self._jobs.insert(job))
        except PreconditionFailed:
            raise Taken("name") from None
        return self.stored(dog, revisions)

    def by_name(self, name: str) -> Dog | None:
        """See DogRepository; two reads."""
        key = fold(name)
        [claim] = self._store.get(claim_key(_claim(key)))
        dog = self.get(claim.fields["user_id"]) if claim else None
        return dog if dog and dog.name_key == key else None  # renamed between the reads

    def update(  # type: ignore[override]
        self, id: str, change: Callable[[Dog], Dog], *, revisions: Collection[str] | None = None
    ) -> Dog:
        """See DogRepository; a read and a commit when nobody is in the way."""
        try:
            return super().update(id, change, revisions=revisions, also=_renaming)
        except PreconditionFailed:
            raise Taken("name") from None

    def remove(self, id: str) -> None:
        """See DogRepository."""
        while (dog := self.get(id)) and not self._removed(dog):
            pass  # changed meanwhile, perhaps its name

    def remove_of(self, user_id: str) -> None:
        """See DogRepository."""
        for dog in self._all("name_key", equal={"user_id": user_id}):
            self._removed(dog)  # one that has changed is found again, unless it is somebody else's by now

    def find(
        self, *, user_id: str | None = None, adopted: bool = False, cursor: str | None = None, limit: int = 100
    ) -> Page[Dog]:
        """See DogRepository."""
        equal: dict[str, Any] = {"user_id": user_id} if user_id else {"is_adopted": True} if adopted else {}
        return self._page("name_key", equal=equal, cursor=cursor, limit=limit)

    def _removed(self, dog: Dog) -> bool:
        """Remove a dog at its revision; returns whether it was at that."""
        try:
            self._store.commit(Delete(self._key(dog.id), dog.revision), Delete(claim_key(_claim(dog.name_key))))
        except PreconditionFailed:
            return False
        return True

    def _entity(self, document: Document) -> Dog:
        stored = {name: value for name, value in document.fields.items() if name != "name_key"}
        return super()._entity(Document(document.key, stored, document.revision, document.operation))


def _claim(name_key: str) -> Claim:
    return Claim("dog", name_key)


def _renaming(old: Dog, new: Dog) -> Sequence[Write]:
    if old.name_key == new.name_key:
        return ()
    return insert_claim(_claim(new.name_key), new.id), Delete(claim_key(_claim(old.name_key)))
