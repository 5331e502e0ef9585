"""The behaviour that repositories of single-document entities share, over every store."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from src.domain.csv import Column, ColumnType, ReadOptions, Report, Sample, Schema, Validation
from src.domain.datasets import Dataset, DatasetStatus
from src.domain.dogs import Dog, PictureStatus
from src.domain.errors import InvalidCursor, NotFound, Stale
from src.domain.events import SYSTEM, Actor, ActorKind, Event, EventType
from src.domain.files import File
from src.domain.invitations import Invitation
from src.domain.jobs import Job, JobStatus
from src.domain.keys import Key
from src.domain.receipts import Receipt
from src.domain.service_accounts import ServiceAccount
from src.domain.sessions import Client, Session
from src.domain.stored_objects import ObjectState
from src.domain.tasks import MAX_DESCRIPTION, Task
from src.domain.values import Email, Page, Role, Scope, new_id, pages
from src.domain.webhooks import Delivery, DeliveryStatus, Webhook
from src.infrastructure.repositories import entities
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.documents import Documents, Receipts
from src.infrastructure.repositories.dogs import Dogs
from src.infrastructure.repositories.events import Events
from src.infrastructure.repositories.files import Files
from src.infrastructure.repositories.invitations import Invitations
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.keys import Keys
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.service_accounts import ServiceAccounts
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.repositories.tasks import Tasks
from src.infrastructure.repositories.webhooks import Deliveries, Webhooks
from src.infrastructure.stores.driver import Write
from src.infrastructure.stores.portable import Store
from tests.contract.conftest import set_limits
from tests.contract.test_sessions_repository import add_session
from tests.support.races import at_once

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG = "Ångström 😀 中文 ‏עברית\n" * 400
JSON = {"a": [None, True, 1.5, "😀", {"b.c": [[], {}]}], "": 2**53, "long": LONG}


@dataclass(frozen=True)
class Kind:
    """A kind of entity: its repository, two examples that differ in every field, and a change to apply."""

    repository: Callable[[Store], Any]
    add: Callable[[Any, Any], Any]
    bare: Any
    """An entity with as few values as possible."""
    full: Any
    """An entity in which no field has its default value."""
    counted: Callable[[Any], Any]
    """Return the entity with its counter increased by one."""
    count: Callable[[Any], int]
    nth: Callable[[Any, int], Any] = lambda entity, at: replace(entity, created_at=NOON + at // 2 * SECOND)
    """Return the entity number ``at``: lists have the higher numbers first."""
    listed: Callable[..., Page[Any]] = lambda repository, **page: repository.list_for_user("ada", **page)


def a_job(id: str) -> Job:
    return Job.new(kind="test", subject_id="subject", user_id="ada", now=NOON, id=id)


SESSION = Kind(
    Sessions,
    add_session,
    Session("id", "ada", 0, NOON, NOON, NOON + timedelta(days=30), NOON + timedelta(days=90), Client()),
    Session(
        id="full",
        user_id="eve",
        epoch=2**40,
        created_at=NOON.replace(microsecond=0),
        last_used_at=NOON.replace(microsecond=1),
        expires_at=NOON.replace(microsecond=2),
        ends_at=NOON.replace(microsecond=3),
        client=Client("Mozilla/5.0 😀", "2001:db8::1"),
        generation=2**41,
        current_hash="c" * 64,
        spent_hash="s" * 64,
        spent_at=NOON.replace(microsecond=4),
        signed_in_at=NOON.replace(microsecond=5),
        second_factor="phone",
        methods=("pwd", "otp", "mfa"),
        stepped_up_at=NOON.replace(microsecond=6),
    ),
    lambda session: replace(session, generation=session.generation + 1),
    lambda session: session.generation,
)
TASK = Kind(
    Tasks,
    lambda tasks, task: tasks.add(task),
    Task("id", "ada", NOON, NOON, "0"),
    Task("full", "eve", NOON.replace(microsecond=1), NOON.replace(microsecond=0), "Ελληνικά 😀", LONG, True),
    lambda task: replace(task, title=f"{int(task.title) + 1}"),
    lambda task: int(task.title),
)
DOG = Kind(
    Dogs,
    lambda dogs, dog: dogs.add(dog, a_job(dog.job_id)),
    Dog("id", "ada", "Rex", NOON, "job"),
    Dog(
        id="full",
        user_id="eve",
        name="Žofka 犬 😀",
        created_at=NOON.replace(microsecond=1),
        job_id="another",
        is_adopted=True,
        picture="https://images.dog.ceo/x.jpg",
        picture_status=PictureStatus.FAILED,
    ),
    lambda dog: replace(dog, picture=f"{int(dog.picture or 0) + 1}"),
    lambda dog: int(dog.picture),
    lambda dog, at: replace(dog, name=f"Dog {99 - at}", job_id=f"job {at}"),
    lambda dogs, **page: dogs.find(user_id="ada", **page),
)
FILE = Kind(
    Files,
    lambda files, file: files.begin(file, None)[0],
    File("id", "ada", NOON, "x.txt", "text/plain", job_id="job"),
    File(
        id="full",
        user_id="eve",
        filename="Отчёт 😀.pdf",
        content_type='application/pdf; name="x"',
        created_at=NOON.replace(microsecond=1),
        job_id="another",
        receipt_id="receipt",
        size=2**45,
        sha256="a" * 64,
        state=ObjectState.DELETING,
        reconcile_since=NOON.replace(microsecond=0),
    ),
    lambda file: replace(file, size=file.size + 1),
    lambda file: int(file.size),
    lambda file, at: replace(file, state=ObjectState.STORED, created_at=NOON + at // 2 * SECOND),
)
JOB = Kind(
    Jobs,
    lambda jobs, job: jobs.with_revision(job, jobs._store.commit(jobs.write(job))),
    a_job("id"),
    Job(
        id="full",
        user_id="eve",
        kind="another",
        subject_id="another",
        created_at=NOON.replace(microsecond=1),
        updated_at=NOON.replace(microsecond=2),
        run_at=NOON.replace(microsecond=3),
        due_at=NOON.replace(microsecond=4),
        status=JobStatus.RUNNING,
        progress=0.1 + 0.2,
        attempts=3,
        error=LONG,
        result=JSON,
        ticket="ticket",
        expires_at=NOON.replace(microsecond=0),
        trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    lambda job: replace(job, attempts=job.attempts + 1),
    lambda job: int(job.attempts),
)
RECEIPT = Kind(
    Receipts,
    lambda receipts, receipt: receipts.with_revision(receipt, receipts.commit(receipt)),
    Receipt("id", "ada", NOON),
    Receipt("full", "eve", NOON.replace(microsecond=1), "f" * 64, JSON),
    lambda receipt: replace(receipt, answer={"count": (receipt.answer or {"count": 0})["count"] + 1}),
    lambda receipt: int(receipt.answer["count"]),
    lambda receipt, at: receipt,
)
COLUMNS = (Column("日付 😀", ColumnType.DATE, True, True, "2000-01-01", "2030-01-02", r"[\d-]+", ("2024-02-29",)),)
DATASET = Kind(
    Datasets,
    lambda datasets, dataset: datasets.with_revision(
        dataset, datasets._store.commit(datasets.write(dataset), *datasets._related_writes(None, dataset))
    ),
    Dataset("id", "ada", NOON, ("rows",)),
    Dataset(
        id="full",
        user_id="eve",
        created_at=NOON.replace(microsecond=1),
        row_sets=("first", "second"),
        name="Καταγραφή 😀",
        filename="таблица.csv",
        size=2**45,
        sha256="a" * 64,
        read_options=ReadOptions(Schema(COLUMNS, "es", closed=True), ";", "utf-16-be"),
        status=DatasetStatus.FINDINGS,
        report=Report(";", "utf-8", 9, 8, COLUMNS, (), (Validation("type", "日付 😀", 1, (Sample(2, LONG),)),)),
        job_id="job",
        receipt_id="receipt",
        state=ObjectState.DELETING,
        reconcile_since=NOON.replace(microsecond=0),
    ),
    lambda dataset: replace(dataset, size=dataset.size + 1),
    lambda dataset: int(dataset.size),
    lambda dataset, at: replace(dataset, state=ObjectState.STORED, created_at=NOON + at // 2 * SECOND),
)
INVITATION = Kind(
    Invitations,
    lambda invitations, invitation: invitations.add(invitation),
    Invitation("id", Email("ada@example.com"), Role.USER, None, NOON, NOON, NOON, "ada"),
    Invitation(
        id="full",
        email=Email("Eve@example.com"),
        role=Role.UPLOADER,
        made_by="root",
        created_at=NOON.replace(microsecond=1),
        valid_until=NOON.replace(microsecond=2),
        expires_at=NOON.replace(microsecond=3),
        user_id="eve",
    ),
    lambda invitation: replace(invitation, made_by=f"{int(invitation.made_by or 0) + 1}"),
    lambda invitation: int(invitation.made_by),
)
EVENT = Kind(
    lambda store: Events(store, Recorder(90)),
    lambda events, event: events.add(event) or events.get(event.id),
    Event("0" * 32, EventType.ADDRESS_CHANGED, NOON, "ada", SYSTEM),
    Event(
        id="f" * 32,
        type=EventType.LOGIN_SUCCEEDED,
        at=NOON.replace(microsecond=1),
        user_id="eve",
        actor=Actor(ActorKind.ADMIN, "root"),
        session_id="session",
        ip="2001:db8::1",
        user_agent="Mozilla/5.0 😀",
        request_id="request",
        data=JSON,
    ),
    counted=lambda event: event,
    count=lambda event: 0,
    nth=lambda event, at: replace(event, id=f"{at:032x}", at=NOON + at // 2 * SECOND),
    listed=lambda events, **page: events.find(user_id="ada", **page),
)
WEBHOOK = Kind(
    lambda store: Webhooks(store, Recorder()),
    lambda webhooks, webhook: webhooks.add(webhook, EVENT.bare, 20),
    Webhook("id", "https://example.com/", ("*",), NOON, NOON, "sealed"),
    Webhook(
        id="full",
        url="https://example.com/å?x=😀",
        events=("login-succeeded", "user-deleted"),
        created_at=NOON.replace(microsecond=1),
        updated_at=NOON.replace(microsecond=2),
        secret="another",
        description=LONG,
        enabled=False,
        old_secrets={"key.older": NOON.replace(microsecond=3), "key.old": NOON},
        last_success_at=NOON.replace(microsecond=4),
        last_failure_at=NOON.replace(microsecond=5),
        failing_since=NOON.replace(microsecond=6),
        failures=2**40,
    ),
    lambda webhook: replace(webhook, failures=webhook.failures + 1),
    lambda webhook: int(webhook.failures),
)
DELIVERY = Kind(
    lambda store: Deliveries(store, Recorder()),
    lambda deliveries, delivery: deliveries.add(delivery) or deliveries.get(delivery.id),
    Delivery("id", "webhook", "event", "ping", NOON, NOON, None),
    Delivery(
        id="full",
        webhook_id="another",
        event_id="another",
        type="login-succeeded",
        created_at=NOON.replace(microsecond=1),
        expires_at=NOON.replace(microsecond=2),
        next_attempt_at=NOON.replace(microsecond=3),
        status=DeliveryStatus.FAILED,
        attempts=9,
        response_status=503,
    ),
    lambda delivery: replace(delivery, attempts=delivery.attempts + 1),
    lambda delivery: int(delivery.attempts),
    listed=lambda deliveries, **page: deliveries.list_for_webhook("webhook", **page),
)
KEY = Kind(
    Keys,
    lambda keys, key: keys.with_revision(key, keys._store.commit(keys.write(key))),
    Key("id", "ada", "0", Scope.READ, "hash", "ptk_000000", NOON, None),
    Key(
        id="full",
        user_id="eve",
        name="Informe 😀",
        scope=Scope.WRITE,
        hash="a" * 64,
        prefix="ptk_4fTq9x",
        created_at=NOON.replace(microsecond=1),
        valid_until=NOON.replace(microsecond=2),
        last_used_at=NOON.replace(microsecond=3),
    ),
    lambda key: replace(key, name=f"{int(key.name) + 1}"),
    lambda key: int(key.name),
)
SERVICE_ACCOUNT = Kind(
    ServiceAccounts,
    lambda accounts, account: accounts.add(account),
    ServiceAccount("id", "0", Role.USER, "hash", NOON),
    ServiceAccount(
        id="full",
        name="Facturación 😀",
        role=Role.UPLOADER,
        secret_hash="a" * 64,
        created_at=NOON.replace(microsecond=1),
        old_secrets={"b" * 64: NOON.replace(microsecond=2), "c" * 64: NOON},
    ),
    lambda account: replace(account, name=f"{int(account.name) + 1}"),
    lambda account: int(account.name),
)
KINDS = {
    "session": SESSION,
    "task": TASK,
    "dog": DOG,
    "file": FILE,
    "job": JOB,
    "receipt": RECEIPT,
    "dataset": DATASET,
    "invitation": INVITATION,
    "webhook": WEBHOOK,
    "delivery": DELIVERY,
    "key": KEY,
    "service account": SERVICE_ACCOUNT,
}
STORED = KINDS | {"event": EVENT}
"""The kinds of entities, including those that never change."""
REMOVED_OF_A_USER = {name: KINDS[name] for name in ("session", "task", "dog", "receipt", "invitation")}
LISTED = {name: kind for name, kind in STORED.items() if name not in ("receipt", "webhook", "service account")}


def of_each(kinds: dict[str, Kind]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds.values(), ids=kinds)


@pytest.fixture
def repository(store: Store, kind: Kind) -> Any:
    return kind.repository(store)


@of_each(STORED)
class TestRoundTrip:
    def test_every_field_is_read_as_written(self, kind: Kind, repository: Any) -> None:
        same = {field.name for field in fields(kind.full) if getattr(kind.full, field.name) == field.default}
        same |= {name for name in type(kind.full).__slots__ if getattr(kind.full, name) == getattr(kind.bare, name)}
        assert same == {"revision"}, "nothing else may be left to a default"
        for entity in (kind.full, kind.bare):
            stored = kind.add(repository, entity)
            assert stored.revision
            assert stored == replace(entity, revision=stored.revision)
            assert repository.get(entity.id) == stored

    def test_get_several_keeps_the_order_and_returns_none_for_absent_ones(self, kind: Kind, repository: Any) -> None:
        bare, full = kind.add(repository, kind.bare), kind.add(repository, kind.full)
        assert repository.get_many(full.id, "absent", bare.id, full.id, "..", "a/b") == [
            full,
            None,
            bare,
            full,
            None,
            None,
        ]
        assert repository.get_many() == []
        assert repository.get("absent") is None


@pytest.mark.parametrize("result", [None, 0, -1.5, False, "", "null", [], {}, [[None]], {"": {"a.b": [1, "😀"]}}, LONG])
def test_a_result_can_be_any_json_value(store: Store, result: Any) -> None:
    stored = JOB.add(Jobs(store), replace(JOB.bare, result=result))
    found = Jobs(store).get(stored.id)
    assert found
    assert found == stored
    assert type(found.result) is type(result)


@pytest.mark.parametrize("progress", [0.0, 1.0, 1 / 3, 1e-9, 1 - 2**-53])
def test_progress_is_stored_exactly(store: Store, progress: float) -> None:
    JOB.add(Jobs(store), replace(JOB.bare, progress=progress))
    found = Jobs(store).get("id")
    assert found
    assert repr(found.progress) == repr(progress)


def test_a_task_of_maximum_length_is_stored(store: Store) -> None:
    task = Tasks(store).add(replace(TASK.bare, title="😀" * 200, description="中" * MAX_DESCRIPTION))
    assert Tasks(store).get(task.id) == task


@of_each(KINDS)
class TestUpdate:
    def test_every_field_can_change_and_change_back(self, kind: Kind, repository: Any) -> None:
        stored = kind.add(repository, kind.bare)
        for entity in (kind.full, kind.bare, kind.full):
            wanted = replace(entity, id=stored.id)
            changed = repository.update(stored.id, lambda old, new=wanted: replace(new, revision=old.revision))
            assert changed == replace(wanted, revision=changed.revision)
            assert changed.revision != stored.revision
            assert repository.get(stored.id) == changed
            stored = changed

    def test_an_absent_entity_is_not_found(self, kind: Kind, repository: Any) -> None:
        for id in ("absent", "..", ""):
            with pytest.raises(NotFound):
                repository.update(id, kind.counted)

    def test_a_change_applies_only_at_the_given_revisions(self, kind: Kind, repository: Any) -> None:
        first = kind.add(repository, kind.bare)
        second = repository.update(first.id, kind.counted, revisions=["another", first.revision])
        refused: list[list[str]] = [[first.revision], [], ["another"]]
        for revisions in refused:
            with pytest.raises(Stale):
                repository.update(first.id, kind.counted, revisions=revisions)
        assert repository.get(first.id) == second
        assert kind.count(second) == 1

    def test_a_change_that_meets_another_one_is_made_on_top_of_it(self, kind: Kind, repository: Any) -> None:
        stored = kind.add(repository, kind.bare)
        seen: list[str] = []

        def change(entity: Any) -> Any:
            seen.append(entity.revision)
            if len(seen) == 1:
                repository.update(stored.id, kind.counted)
            return kind.counted(entity)

        assert kind.count(repository.update(stored.id, change)) == 2
        assert len(set(seen)) == 2

    def test_a_change_that_meets_another_one_is_stale_when_a_revision_was_demanded(
        self, kind: Kind, repository: Any
    ) -> None:
        stored = kind.add(repository, kind.bare)

        def change(entity: Any) -> Any:
            if entity == stored:
                repository.update(stored.id, kind.counted)
            return kind.counted(entity)

        with pytest.raises(Stale):
            repository.update(stored.id, change, revisions=[stored.revision])
        assert kind.count(repository.get(stored.id)) == 1

    def test_an_entity_removed_during_an_update_does_not_come_back(self, kind: Kind, repository: Any) -> None:
        stored = kind.add(repository, kind.bare)

        def change(entity: Any) -> Any:
            Documents.remove(repository, entity.id)
            return kind.counted(entity)

        with pytest.raises(NotFound):
            repository.update(stored.id, change)
        assert repository.get(stored.id) is None

    def test_an_error_of_the_change_is_raised_and_nothing_is_written(self, kind: Kind, repository: Any) -> None:
        stored = kind.add(repository, kind.bare)

        def refuse(entity: Any) -> Any:
            raise InvalidCursor

        with pytest.raises(InvalidCursor):
            repository.update(stored.id, refuse)
        assert repository.get(stored.id) == stored

    def test_a_change_without_effect_writes_nothing(
        self, kind: Kind, repository: Any, commits: list[list[Write]]
    ) -> None:
        stored = kind.add(repository, kind.bare)
        commits.clear()
        assert repository.update(stored.id, lambda entity: replace(entity)) == stored
        assert commits == []

    def test_simultaneous_changes_all_count(self, kind: Kind, repository: Any) -> None:
        stored = kind.add(repository, kind.bare)
        outcomes = at_once(lambda _: repository.update(stored.id, kind.counted), range(12))
        revisions = {outcome.revision for outcome in outcomes if not isinstance(outcome, Exception)}
        assert len(revisions) == 12, outcomes
        assert kind.count(repository.get(stored.id)) == 12


@of_each(KINDS)
def test_removing_twice_is_no_error(kind: Kind, repository: Any) -> None:
    stored, other = kind.add(repository, kind.bare), kind.add(repository, kind.full)
    for _ in range(2):
        repository.remove(stored if kind in (FILE, DATASET) else stored.id)
        assert repository.get(stored.id) is None
    assert repository.get(other.id) == other


@of_each(REMOVED_OF_A_USER)
def test_every_entity_of_a_user_is_deleted(
    kind: Kind, repository: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_limits(store, monkeypatch, commit_writes=3)
    stored = [kind.add(repository, kind.nth(replace(kind.bare, id=f"id{at}"), at)) for at in range(8)]
    kept = kind.add(repository, kind.full)
    for _ in range(2):
        repository.delete_for_user("ada")
        assert repository.get_many(*(entity.id for entity in stored)) == [None] * 8
    repository.delete_for_user("nobody")
    assert repository.get(kept.id) == kept


@of_each(LISTED)
def test_the_entities_of_an_owner_are_listed_in_pages(kind: Kind, repository: Any) -> None:
    stored = [kind.add(repository, kind.nth(replace(kind.bare, id=f"id{at}"), at)) for at in range(7)]
    kind.add(repository, kind.full)
    expected = stored[::-1]
    assert kind.listed(repository).items == expected
    for limit in (1, 3, 7):

        def read(cursor: str | None, limit: int = limit) -> Page[Any]:
            return kind.listed(repository, cursor=cursor, limit=limit)

        found = list(pages(read))
        assert all(len(page) <= limit for page in found)
        assert list(chain.from_iterable(found)) == expected
    with pytest.raises(InvalidCursor):
        kind.listed(repository, cursor="no cursor")


@pytest.mark.parametrize(("character", "length"), [("x", 1), ("\N{DOG FACE}", 12), ("\x01", 6)])
def test_a_page_of_large_entities_ends_early_and_the_next_ones_have_the_rest(
    store: Store, monkeypatch: pytest.MonkeyPatch, character: str, length: int
) -> None:
    monkeypatch.setattr(entities, "READ_DOCUMENTS", 2)
    monkeypatch.setattr(entities, "PAGE_CHARACTERS", 3 * 1000)
    tasks, text = Tasks(store), character * (1000 // length)
    stored = [
        tasks.add(Task(f"{at}", "ada", NOON + at * SECOND, NOON, "large", text if at else text * 3)) for at in range(7)
    ]
    found = list(pages(lambda cursor: tasks.list_for_user("ada", cursor=cursor, limit=6)))
    assert [len(page) for page in found] == [4, 3]
    assert list(chain.from_iterable(found)) == stored[::-1]


def test_a_page_of_large_tasks_has_fifty_at_most(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entities, "PAGE_CHARACTERS", 1000)
    tasks = Tasks(store)
    for at in range(52):
        tasks.add(Task(f"{at}", "ada", NOON + at * SECOND, NOON, "large", "x" * 100))
    assert [len(page) for page in pages(lambda cursor: tasks.list_for_user("ada", cursor=cursor))] == [50, 2]


def test_tasks_are_filtered_by_completed(store: Store) -> None:
    tasks = Tasks(store)
    stored = [
        tasks.add(replace(TASK.bare, id=new_id(), created_at=NOON + at * SECOND, completed=at % 2 == 0))
        for at in range(5)
    ]
    assert tasks.list_for_user("ada", True).items == stored[::-2]
    assert tasks.list_for_user("ada", False).items == [stored[3], stored[1]]
    first = tasks.list_for_user("ada", True, limit=2)
    assert [*first.items, *tasks.list_for_user("ada", True, first.next, 2).items] == stored[::-2]


def test_all_jobs_and_due_jobs_are_listed(store: Store) -> None:
    jobs = Jobs(store)
    due = {"late": NOON - SECOND, "now": NOON, "soon": NOON + SECOND, "never": None}
    stored = {
        id: JOB.add(jobs, replace(JOB.bare, id=id, user_id=id, created_at=NOON + at * SECOND, due_at=time))
        for at, (id, time) in enumerate(due.items())
    }
    ended = jobs.update("late", lambda job: replace(job, status=JobStatus.FAILED))
    assert jobs.due(NOON).items == [ended, stored["now"]]
    assert jobs.due(NOON, limit=1).items == [ended]
    assert [job.id for job in jobs.all().items] == ["never", "soon", "now", "late"]
    assert jobs.all(JobStatus.FAILED).items == [ended]
    first = jobs.all(JobStatus.QUEUED, limit=2)
    assert [job.id for job in first.items] == ["never", "soon"]
    assert [job.id for job in jobs.all(JobStatus.QUEUED, first.next).items] == ["now"]
