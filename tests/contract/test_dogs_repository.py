"""Dogs and the claims on their names, the same over every store, races included."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.dogs import Dog
from src.domain.errors import NotFound, Stale, Taken
from src.domain.jobs import Job
from src.domain.receipts import Receipt, Repeated
from src.domain.users import Claim, User
from src.domain.values import Username, fold, new_id
from src.infrastructure.repositories.documents import Receipts
from src.infrastructure.repositories.dogs import Dogs
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Document, Key
from src.infrastructure.stores.portable import Store
from tests.support.races import at_once, in_processes, meet, spellings

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def dogs(store: Store) -> Dogs:
    return Dogs(store)


def new_dog(name: str, user_id: str = "ada") -> Dog:
    return Dog(new_id(), user_id, name, NOON, new_id())


def job_of(dog: Dog) -> Job:
    return Job.new(kind="dog-picture", subject_id=dog.id, user_id=dog.user_id, now=NOON, id=dog.job_id)


def add(dogs: Dogs, dog: Dog) -> Dog:
    return dogs.add(dog, job_of(dog))


def rename(name: str) -> Callable[[Dog], Dog]:
    return lambda dog: dog.changed({"name": name})


def winners(outcomes: Iterable[Dog | Exception]) -> list[Dog]:
    """Return the dogs that were stored, and check that every other outcome is Taken."""
    won = []
    for outcome in outcomes:
        if isinstance(outcome, Dog):
            won.append(outcome)
        else:
            assert isinstance(outcome, Taken), repr(outcome)
            assert outcome.fields == ("name",)
    return won


def assert_names_agree(dogs: Dogs, ids: Iterable[str], names: Iterable[str]) -> None:
    """Assert that each name belongs to exactly the dog that bears it, or is free to be taken."""
    bearers = {dog.name_key: dog for id in ids if (dog := dogs.get(id))}
    for name in {*map(fold, names), *bearers}:
        assert dogs.by_name(name) == bearers.get(name)
        if name not in bearers:
            add(dogs, new_dog(name))


class TestAdd:
    def test_adding_stores_the_dog_with_its_job_and_receipt(self, dogs: Dogs, store: Store) -> None:
        dog = new_dog("Žofka 😀")
        receipt = Receipt("receipt", "ada", NOON, "fingerprint", {"status": 201})
        stored = dogs.add(dog, job_of(dog), receipt)
        assert stored == replace(dog, revision=stored.revision)
        assert dogs.get(dog.id) == dogs.by_name("ŽOFKA 😀") == stored
        job, kept = Jobs(store).get(dog.job_id), Receipts(store).get("receipt")
        assert job
        assert job == replace(job_of(dog), revision=job.revision)
        assert kept == replace(receipt, revision=stored.revision)

    def test_adding_a_dog_with_a_taken_name_stores_nothing(self, dogs: Dogs, store: Store) -> None:
        rex = add(dogs, new_dog("Rex"))
        dog = new_dog("rEX", "eve")
        with pytest.raises(Taken) as refused:
            dogs.add(dog, job_of(dog), Receipt("receipt", "eve", NOON + timedelta(days=1), "f", {}))
        assert refused.value.fields == ("name",)
        assert dogs.get(dog.id) is None
        assert Jobs(store).get(dog.job_id) is None
        assert Receipts(store).get("receipt") is None
        assert dogs.by_name("rex") == rex

    def test_a_repeated_addition_stores_nothing(self, dogs: Dogs, store: Store) -> None:
        """The second request may ask for the name that the first one took, or for another one."""
        receipt = Receipt("receipt", "ada", NOON + timedelta(days=1), "f", {})
        first = new_dog("Rex")
        dogs.add(first, job_of(first), receipt)
        for name in ("Rex", "Bello"):
            dog = new_dog(name)
            with pytest.raises(Repeated):
                dogs.add(dog, job_of(dog), receipt)
            assert dogs.get(dog.id) is None
            assert Jobs(store).get(dog.job_id) is None
        assert_names_agree(dogs, [first.id], ["Rex", "Bello"])

    def test_names_of_dogs_and_users_are_independent(self, dogs: Dogs, store: Store) -> None:
        users = Users(store)
        ada = users.add(User.new(now=NOON, username=Username.parse("ada"), email=None))
        dog = add(dogs, new_dog("ada"))
        assert dogs.by_name("ada") == dog
        assert users.by_claim(Claim("username", "ada")) == ada
        dogs.remove(dog.id)
        assert users.by_claim(Claim("username", "ada")) == ada


class TestByName:
    def test_a_dog_is_found_by_any_spelling_of_its_name(self, dogs: Dogs) -> None:
        dog = add(dogs, new_dog("Ångström"))
        for spelling in ("ångström", "A\u030aNGSTRO\u0308M", "\u212bngström"):
            assert dogs.by_name(spelling) == dog
        for other in ("angstrom", "ångström ", "", "x" * 5000, dog.id):
            assert dogs.by_name(other) is None

    def test_a_dog_renamed_between_the_reads_is_not_found_by_its_old_name(
        self, dogs: Dogs, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dog = add(dogs, new_dog("Rex"))
        read = store.get

        def get(*keys: Key) -> list[Document | None]:
            found = read(*keys)
            monkeypatch.setattr(store, "get", read)
            dogs.update(dog.id, rename("Bello"))
            return found

        monkeypatch.setattr(store, "get", get)
        assert dogs.by_name("Rex") is None
        found = dogs.by_name("Bello")
        assert found
        assert found.id == dog.id


class TestRename:
    def test_a_rename_frees_the_old_name_and_takes_the_new_one(self, dogs: Dogs) -> None:
        rex = add(dogs, new_dog("Rex"))
        bello = dogs.update(rex.id, rename("Bello"))
        assert dogs.by_name("bello") == bello
        assert dogs.by_name("rex") is None
        other = add(dogs, new_dog("REX"))
        with pytest.raises(Taken) as refused:
            dogs.update(other.id, rename("BELLO"))
        assert refused.value.fields == ("name",)
        assert_names_agree(dogs, [rex.id, other.id], [])
        assert dogs.get(other.id) == other

    def test_a_name_can_change_to_another_spelling(self, dogs: Dogs) -> None:
        rex = add(dogs, new_dog("Rex"))
        respelled = dogs.update(rex.id, rename("REX"))
        assert dogs.by_name("rex") == respelled
        assert respelled.name == "REX"
        with pytest.raises(Taken):
            add(dogs, new_dog("rex"))

    def test_a_stale_rename_takes_no_name(self, dogs: Dogs) -> None:
        rex = add(dogs, new_dog("Rex"))
        dogs.update(rex.id, lambda dog: replace(dog, is_adopted=True))
        with pytest.raises(Stale):
            dogs.update(rex.id, rename("Bello"), revisions=[rex.revision])
        assert_names_agree(dogs, [rex.id], ["Rex", "Bello"])


class TestRemove:
    def test_removing_a_dog_frees_its_name(self, dogs: Dogs) -> None:
        rex = add(dogs, new_dog("Rex"))
        dogs.remove(rex.id)
        assert dogs.by_name("rex") is None
        bello = dogs.update(add(dogs, new_dog("rex")).id, rename("Bello"))
        dogs.remove(rex.id)  # this dog is already gone, and another dog has the name
        assert_names_agree(dogs, [bello.id], ["Rex"])

    def test_a_dog_removed_during_a_rename_holds_no_name(
        self, dogs: Dogs, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither the name that was read before the rename nor the new name is held."""
        rex = add(dogs, new_dog("Rex"))
        read = store.get

        def get(*keys: Key) -> list[Document | None]:
            found = read(*keys)
            monkeypatch.setattr(store, "get", read)
            dogs.update(rex.id, rename("Bello"))
            add(dogs, new_dog("Rex", "eve"))
            return found

        monkeypatch.setattr(store, "get", get)
        dogs.remove(rex.id)
        assert dogs.get(rex.id) is None
        other = dogs.by_name("Rex")
        assert other
        assert other.user_id == "eve"
        assert_names_agree(dogs, [rex.id, other.id], ["Bello"])

    def test_removing_the_dogs_of_a_user_frees_their_names(self, dogs: Dogs) -> None:
        stored = [add(dogs, new_dog(name)) for name in ("Rex", "Bello", "Žofka")]
        kept = add(dogs, new_dog("Laika", "eve"))
        dogs.delete_for_user("ada")
        assert_names_agree(dogs, [dog.id for dog in [*stored, kept]], [dog.name for dog in stored])
        assert dogs.by_name("laika") == kept

    def test_a_dog_given_away_meanwhile_is_not_removed(
        self, dogs: Dogs, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stored = [add(dogs, new_dog(name)) for name in ("Rex", "Bello")]
        find = store.find

        def find_and_give(*arguments: object) -> object:
            found = find(*arguments)  # type: ignore[arg-type]
            monkeypatch.setattr(store, "find", find)
            dogs.update(stored[0].id, lambda dog: replace(dog, user_id="eve"))
            return found

        monkeypatch.setattr(store, "find", find_and_give)
        dogs.delete_for_user("ada")
        assert [dog.id for dog in dogs.find().items] == [stored[0].id]
        assert_names_agree(dogs, [stored[0].id], ["Rex", "Bello"])


def test_lists_are_by_name_by_owner_and_by_adoption(dogs: Dogs) -> None:
    rex, bello, laika = (add(dogs, new_dog(*dog)) for dog in [("rex", "ada"), ("Bello", "eve"), ("Laika", "ada")])
    rex = dogs.update(rex.id, lambda dog: replace(dog, is_adopted=True))
    assert dogs.find().items == [bello, laika, rex]
    assert dogs.find(user_id="ada").items == [laika, rex]
    assert dogs.find(adopted=True).items == [rex]
    first = dogs.find(limit=2)
    assert dogs.find(cursor=first.next, limit=2).items == [rex]


class TestThreads:
    def test_of_24_spellings_of_one_name_one_is_added(self, dogs: Dogs, store: Store) -> None:
        contenders = [new_dog(spelling) for spelling in spellings(24)]
        [winner] = winners(at_once(lambda dog: add(dogs, dog), contenders))
        assert dogs.by_name(spellings(1)[0]) == winner
        assert [dog for dog in dogs.get_many(*(dog.id for dog in contenders)) if dog] == [winner]
        jobs = Jobs(store).get_many(*(dog.job_id for dog in contenders))
        assert [job.subject_id for job in jobs if job] == [winner.id]

    def test_of_20_renames_to_one_name_one_succeeds(self, dogs: Dogs) -> None:
        stored = [add(dogs, new_dog(f"dog {number}")) for number in range(20)]
        ways = list(zip(stored, spellings(20), strict=True))
        [winner] = winners(at_once(lambda way: dogs.update(way[0].id, rename(way[1])), ways))
        assert dogs.by_name(spellings(1)[0]) == winner
        assert_names_agree(dogs, [dog.id for dog in stored], [dog.name for dog in stored])

    def test_crossing_renames_keep_every_name_consistent(self, dogs: Dogs) -> None:
        """Every dog takes the name of the next one, again and again: no name is lost, and none is held twice."""
        circle = ["rex", "bello", "laika", "žofka", "free"]
        stored = [add(dogs, new_dog(name)) for name in circle[:-1]]

        def chase(dog: Dog) -> None:
            for name in circle * 3:
                with suppress(Taken):
                    dogs.update(dog.id, rename(name))

        assert at_once(chase, stored) == [None] * len(stored)
        ids = [dog.id for dog in stored]
        assert len({dog.name_key for dog in dogs.get_many(*ids) if dog}) == len(stored)
        assert_names_agree(dogs, ids, circle)

    def test_two_names_cannot_be_swapped_simultaneously(self, dogs: Dogs) -> None:
        rex, bello = add(dogs, new_dog("rex")), add(dogs, new_dog("bello"))
        ways = [(rex, "bello"), (bello, "rex")]
        assert winners(at_once(lambda way: dogs.update(way[0].id, rename(way[1])), ways)) == []
        assert [dogs.by_name("rex"), dogs.by_name("bello")] == [rex, bello]

    def test_a_removal_during_a_rename_leaves_no_claim(self, dogs: Dogs) -> None:
        """Whichever comes first, no name is held by the removed dog."""
        for number in range(5):
            rex = add(dogs, new_dog(f"rex {number}"))
            names = [f"bello {number}", f"laika {number}"]

            def act(name: str | None, id: str = rex.id) -> Dog | None:
                if name:
                    return dogs.update(id, rename(name))
                dogs.remove(id)
                return None

            *renamed, removed = at_once(act, [*names, None])
            assert removed is None
            assert all(isinstance(outcome, Dog | NotFound) for outcome in renamed), renamed
            assert dogs.get(rex.id) is None
            assert_names_agree(dogs, [rex.id], [*names, rex.name])


def _add_at_once(share: tuple[Callable[[], Store], list[Dog]]) -> list[Dog | str]:
    """Add dogs at the same time. Runs in a separate process."""
    open_store, contenders = share
    store = open_store()
    dogs = Dogs(store)
    dogs.get("connect before the race begins")
    meet()
    outcomes = at_once(lambda dog: add(dogs, dog), contenders)
    store.close()
    return [outcome if isinstance(outcome, Dog) else type(outcome).__name__ for outcome in outcomes]


def test_of_several_processes_with_one_name_one_adds_it(open_shared: Callable[[], Store]) -> None:
    contenders = [new_dog(spelling) for spelling in spellings(24)]
    shares = [(open_shared, contenders[first::2]) for first in range(2)]
    outcomes = [outcome for process in in_processes(_add_at_once, shares) for outcome in process]
    assert outcomes.count("Taken") == 23
    store = open_shared()
    assert Dogs(store).by_name(spellings(1)[0]) in outcomes
    store.close()
