"""Dogs, and the claims on their names."""

from collections.abc import Sequence
from dataclasses import replace
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
    """Stores dogs. Implements DogRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, DOGS, Dog, picture_status=PictureStatus)
        self._jobs, self._receipts = Jobs(store), Receipts(store)

    def add(self, dog: Dog, job: Job, receipt: Receipt | None = None) -> Dog:
        """Store a new dog and its job; one commit and no read."""
        writes = self.insert_write(dog), *self._related_writes(None, dog), self._jobs.insert_write(job)
        try:
            return self.with_revision(dog, self._receipts.commit(receipt, *writes))
        except PreconditionFailed as failed:
            raise self._refusal(failed, dog) from None

    def by_name(self, name: str) -> Dog | None:
        """Return the dog with this name, in any case; two reads."""
        key = fold(name)
        [claim] = self._store.get(claim_key(_claim(key)))
        dog = self.get(claim.fields["holder_id"]) if claim else None
        return dog if dog and dog.name_key == key else None  # the dog may have been renamed between the reads

    def remove(self, id: str) -> None:
        """Remove a dog and the claim on its name, if there is one."""
        while (dog := self.get(id)) and not self._remove_unchanged(dog):
            pass  # the dog changed after the read, perhaps its name

    def remove_of(self, user_id: str) -> None:
        for batch in self._batches("name_key", equal={"user_id": user_id}):
            for dog in batch:
                self._remove_unchanged(dog)  # the next batch has it again if it changed and kept its owner

    def find(
        self, *, user_id: str | None = None, adopted: bool = False, cursor: str | None = None, limit: int = 100
    ) -> Page[Dog]:
        equal: dict[str, Any] = {"user_id": user_id} if user_id else {"is_adopted": True} if adopted else {}
        return self._page("name_key", equal=equal, cursor=cursor, limit=limit)

    def entity(self, document: Document) -> Dog:
        fields = {name: value for name, value in document.fields.items() if name != "name_key"}
        return super().entity(replace(document, fields=fields))

    def _related_writes(self, old: Dog | None, new: Dog) -> Sequence[Write]:
        if old and old.name_key == new.name_key:
            return ()
        freed = [Delete(claim_key(_claim(old.name_key)))] if old else []
        return insert_claim(_claim(new.name_key), new.id), *freed

    def _refusal(self, failed: PreconditionFailed, new: Dog) -> Exception:
        return Taken("name")

    def _remove_unchanged(self, dog: Dog) -> bool:
        """Remove a dog at its revision; return whether the revision was still the stored one."""
        try:
            self._store.commit(Delete(self._key(dog.id), dog.revision), Delete(claim_key(_claim(dog.name_key))))
        except PreconditionFailed:
            return False
        return True


def _claim(name_key: str) -> Claim:
    return Claim("dog", name_key)
