"""The service for dogs, and the job that fetches the picture of a dog."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar

from src.application.caller import Caller
from src.application.jobs import Progress
from src.application.ports import Clock, JobQueue, PictureSource
from src.domain.dogs import Dog, DogChange, DogRepository, PictureStatus
from src.domain.errors import InvalidToken, NotFound, Stale, Unavailable, UnknownOwner
from src.domain.jobs import Job, JobRepository
from src.domain.receipts import IdempotentCreate, ReceiptRepository
from src.domain.users import State, UserRepository, require_visible
from src.domain.values import Page, new_id

PICTURE = "dog-picture"
"""The kind of job that fetches a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DogService:
    """Adds, lists, changes and deletes dogs."""

    dogs: DogRepository
    jobs: JobRepository
    users: UserRepository
    receipts: ReceiptRepository
    queue: JobQueue
    clock: Clock

    def add(
        self,
        caller: Caller,
        name: str,
        is_adopted: bool,
        owner_id: str | None,
        idempotent: IdempotentCreate[Dog] | None = None,
    ) -> Dog:
        """Add a dog of your own or, as an admin, of anybody.

        Its picture is fetched in the background by a job.

        Raises Taken, Forbidden, InsufficientAuthentication, UnknownOwner, Repeated, and InvalidToken when the caller
        was deleted meanwhile.
        """
        owner_id = caller.user.id if owner_id is None else owner_id
        self._require_may_give_to(caller, owner_id)
        now, id = self.clock(), new_id()
        job = Job.new(kind=PICTURE, subject_id=id, user_id=owner_id, now=now)
        dog = Dog(id, owner_id, name, now, job.id, is_adopted)
        dog = self.dogs.add(dog, job, idempotent.receipt_for(dog) if idempotent else None)
        try:
            self._require_owner_exists(caller, dog)
        except (UnknownOwner, InvalidToken):
            if idempotent:  # a repeated request gets no dog either
                self.receipts.remove(idempotent.receipt.id)
            raise
        self.queue.notify(job.id)
        return dog

    def list(self, cursor: str | None, limit: int) -> Page[Dog]:
        """List all dogs, ordered by name."""
        return self.dogs.find(cursor=cursor, limit=limit)

    def list_adopted(self, cursor: str | None, limit: int) -> Page[Dog]:
        """List the adopted dogs, ordered by name."""
        return self.dogs.find(adopted=True, cursor=cursor, limit=limit)

    def list_for_user(self, user_id: str, cursor: str | None, limit: int) -> Page[Dog]:
        """List the dogs of a user, ordered by name. Raises NotFound."""
        require_visible(self.users.get(user_id))
        return self.dogs.find(user_id=user_id, cursor=cursor, limit=limit)

    def show(self, name: str) -> Dog:
        """Return the dog with this name, ignoring case. Raises NotFound."""
        dog = self.dogs.by_name(name)
        if dog is None:
            raise NotFound("There is no such dog.")
        return dog

    def require_owned(self, caller: Caller, name: str) -> Dog:
        """Return the dog with this name, for its owner or an admin.

        Raises NotFound, and Forbidden or InsufficientAuthentication for any other caller.
        """
        dog = self.show(name)
        _require_owner(dog, caller)
        return dog

    def change(self, caller: Caller, dog: Dog, change: DogChange, revisions: Collection[str] | None) -> Dog:
        """Change a dog of your own or, as an admin, any dog. A field that is not given keeps its value.

        Raises NotFound, Forbidden, InsufficientAuthentication, Taken, Stale, UnknownOwner, and InvalidToken when the
        caller was deleted meanwhile.
        """
        if "user_id" in change:
            self._require_may_give_to(caller, change["user_id"])

        def apply(stored: Dog) -> Dog:
            _require_owner(stored, caller)
            return stored.changed(change)

        changed = self.dogs.update(dog.id, apply, revisions=revisions)
        if "user_id" in change:
            with suppress(NotFound):  # the job belongs to the owner of the dog
                self.jobs.update(changed.job_id, lambda job: replace(job, user_id=changed.user_id))
            self._require_owner_exists(caller, changed)
        return changed

    def delete(self, caller: Caller, dog: Dog, revisions: Collection[str] | None = None) -> None:
        """Remove a dog of your own or, as an admin, any dog.

        Raises Forbidden, InsufficientAuthentication, Stale.
        """
        found: Dog | None = dog
        while found:
            _require_owner(found, caller)
            if revisions is not None and found.revision not in revisions:
                raise Stale
            with suppress(Stale):  # it has changed since its owner was checked
                self.dogs.remove(found.id, {found.revision})
                return
            found = self.dogs.get(found.id)

    def _require_may_give_to(self, caller: Caller, owner_id: str) -> None:
        """Raise an error unless the caller may make the user with this id the owner of a dog."""
        if owner_id == caller.user.id:
            return
        caller.require_admin("Your dogs are your own; only admins give dogs to others.")
        owner = self.users.get(owner_id)
        if owner is None or not owner.is_visible:
            raise UnknownOwner

    def _require_owner_exists(self, caller: Caller, dog: Dog) -> None:
        """If the owner of a dog has been deleted, remove the dog and raise InvalidToken or UnknownOwner.

        The deletion may have removed the user's dogs before this dog was stored. A later deletion will find this dog.
        """
        try:
            owner = self.users.get(dog.user_id)
        except Unavailable:
            return  # the dog is stored; reconciliation of the deletion removes it
        if owner is not None and owner.state is not State.DELETED:
            return
        self.dogs.delete_for_user(dog.user_id)  # unless it belongs to another user again
        if self.dogs.get(dog.id) is None:
            self.jobs.remove(dog.job_id)
        raise InvalidToken if dog.user_id == caller.user.id else UnknownOwner


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPicture:
    """Fetches the picture of a dog that has none. Implements JobHandler.

    The job ends within a minute. An attempt takes at most 8 seconds, and the waits vary by up to a quarter.
    """

    dogs: DogRepository
    pictures: PictureSource
    waits: ClassVar[tuple[float, float, float]] = (1.0, 3.0, 9.0)
    postponed_until: ClassVar[tuple[float, float, float, float]] = (3.0, 12.0, 24.0, 43.0)

    def run(self, job: Job, progress: Progress) -> dict[str, str | None]:
        """Fetch a picture and store its URL, unless the dog has a picture by now or no longer exists.

        Return the URL of the dog's picture as ``picture``; None if the dog does not exist.
        """
        dog = self.dogs.get(job.subject_id)
        if dog and not dog.picture:
            url = self.pictures.fetch()
            dog = self.dogs.update(dog.id, lambda stored: stored.with_fetched_picture(url))
        return {"picture": dog.picture if dog else None}

    def abandon(self, job: Job) -> None:
        """Mark the picture as failed."""
        with suppress(NotFound):
            self.dogs.update(job.subject_id, lambda dog: dog.with_picture_status(PictureStatus.FAILED))

    def resume(self, job: Job) -> None:
        """Mark the picture as pending again."""
        with suppress(NotFound):
            self.dogs.update(job.subject_id, lambda dog: dog.with_picture_status(PictureStatus.PENDING))


def _require_owner(dog: Dog, caller: Caller) -> None:
    caller.require_owner_or_admin(dog.user_id, "This dog is somebody else's.")
