"""The repository of dogs. Claims keep their names unique."""

from collections.abc import Collection, Sequence
from typing import Any

from src.domain.dogs import Dog, PictureStatus
from src.domain.errors import Stale, Taken
from src.domain.jobs import Job
from src.domain.receipts import Receipt
from src.domain.users import Claim
from src.domain.values import Page, fold
from src.infrastructure.repositories.claims import claim_key, claim_writes
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.stores.driver import Delete, PreconditionFailed, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import DOGS


class Dogs(Documents[Dog]):
    """Stores dogs. Implements DogRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, DOGS, _dog, picture_status=PictureStatus)
        self._jobs = Jobs(store)

    def add(self, dog: Dog, job: Job, receipt: Receipt | None = None) -> Dog:
        """Store a new dog and its job. Takes one commit and no read."""
        return self._save(None, dog, receipt, self._jobs.write(job))

    def by_name(self, name: str) -> Dog | None:
        """Return the dog with this name, ignoring case. Takes two reads."""
        key = fold(name)
        [claim] = self._store.get(claim_key(_claim(key)))
        dog = self.get(claim.fields["holder_id"]) if claim else None
        return dog if dog and dog.name_key == key else None  # the dog may have been renamed between the reads

    def remove(self, id: str, revisions: Collection[str] | None = None) -> None:
        """Remove a dog and the claim on its name, if there is one. Raises Stale as the base class does."""
        while dog := self.get(id):
            if revisions is not None and dog.revision not in revisions:
                raise Stale
            if self._remove_unchanged(dog, _freed(dog)):
                return  # otherwise the dog changed after the read, perhaps its name

    def delete_for_user(self, user_id: str) -> None:
        while dogs := self.find(user_id=user_id).items:
            for dog in dogs:
                self._remove_unchanged(dog, _freed(dog))  # a dog that changed and kept its owner is found again

    def find(
        self, *, user_id: str | None = None, adopted: bool = False, cursor: str | None = None, limit: int = 100
    ) -> Page[Dog]:
        equal: dict[str, Any] = {"user_id": user_id} if user_id else {"is_adopted": True} if adopted else {}
        return self._page("name_key", equal=equal, cursor=cursor, limit=limit)

    def _related_writes(self, old: Dog | None, new: Dog) -> Sequence[Write]:
        return claim_writes({_claim(old.name_key)} if old else frozenset(), {_claim(new.name_key)}, new.id)

    def _refusal(self, failed: PreconditionFailed, new: Dog) -> Exception:
        return Taken("name")


def _dog(name_key: str, **fields: Any) -> Dog:
    return Dog(**fields)


def _claim(name_key: str) -> Claim:
    return Claim("dog", name_key)


def _freed(dog: Dog) -> Delete:
    """Return the write that frees the name of a dog."""
    return Delete(claim_key(_claim(dog.name_key)))
