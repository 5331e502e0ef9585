"""What people do with dogs, and the job that fetches their pictures."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar

from src.application.jobs import Progress
from src.application.ports import Clock, JobQueue, PictureSource
from src.domain.dogs import Dog, DogChange, DogRepository
from src.domain.errors import FieldError, Forbidden, Invalid, InvalidToken, NotFound, Unavailable
from src.domain.jobs import Job, JobRepository
from src.domain.receipts import Once, ReceiptRepository
from src.domain.users import State, User, UserRepository
from src.domain.values import Page, Role, new_id

PICTURE = "dog-picture"
"""The kind of job that fetches a picture."""


@dataclass(frozen=True, slots=True)
class DogService:
    """The use cases of dogs."""

    dogs: DogRepository
    jobs: JobRepository
    users: UserRepository
    receipts: ReceiptRepository
    queue: JobQueue
    clock: Clock

    def add(
        self,
        caller: User,
        name: str,
        is_adopted: bool,
        owner_id: str | None,
        once: Once[Dog] | None = None,
    ) -> Dog:
        """Enter a dog, of your own or, as an admin, of anybody.

        Its picture is fetched in the background; the Link header says where to watch that. Raises Taken,
        Forbidden, Invalid for an owner who does not exist, InvalidToken when that was the caller, Repeated.
        """
        owner_id = self._owner(caller, caller.id if owner_id is None else owner_id)
        now, id = self.clock(), new_id()
        job = Job.new(kind=PICTURE, subject_id=id, user_id=owner_id, now=now)
        dog = Dog(id, owner_id, name, now, job.id, is_adopted)
        dog = self.dogs.add(dog, job, once.answered(dog) if once else None)
        try:
            self._require_owner_exists(caller, dog)
        except (Invalid, InvalidToken):
            if once:  # who asks again gets no dog either
                self.receipts.remove(once.receipt.id)
            raise
        self.queue.notify(job.id)
        return dog

    def list(self, adopted: bool, cursor: str | None, limit: int) -> Page[Dog]:
        """The dogs by name, or those that are adopted. Raises Invalid for a bad cursor."""
        return self.dogs.find(adopted=adopted, cursor=cursor, limit=limit)

    def list_of(self, user_id: str, cursor: str | None, limit: int) -> Page[Dog]:
        """The dogs of a user, by name. Raises NotFound, Invalid for a bad cursor."""
        user = self.users.get(user_id)
        if user is None or not user.listed:
            raise NotFound("There is no such user.")
        return self.dogs.find(user_id=user_id, cursor=cursor, limit=limit)

    def show(self, name: str) -> Dog:
        """A dog by its name, in any case. Raises NotFound."""
        dog = self.dogs.by_name(name)
        if dog is None:
            raise NotFound("There is no such dog.")
        return dog

    def change(self, caller: User, name: str, change: DogChange, revisions: Collection[str] | None) -> Dog:
        """Change a dog of your own or, as an admin, any; what is not given stays.

        Raises NotFound, Forbidden, Taken, Stale, Invalid for an owner who does not exist, InvalidToken when that was
        the caller.
        """
        dog = self.require_owner(caller, name)
        if "user_id" in change:
            self._owner(caller, change["user_id"])

        def apply(stored: Dog) -> Dog:
            _require_owner(stored, caller)
            return stored.changed(change)

        changed = self.dogs.update(dog.id, apply, revisions=revisions)
        if "user_id" in change:
            with suppress(NotFound):  # whoever owns the dog owns the job
                self.jobs.update(changed.job_id, lambda job: replace(job, user_id=changed.user_id))
            self._require_owner_exists(caller, changed)
        return changed

    def delete(self, caller: User, name: str) -> None:
        """Remove a dog of your own or, as an admin, any. Raises NotFound, Forbidden."""
        self.dogs.remove(self.require_owner(caller, name).id)

    def require_owner(self, caller: User, name: str) -> Dog:
        """The dog, if the caller may change it. Raises NotFound, Forbidden."""
        dog = self.show(name)
        _require_owner(dog, caller)
        return dog

    def _owner(self, caller: User, id: str) -> str:
        """``id``, if the caller may give dogs to that user. Raises Forbidden, Invalid."""
        if id == caller.id:
            return id
        if caller.role is not Role.ADMIN:
            raise Forbidden("Your dogs are your own; only admins give dogs to others.")
        owner = self.users.get(id)
        if owner is None or not owner.listed:
            raise _unknown_owner()
        return id

    def _require_owner_exists(self, caller: User, dog: Dog) -> None:
        """Once its owner is stored: raises InvalidToken or Invalid, without the dog, when that user is deleted by now.

        What they own may have been removed before. A deletion that is still to come takes the dog along.
        """
        try:
            owner = self.users.get(dog.user_id)
        except Unavailable:
            return  # the dog is stored; it is removed when the deletion is settled
        if owner is not None and owner.state is not State.DELETED:
            return
        self.dogs.remove_of(dog.user_id)  # unless it is somebody else's again
        if self.dogs.get(dog.id) is None:
            self.jobs.remove(dog.job_id)
        raise InvalidToken if dog.user_id == caller.id else _unknown_owner()


@dataclass(frozen=True, slots=True)
class FetchPicture:
    """Fetches the picture of a dog, unless it has one by now. See JobHandler."""

    dogs: DogRepository
    pictures: PictureSource
    # Within a minute, of which 6 s are for the last postponement (a circuit's pause of 5 s, and the spread of 1), and
    # 48.25, 39, 27.25 or 8 s for the attempts that are left: 8 s each, and 1.25 times the waits between them.
    waits: ClassVar[tuple[float, float, float]] = (1.0, 3.0, 9.0)
    postponed_until: ClassVar[tuple[float, float, float, float]] = (3.0, 12.0, 24.0, 43.0)

    def run(self, job: Job, progress: Progress) -> dict[str, str | None]:
        """See JobHandler."""
        dog = self.dogs.get(job.subject_id)
        if dog and not dog.picture:
            url = self.pictures.fetch()
            # Of two at once the first commit stays, and a picture set by hand as well.
            dog = self.dogs.update(dog.id, lambda stored: stored.pictured(url))
        return {"picture": dog.picture if dog else None}

    def abandon(self, job: Job) -> None:
        """See JobHandler."""
        with suppress(NotFound):
            self.dogs.update(job.subject_id, Dog.unpictured)

    def resume(self, job: Job) -> None:
        """See JobHandler."""
        with suppress(NotFound):
            self.dogs.update(job.subject_id, Dog.waiting)


def _unknown_owner() -> Invalid:
    return Invalid(FieldError("id_user", "unknown", "There is no such user."))


def _require_owner(dog: Dog, caller: User) -> None:
    if dog.user_id != caller.id and caller.role is not Role.ADMIN:
        raise Forbidden("This dog is somebody else's.")
