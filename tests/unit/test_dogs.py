"""Dogs, and the job that fetches their pictures, while other requests change them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from src.application.dogs import PICTURE, DogService, FetchPicture
from src.application.jobs import JobRunner, JobService
from src.domain.dogs import Dog, DogChange, PictureStatus, parse_dog_name
from src.domain.errors import AttemptFailed, Forbidden, InvalidToken, NotFound, Stale, Taken, Unavailable, UnknownOwner
from src.domain.jobs import Job, JobStatus
from src.domain.receipts import LIFETIME, IdempotentCreate, Receipt, Repeated
from src.domain.users import State, User
from src.domain.values import InvalidValue, Role
from src.infrastructure.repositories.documents import Receipts
from src.infrastructure.repositories.dogs import Dogs
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.memory import MemoryStore
from tests.support.working import NOON, RecordingQueue, Watch, caller_of, person

URL = "https://images.dog.ceo/{}.jpg"
Arrange = Callable[[Callable[[], object]], None]


@dataclass
class Pictures:
    """A source of pictures that calls ``meanwhile`` before it returns one. Implements PictureSource."""

    meanwhile: Callable[[], object] = lambda: None
    fetched: list[str] = field(default_factory=list)

    def fetch(self) -> str:
        self.fetched.append(URL.format(len(self.fetched) + 1))
        url = self.fetched[-1]
        self.meanwhile()
        return url

    def check(self, url: str) -> str:
        return url

    def fail(self, *, final: bool = False) -> None:
        def fail() -> None:
            raise AttemptFailed("No pictures today.", final=final)

        self.meanwhile = fail


class DogWorld:
    def __init__(self) -> None:
        store = MemoryStore()
        self.watch, self.queue, self.pictures = Watch(), RecordingQueue(), Pictures()
        self.dogs, self.jobs, self.users, self.receipts = Dogs(store), Jobs(store), Users(store), Receipts(store)
        self.ada, self.eve = self.users.add(person("ada")), self.users.add(person("eve"))
        self.root = self.users.add(person("root", Role.ADMIN))
        handlers = {PICTURE: FetchPicture(dogs=self.dogs, pictures=self.pictures)}
        self.service = DogService(
            dogs=self.dogs,
            jobs=self.jobs,
            users=self.users,
            receipts=self.receipts,
            queue=self.queue,
            clock=self.watch,
        )
        runner = JobRunner(jobs=self.jobs, handlers=handlers, delay=timedelta(0), clock=self.watch)
        self.run = runner.run
        self.work = JobService(jobs=self.jobs, queue=self.queue, runner=runner, clock=self.watch)

    def add(self, name: str = "Rex", caller: User | None = None, owner_id: str | None = None) -> Dog:
        return self.service.add(caller_of(caller or self.ada), name, False, owner_id)

    def change(self, caller: User, name: str, change: DogChange, revisions: Collection[str] | None) -> Dog:
        return self.service.change(
            caller_of(caller), self.service.require_owned(caller_of(caller), name), change, revisions
        )

    def delete(self, caller: User, name: str) -> None:
        self.service.delete(caller_of(caller), self.service.require_owned(caller_of(caller), name))

    def dog(self, dog: Dog) -> Dog:
        found = self.dogs.get(dog.id)
        assert found
        return found

    def job(self, dog: Dog) -> Job:
        found = self.jobs.get(dog.job_id)
        assert found
        return found

    def run_all_attempts(self, dog: Dog) -> None:
        while (wait := self.run(dog.job_id)) is not None:
            self.watch.forward(wait)

    def picture(self, dog: Dog) -> tuple[str | None, PictureStatus]:
        found = self.dog(dog)
        return found.picture, found.picture_status


@pytest.fixture
def world() -> DogWorld:
    return DogWorld()


class TestPicture:
    def test_a_picture_is_fetched_by_a_job(self, world: DogWorld) -> None:
        dog = world.add()
        assert world.picture(dog) == (None, PictureStatus.PENDING)
        assert world.queue.sent == [dog.job_id]
        job = world.job(dog)
        assert (job.kind, job.subject_id, job.user_id) == (PICTURE, dog.id, "ada")
        world.run(dog.job_id)
        assert world.picture(dog) == (URL.format(1), PictureStatus.READY)
        assert (world.job(dog).status, world.job(dog).result) == (JobStatus.SUCCEEDED, {"picture": URL.format(1)})

    def test_no_picture_is_fetched_for_a_dog_that_has_one(self, world: DogWorld) -> None:
        dog = world.add()
        world.change(world.ada, "Rex", {"picture": "mine"}, None)
        assert world.picture(dog) == ("mine", PictureStatus.READY)
        world.run(dog.job_id)
        assert world.pictures.fetched == []
        assert world.job(dog).result == {"picture": "mine"}

    def test_a_picture_set_during_the_fetch_stays(self, world: DogWorld) -> None:
        dog = world.add()
        world.pictures.meanwhile = lambda: world.change(world.ada, "Rex", {"picture": "mine"}, None)
        world.run(dog.job_id)
        assert world.picture(dog) == ("mine", PictureStatus.READY)
        assert world.job(dog).result == {"picture": "mine"}

    def test_the_first_of_two_fetched_pictures_stays(self, world: DogWorld) -> None:
        """A job runs at least once: here one worker sleeps, and another one takes over."""
        dog = world.add()

        def sleep() -> None:
            world.pictures.meanwhile = lambda: None
            world.watch.forward(60)
            world.run(dog.job_id)

        world.pictures.meanwhile = sleep
        world.run(dog.job_id)
        assert world.pictures.fetched == [URL.format(1), URL.format(2)]
        assert world.picture(dog) == (URL.format(2), PictureStatus.READY)
        assert world.job(dog).result == {"picture": URL.format(2)}

    def test_a_dog_renamed_and_given_away_meanwhile_gets_its_picture(self, world: DogWorld) -> None:
        dog = world.add()
        change: DogChange = {"name": "Bello", "user_id": "eve", "is_adopted": True}
        world.pictures.meanwhile = lambda: world.change(world.root, "Rex", change, None)
        world.run(dog.job_id)
        found = world.dog(dog)
        assert (found.name, found.user_id, found.is_adopted) == ("Bello", "eve", True)
        assert world.picture(dog) == (URL.format(1), PictureStatus.READY)

    def test_no_picture_is_fetched_for_a_removed_dog(self, world: DogWorld) -> None:
        dog = world.add()
        world.delete(world.ada, "Rex")
        assert world.run(dog.job_id) is None
        assert world.pictures.fetched == []
        assert (world.job(dog).status, world.job(dog).result) == (JobStatus.SUCCEEDED, {"picture": None})

    def test_a_dog_removed_during_the_fetch_stays_removed(self, world: DogWorld) -> None:
        dog = world.add()
        world.pictures.meanwhile = lambda: world.delete(world.ada, "Rex")
        world.run_all_attempts(dog)
        assert world.dogs.get(dog.id) is None
        assert world.job(dog).result == {"picture": None}

    def test_the_picture_fails_after_the_last_attempt(self, world: DogWorld) -> None:
        dog = world.add()
        world.pictures.fail()
        assert world.run(dog.job_id)
        assert world.picture(dog) == (None, PictureStatus.PENDING)
        world.watch.forward(2)
        world.run_all_attempts(dog)
        assert world.picture(dog) == (None, PictureStatus.FAILED)
        assert (world.job(dog).status, world.job(dog).error) == (JobStatus.FAILED, "No pictures today.")

    def test_the_picture_fails_when_the_job_is_cancelled(self, world: DogWorld) -> None:
        dog = world.add()
        world.work.cancel(caller_of(world.ada), dog.job_id)
        assert world.picture(dog) == (None, PictureStatus.FAILED)

    def test_abandoning_the_job_leaves_a_dog_with_a_picture_alone(self, world: DogWorld) -> None:
        dog, other = world.add(), world.add("Bello")
        world.change(world.ada, "Rex", {"picture": "mine"}, None)
        world.delete(world.ada, "Bello")
        for each in (dog, other):
            world.work.cancel(caller_of(world.ada), each.job_id)
            world.work.retry(None, each.job_id)
        assert world.picture(dog) == ("mine", PictureStatus.READY)

    def test_a_picture_that_is_fetched_after_the_failure_is_stored(self, world: DogWorld) -> None:
        dog = world.add()
        world.pictures.meanwhile = lambda: world.work.cancel(caller_of(world.ada), dog.job_id)
        world.run(dog.job_id)
        assert world.job(dog).status is JobStatus.CANCELLED
        assert world.picture(dog) == (URL.format(1), PictureStatus.READY)

    def test_retrying_the_job_makes_the_picture_pending_again(self, world: DogWorld) -> None:
        dog = world.add()
        world.pictures.fail(final=True)
        world.run(dog.job_id)
        world.work.retry(None, dog.job_id)
        assert world.picture(dog) == (None, PictureStatus.PENDING)
        world.pictures.meanwhile = lambda: None
        world.run(dog.job_id)
        assert world.picture(dog)[1] is PictureStatus.READY


class TestOwners:
    def test_admins_add_and_give_dogs_to_any_user(self, world: DogWorld) -> None:
        assert world.add(caller=world.root, owner_id="eve").user_id == "eve"
        assert world.job(world.service.show("Rex")).user_id == "eve"
        assert world.change(world.root, "Rex", {"user_id": "ada"}, None).user_id == "ada"
        assert world.job(world.service.show("Rex")).user_id == "ada", "whoever owns the dog owns the job"

    def test_a_dog_whose_job_was_removed_can_be_given(self, world: DogWorld) -> None:
        world.jobs.remove(world.add().job_id)
        assert world.change(world.root, "Rex", {"user_id": "eve"}, None).user_id == "eve"

    def test_other_users_cannot_give_dogs(self, world: DogWorld) -> None:
        with pytest.raises(Forbidden):
            world.add(owner_id="eve")
        dog = world.add(owner_id="ada")
        with pytest.raises(Forbidden):
            world.change(world.ada, "Rex", {"user_id": "eve"}, None)
        assert world.dog(dog) == dog

    @pytest.mark.parametrize("nobody", ["nobody", "..", "gone", "guest", "pending"])
    def test_a_dog_cannot_be_given_to_a_user_who_cannot_be_seen(self, world: DogWorld, nobody: str) -> None:
        world.users.update(world.users.add(person("gone")).id, lambda user: user.tombstone(NOON))
        world.users.add(person("guest", Role.GUEST)) if nobody == "guest" else None
        dog = world.add()
        acts: list[Callable[[], object]] = [
            lambda: world.add("Bello", world.root, nobody),
            lambda: world.change(world.root, "Rex", {"user_id": nobody}, None),
        ]
        for act in acts:
            with pytest.raises(UnknownOwner):
                act()
        assert world.dog(dog) == dog
        assert world.dogs.by_name("Bello") is None

    def test_only_the_owner_changes_a_dog(self, world: DogWorld) -> None:
        dog = world.add()
        with pytest.raises(Forbidden):
            world.change(world.eve, "Rex", {"is_adopted": True}, None)
        with pytest.raises(Forbidden):
            world.delete(world.eve, "Rex")
        assert world.dog(dog) == dog

    def test_a_former_owner_cannot_change_a_dog(self, world: DogWorld) -> None:
        """The owner changes between the read and the write."""
        dog = world.add()
        show = world.dogs.by_name

        def by_name(name: str) -> Dog | None:
            found = show(name)
            world.dogs.update(dog.id, lambda stored: stored.changed({"user_id": "eve"}))
            return found

        world.dogs.by_name = by_name  # type: ignore[method-assign]
        with pytest.raises(Forbidden):
            world.change(world.ada, "Rex", {"is_adopted": True}, None)
        with pytest.raises(Forbidden):
            world.service.delete(caller_of(world.ada), dog)
        assert not world.dog(dog).is_adopted

    def test_a_dog_that_gets_its_picture_meanwhile_is_removed(self, world: DogWorld) -> None:
        dog = world.add()
        world.run(dog.job_id)
        world.service.delete(caller_of(world.ada), dog)
        assert world.dogs.get(dog.id) is None
        world.service.delete(caller_of(world.ada), dog)

    def test_admins_change_and_remove_any_dog(self, world: DogWorld) -> None:
        world.add()
        assert world.change(world.root, "rex", {"is_adopted": True}, None).is_adopted
        world.delete(world.root, "REX")
        with pytest.raises(NotFound):
            world.service.show("Rex")


class TestOwnersWhoAreDeletedMeanwhile:
    """The owner is deleted around the commit of a new dog, and is read again after it."""

    @pytest.fixture
    def after_the_commit(self, world: DogWorld, monkeypatch: pytest.MonkeyPatch) -> Arrange:
        """Return a function that calls an event once, after the next commit of a dog."""

        def arrange(event: Callable[[], object]) -> None:
            def then(method: Callable[..., Dog]) -> Callable[..., Dog]:
                def call(*arguments: object, **options: object) -> Dog:
                    monkeypatch.undo()
                    dog = method(*arguments, **options)
                    event()
                    return dog

                return call

            for name in ("add", "update"):
                monkeypatch.setattr(world.dogs, name, then(getattr(world.dogs, name)))

        return arrange

    def left(self, world: DogWorld) -> list[object]:
        return [*world.service.list(None, 10).items, *world.jobs.all().items]

    def bury(self, world: DogWorld, id: str) -> Callable[[], object]:
        return lambda: world.users.update(id, lambda user: user.tombstone(NOON))

    def test_a_new_dog_is_removed_and_the_token_is_refused(self, world: DogWorld, after_the_commit: Arrange) -> None:
        after_the_commit(self.bury(world, "ada"))
        with pytest.raises(InvalidToken):
            world.add()
        assert (self.left(world), world.queue.sent) == ([], [])
        assert world.add(caller=world.eve).name == "Rex", "the name is free"

    def test_a_dog_that_an_admin_adds_for_them_is_removed(self, world: DogWorld, after_the_commit: Arrange) -> None:
        after_the_commit(self.bury(world, "ada"))
        with pytest.raises(UnknownOwner):
            world.add(caller=world.root, owner_id="ada")
        assert self.left(world) == []

    def test_repeating_the_request_adds_no_dog_either(self, world: DogWorld, after_the_commit: Arrange) -> None:
        idempotent: IdempotentCreate[Dog] = IdempotentCreate(
            Receipt("key", "root", NOON + LIFETIME), lambda dog: ("f", {"id": dog.id})
        )
        after_the_commit(self.bury(world, "ada"))
        for _ in range(2):
            with pytest.raises(UnknownOwner):
                world.service.add(caller_of(world.root), "Rex", True, "ada", idempotent)
            assert (self.left(world), world.receipts.get("key")) == ([], None)

    @pytest.mark.parametrize(("heir", "refusal"), [("eve", UnknownOwner), ("root", InvalidToken)])
    def test_a_dog_that_an_admin_gives_them_is_removed(
        self,
        world: DogWorld,
        after_the_commit: Arrange,
        heir: str,
        refusal: type[Exception],
    ) -> None:
        world.users.add(person("another", Role.ADMIN))  # the last one cannot be deleted
        world.add()
        after_the_commit(self.bury(world, heir))
        with pytest.raises(refusal):
            world.change(world.root, "Rex", {"user_id": heir}, None)
        assert self.left(world) == []

    def test_a_dog_that_was_given_to_another_user_stays(self, world: DogWorld, after_the_commit: Arrange) -> None:
        dog = world.add()

        def event() -> None:
            world.users.update("eve", lambda user: user.tombstone(NOON))
            world.change(world.root, "Rex", {"user_id": "root"}, None)

        after_the_commit(event)
        with pytest.raises(UnknownOwner):
            world.change(world.root, "Rex", {"user_id": "eve"}, None)
        assert world.dog(dog).user_id == "root"
        assert world.job(dog).status is JobStatus.QUEUED

    def test_the_dog_of_a_user_who_is_being_deleted_is_left_alone(
        self, world: DogWorld, after_the_commit: Arrange
    ) -> None:
        """The deletion may still be undone."""
        after_the_commit(lambda: world.users.update("ada", lambda user: replace(user, state=State.DELETING)))
        assert world.dog(world.add()).user_id == "ada"

    def test_the_dog_stays_when_the_store_is_unavailable_after_the_commit(
        self, world: DogWorld, after_the_commit: Arrange, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(id: str) -> User | None:
            raise Unavailable

        after_the_commit(lambda: monkeypatch.setattr(world.users, "get", away))
        dog = world.add()
        assert world.dog(dog) == dog
        assert world.queue.sent == [dog.job_id]


class TestService:
    def test_dogs_are_listed_by_name(self, world: DogWorld) -> None:
        rex, bello = world.add("Rex"), world.add("Bello", world.eve)
        rex = world.change(world.ada, "Rex", {"is_adopted": True}, None)
        assert world.service.list(None, 10).items == [bello, rex]
        assert world.service.list_adopted(None, 10).items == [rex]
        assert world.service.list_for_user("eve", None, 10).items == [bello]
        with pytest.raises(NotFound):
            world.service.list_for_user("nobody", None, 10)

    def test_a_name_can_be_taken_once(self, world: DogWorld) -> None:
        world.add("Rex")
        world.queue.sent.clear()
        with pytest.raises(Taken):
            world.add("REX", world.eve)
        assert world.queue.sent == []
        world.add("Bello")
        with pytest.raises(Taken):
            world.change(world.ada, "Bello", {"name": "rex"}, None)

    def test_a_dog_changes_only_at_the_given_revision(self, world: DogWorld) -> None:
        dog = world.add()
        world.change(world.ada, "Rex", {"is_adopted": True}, [dog.revision])
        with pytest.raises(Stale):
            world.change(world.ada, "Rex", {"is_adopted": False}, [dog.revision])

    def test_a_repeated_create_adds_one_dog(self, world: DogWorld) -> None:
        idempotent: IdempotentCreate[Dog] = IdempotentCreate(
            Receipt("key", "ada", NOON + LIFETIME), lambda dog: ("f", {"id": dog.id})
        )
        dog = world.service.add(caller_of(world.ada), "Rex", True, None, idempotent)
        with pytest.raises(Repeated):
            world.service.add(caller_of(world.ada), "Rex", True, None, idempotent)
        receipt = world.receipts.get("key")
        assert receipt
        assert (receipt.answer, receipt.revision) == ({"id": dog.id}, dog.revision)
        assert world.queue.sent == [dog.job_id]


class TestName:
    @pytest.mark.parametrize("text", ["R", "Rex", "Rex 2", "Žofka", "犬", "😀", "a" * 64, "...", ".a", "is adopted"])
    def test_valid_names(self, text: str) -> None:
        assert parse_dog_name(text) == text

    def test_a_name_is_normalised_to_nfc(self) -> None:
        assert parse_dog_name("A\u030a" * 64) == "Å" * 64
        assert parse_dog_name("\u03b1\u0313\u0300\u0345" * 64) == "\u1f82" * 64

    def test_a_name_has_192_letters_when_its_ligatures_are_counted_in_letters(self) -> None:
        ligatures = "\ufdfa" * 10  # of 18 letters each
        assert parse_dog_name(ligatures + "a" * 12)
        with pytest.raises(InvalidValue, match="several letters"):
            parse_dog_name(ligatures + "a" * 13)

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "length"),
            (" ", "length"),
            ("\u3000\u00a0", "length"),
            ("a" * 65, "length"),
            ("a" * 100_000, "length"),
            ("a/b", "characters"),
            ("a\nb", "characters"),
            ("a\0", "characters"),
            ("a\u2028b", "characters"),
            ("a\u2029b", "characters"),
            ("a\ud800", "characters"),
            ("is_adopted", "reserved"),
            ("IS_ADOPTED", "reserved"),
            ("\uff49s_adopted", "reserved"),
            (".", "reserved"),
            ("..", "reserved"),
            ("\u2025", "reserved"),
        ],
    )
    def test_invalid_names(self, text: str, code: str) -> None:
        with pytest.raises(InvalidValue) as refused:
            parse_dog_name(text)
        assert refused.value.code == code

    def test_the_allowed_length_is_said(self) -> None:
        for text in ("", "a" * 65):
            with pytest.raises(InvalidValue, match="Use 1 to 64 characters"):
                parse_dog_name(text)
