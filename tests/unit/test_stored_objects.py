"""Objects and rows agree with their records, whichever process dies, fails or is slow, and at whichever moment.

The tests run for files and for datasets. test_files.py and test_datasets.py have the tests of one kind only.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from src.application.stored_objects import HEARTBEAT, HEARTBEAT_TIMEOUT
from src.domain.errors import NotFound, Stale, Unavailable
from src.domain.jobs import CLOCK_SKEW, JobStatus
from src.domain.receipts import Repeated
from tests.support.races import at_once
from tests.support.working import caller_of
from tests.unit.stored_objects.datasets import DatasetWorld
from tests.unit.stored_objects.files import FileWorld
from tests.unit.stored_objects.world import ADA, EVE, ROOT, Killed, Process, World

pytestmark = pytest.mark.usefixtures("small_batches")


@dataclass(frozen=True)
class Kind:
    """A kind of stored object, and the numbers of moments at which a process can die while it adds or deletes one."""

    name: str
    world: Callable[[Path], World[Any]]
    adding: int
    deleting: int
    job: bool
    """Whether each object has a job."""


KINDS = [
    # The steps are begin, put and finish, or update, delete and remove. A moment is before or after each of them.
    Kind("file", lambda folder: FileWorld(), adding=6, deleting=6, job=True),
    # A check also appends rows three times, and a deletion also removes the rows.
    Kind("dataset", DatasetWorld, adding=14, deleting=8, job=False),
    Kind("dataset with a job", lambda folder: DatasetWorld(folder, later=True), adding=6, deleting=8, job=True),
]


def at_each_moment(of: Callable[[Kind], range]) -> pytest.MarkDecorator:
    """Run a test for every kind, at each of the moments that ``of`` returns for it."""
    each = [pytest.param(kind, moment, id=f"{kind.name} {moment}") for kind in KINDS for moment in of(kind)]
    return pytest.mark.parametrize(("kind", "moment"), each)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    return kind


@pytest.fixture
def new_world(kind: Kind, tmp_path: Path) -> Callable[[], World[Any]]:
    return lambda: kind.world(tmp_path)


@pytest.fixture
def world(new_world: Callable[[], World[Any]]) -> World[Any]:
    return new_world()


def test_requests_without_a_key_store_an_object_each(world: World[Any]) -> None:
    for _ in range(2):
        world.store_one(key=None)
    assert len(world.all_records()) == 2
    assert world.receipts.get("key") is None


class TestKilled:
    """A process is killed at each moment in turn, and a minute later another process reconciles."""

    def test_while_adding(self, kind: Kind, new_world: Callable[[], World[Any]]) -> None:
        kept = set()
        for moment in count():
            world = new_world()
            try:
                world.store_one(world.mortal(moment))
            except Killed:
                assert world.here.objects.reconcile() == 0, "not at once: it may only be slow"
                world.reconcile_later()
            else:
                break
            is_stored = world.is_reconciled()
            receipt = world.receipts.get("key")
            assert (receipt is not None) == is_stored
            assert len(world.jobs.all().items) == (is_stored and kind.job)
            assert world.here.objects.reconcile() == world.reconcile_later() == 0
            kept.add(is_stored)
            if receipt:
                assert receipt.answer
                continue
            world.assert_empty()
            world.store_one()  # the request is repeated
        assert moment == kind.adding
        assert kept == {False, True}, "the last step counts"

    def test_while_deleting(self, kind: Kind, new_world: Callable[[], World[Any]]) -> None:
        assert (
            self.all_moments(new_world, lambda process, id: process.service.delete(caller_of(ADA), id)) == kind.deleting
        )

    def test_while_all_objects_of_a_user_are_removed(self, kind: Kind, new_world: Callable[[], World[Any]]) -> None:
        assert self.all_moments(new_world, lambda process, id: process.objects.delete_for_user("ada")) == kind.deleting

    def test_while_reconciling(self, kind: Kind, new_world: Callable[[], World[Any]]) -> None:
        def reconcile(process: Process, id: str) -> None:
            process.records.update(id, lambda stored: stored.deleting(stored.created_at - HEARTBEAT_TIMEOUT))
            process.objects.reconcile()

        assert self.all_moments(new_world, reconcile) == kind.deleting + 2

    def all_moments(self, new_world: Callable[[], World[Any]], act: Callable[[Process, str], object]) -> int:
        """Return the number of moments of ``act``, and assert that a death in each leaves the object whole or gone."""
        for moment in count():
            world = new_world()
            stored = world.store_one()
            try:
                act(world.mortal(moment), stored.id)
            except Killed:
                world.reconcile_later()
            else:
                break
            assert world.is_reconciled() == (moment == 0), "before the first step only"
            assert world.reconcile_later() == 0
        assert not world.is_reconciled()
        return moment


class TestFailures:
    """The store, the bucket or the rows do not answer at a moment. The process goes on."""

    @at_each_moment(lambda kind: range(kind.adding))
    def test_while_adding(self, world: World[Any], kind: Kind, moment: int) -> None:
        with pytest.raises(Unavailable):
            world.store_one(world.failing(moment))
        if moment == 1:  # begun, which the process does not know
            assert world.reconcile_later() == 1
        if moment == kind.adding - 1:  # finished, which it does not know: the object and its answer stay
            assert world.is_reconciled()
            with pytest.raises(Repeated):
                world.store_one()
            return
        world.assert_empty()
        world.store_one()

    @at_each_moment(lambda kind: range(kind.adding))
    @pytest.mark.parametrize("later", range(1, 9))
    def test_while_adding_and_while_discarding(self, world: World[Any], moment: int, later: int) -> None:
        with pytest.raises(Unavailable):
            world.store_one(world.failing(moment, moment + later))
        world.reconcile_later()
        receipt = world.receipts.get("key")
        assert (receipt is not None and receipt.answer is not None) == world.is_reconciled()
        assert world.reconcile_later() == 0

    @at_each_moment(lambda kind: range(kind.deleting))
    def test_while_deleting(self, world: World[Any], moment: int) -> None:
        """Only an outage during the first step is an error for the caller. The rest is left to reconciliation."""
        stored = world.store_one()
        process = world.failing(moment)
        if moment < 2:
            with pytest.raises(Unavailable):
                process.service.delete(caller_of(ADA), stored.id)
        else:
            process.service.delete(caller_of(ADA), stored.id)
        if moment == 0:
            assert world.show(ADA, stored.id) == stored
            world.reconcile_later()
            assert world.is_reconciled()
            return
        with pytest.raises(NotFound):
            world.show(ADA, stored.id)
        world.reconcile_later()
        assert not world.is_reconciled()
        assert world.reconcile_later() == 0

    def test_an_object_that_cannot_be_reconciled_does_not_delay_others(self, world: World[Any]) -> None:
        for _ in range(3):
            with pytest.raises(Killed):
                world.store_one(world.mortal(3), key=None)
        world.watch.forward(HEARTBEAT_TIMEOUT)
        assert world.failing(2).objects.reconcile() == 2
        assert len(world.all_records()) == 1
        assert world.here.objects.reconcile() == 0
        assert world.reconcile_later() == 1
        world.assert_empty()


class TestSlow:
    @at_each_moment(lambda kind: range(1, kind.adding - 1))
    def test_a_request_reconciled_at_any_moment_is_undone(self, world: World[Any], moment: int) -> None:
        with pytest.raises(Unavailable, match="too long"):
            world.store_one(world.at(moment, world.reconcile_later))
        world.assert_empty()

    @at_each_moment(lambda kind: range(1, kind.adding - 1))
    def test_a_reconciled_request_leaves_the_object_of_its_repetition_alone(
        self, world: World[Any], moment: int
    ) -> None:
        """The repeated request has the key of the first one, which cleans up only afterwards."""
        second: list[Any] = []

        def again() -> None:
            world.reconcile_later()
            second.append(world.store_one())

        with pytest.raises(Unavailable):
            world.store_one(world.at(moment, again))
        assert world.all_records() == second
        assert world.is_reconciled()
        with pytest.raises(Repeated):
            world.store_one()

    def test_a_request_that_renews_its_ticket_meanwhile_is_not_reconciled(self, kind: Kind, world: World[Any]) -> None:
        with pytest.raises(Killed):
            world.store_one(world.mortal(kind.adding - 2))
        [listed] = world.all_records()
        world.watch.forward(HEARTBEAT_TIMEOUT)

        def go_on() -> None:
            world.records.update(listed.id, lambda stored: replace(stored, reconcile_since=world.watch()))

        assert world.at(0, go_on).objects.reconcile() == 0
        assert world.all_records() == [world.records.get(listed.id)]
        assert world.objects() == {listed.key}

    def test_a_process_whose_clock_is_a_minute_ahead_reconciles_no_request_that_still_runs(
        self, world: World[Any]
    ) -> None:
        ahead = replace(world.here.objects, clock=lambda: world.watch() + HEARTBEAT + CLOCK_SKEW)
        world.store_one(world.at(1, lambda: ahead.reconcile() == 0 or pytest.fail("it has ended the request")))
        assert world.is_reconciled()

    def test_one_of_many_simultaneous_reconciliations_acts(self, kind: Kind, world: World[Any]) -> None:
        with pytest.raises(Killed):
            world.store_one(world.mortal(kind.adding - 2))
        world.watch.forward(HEARTBEAT_TIMEOUT)
        outcomes = at_once(lambda objects: objects.reconcile(), [world.here.objects] * 8)
        assert sorted(map(str, outcomes)) == ["0"] * 7 + ["1"]
        world.assert_empty()


class TestOwners:
    def test_only_the_owner_and_admins_see_an_object(self, world: World[Any]) -> None:
        stored, service = world.store_one(), world.here.service
        for caller in (ADA, ROOT):
            assert world.show(caller, stored.id) == stored
            record, read = service.read(caller, stored.id)
            assert (record, b"".join(read(0))) == (stored, world.content)
            assert world.list(caller).items == [stored]
        for act in (service.show, service.read):
            with pytest.raises(NotFound):
                act(EVE, stored.id)
        with pytest.raises(NotFound):
            service.delete(caller_of(EVE), stored.id)
        assert world.list(EVE).items == []
        assert world.is_reconciled()

    def test_pending_and_deleted_objects_are_not_shown(self, kind: Kind, world: World[Any]) -> None:
        def look() -> None:
            [record] = world.all_records()
            assert world.list(ADA).items == []
            for caller in (ADA, ROOT):
                with pytest.raises(NotFound):
                    world.show(caller, record.id)

        for moment in range(1, kind.adding - 1):
            stored = world.store_one(world.at(moment, look))
            world.at(kind.deleting - 2, look).service.delete(caller_of(ADA), stored.id)
            world.receipts.remove("key")

    def test_deleting_an_object_cancels_its_job(self, kind: Kind, world: World[Any]) -> None:
        stored = world.store_one()
        world.here.service.delete(caller_of(ROOT), stored.id)
        assert [job.status for job in world.jobs.all().items] == [JobStatus.CANCELLED] * kind.job
        assert not world.is_reconciled()
        with pytest.raises(NotFound):
            world.here.service.delete(caller_of(ADA), stored.id)

    def test_a_deletion_of_an_object_that_changes_meanwhile_leaves_its_job_alone(
        self, kind: Kind, world: World[Any]
    ) -> None:
        stored = world.store_one()
        change = partial(world.records.update, stored.id, lambda record: replace(record, size=record.size + 1))
        revision = world.records.get(stored.id).revision
        with pytest.raises(Stale):
            world.at(0, change).objects.delete(caller_of(ADA), stored.id, {revision})
        assert [job.status for job in world.jobs.all().items] == [JobStatus.QUEUED] * kind.job

    @pytest.mark.parametrize("job", ["ended", "gone"])
    def test_an_object_whose_job_has_ended_or_expired_can_be_deleted(self, world: World[Any], job: str) -> None:
        stored = world.store_one()
        if stored.job_id and job == "gone":
            world.jobs.remove(stored.job_id)
        elif stored.job_id:
            world.jobs.update(stored.job_id, lambda job: job.started("t", world.watch()))
            world.jobs.update(stored.job_id, lambda job: job.succeeded("t", {}, world.watch()))
        world.here.service.delete(caller_of(ADA), stored.id)
        assert (world.all_records(), world.objects()) == ([], set())

    def test_simultaneous_deletions_leave_nothing(self, world: World[Any]) -> None:
        stored = world.store_one()
        outcomes = at_once(lambda service: service.delete(caller_of(ADA), stored.id), [world.here.service] * 8)
        assert all(outcome is None or isinstance(outcome, NotFound) for outcome in outcomes), outcomes
        assert (world.all_records(), world.objects()) == ([], set())
        assert world.reconcile_later() == 0

    def test_objects_in_any_state_are_removed_with_their_owner(self, world: World[Any]) -> None:
        for number in range(105):  # more than a page
            world.records.begin(world.pending(f"{number:03}"), None)
        world.store_one(key=None)
        kept = world.store_one(owner=EVE, key=None)
        for _ in range(2):
            world.here.objects.delete_for_user("ada")
            assert (world.all_records(), world.objects()) == ([kept], {kept.key})

    def test_objects_that_take_long_to_remove_are_left_to_the_next_reconciliation(self, world: World[Any]) -> None:
        for _ in range(4):
            world.store_one(key=None)

        def erase_slowly(item: Any) -> None:
            world.here.objects.erase(item)
            world.watch.forward(6)

        slow = replace(world.here.objects, erase=erase_slowly)
        with pytest.raises(Unavailable):
            slow.delete_for_user("ada")
        assert len(world.all_records()) == 2
        slow.delete_for_user("ada")
        assert (world.all_records(), world.objects()) == ([], set())

    def test_objects_are_listed_in_pages(self, world: World[Any]) -> None:
        stored = []
        for _ in range(3):
            world.watch.forward(1)
            stored.append(world.store_one(key=None))
        first = world.list(ADA, None, 2)
        last = world.list(ADA, first.next, 2)
        assert [*first.items, *last.items] == stored[::-1]
        assert last.next is None
