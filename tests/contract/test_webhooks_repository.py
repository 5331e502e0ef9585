"""Webhooks and their deliveries, on every store."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from src.domain.errors import InvalidCursor, NotFound, Stale
from src.domain.events import SYSTEM, Event, EventType
from src.domain.old_secrets import OLD_SECRET
from src.domain.sessions import NO_CLIENT
from src.domain.values import pages
from src.domain.webhooks import Delivery, DeliveryStatus, Webhook
from src.infrastructure.repositories.events import Events
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.webhooks import Deliveries, Webhooks
from src.infrastructure.stores.driver import Insert
from src.infrastructure.stores.portable import Store
from tests.contract.documents import NOON
from tests.support.races import at_once

DAYS = Recorder(90)
SECOND = timedelta(seconds=1)
FULL = Webhook(
    id="full",
    url="https://example.com/å",
    events=("login-succeeded", "user-deleted"),
    created_at=NOON,
    updated_at=NOON + SECOND,
    secret="sealed",
    description="😀",
    enabled=False,
    old_secrets={"key.older": NOON + 2 * SECOND, "key.old": NOON + 6 * SECOND},
    last_success_at=NOON + 3 * SECOND,
    last_failure_at=NOON + 4 * SECOND,
    failing_since=NOON + 5 * SECOND,
    failures=2**40,
)


def made(id: str, second: int = 0) -> Webhook:
    return Webhook(id, "https://example.com", ("*",), NOON + second * SECOND, NOON, "sealed")


def changed() -> Event:
    return NO_CLIENT.event(EventType.WEBHOOK_CHANGED, None, SYSTEM, NOON)


def event(second: int) -> Event:
    return NO_CLIENT.event(EventType.LOGIN_SUCCEEDED, "ada", SYSTEM, NOON + second * SECOND)


@pytest.fixture
def webhooks(store: Store) -> Webhooks:
    return Webhooks(store, DAYS)


@pytest.fixture
def deliveries(store: Store) -> Deliveries:
    return Deliveries(store, DAYS)


def test_webhooks_are_read_as_they_were_stored_and_listed_by_age(webhooks: Webhooks) -> None:
    for each in (made("late", 9), FULL, made("early", -9)):
        webhooks.add(each, changed(), 20)
    found = webhooks.all()
    assert [each.id for each in found] == ["early", "full", "late"]
    assert replace(found[1], revision="") == FULL


def test_of_simultaneous_webhooks_no_more_are_stored_than_allowed(webhooks: Webhooks) -> None:
    def add(number: int) -> Webhook | None:
        return webhooks.add(made(f"webhook {number}"), changed(), 3)

    stored = [each for each in at_once(add, range(8)) if isinstance(each, Webhook)]
    assert len(stored) == len(webhooks.all()) <= 3
    webhooks.delete(stored[0].id, changed())
    assert len(webhooks.all()) == len(stored) - 1


def test_every_secret_signs_after_simultaneous_rotations(webhooks: Webhooks) -> None:
    webhooks.add(made("webhook"), changed(), 20)
    secrets = [f"key.{number}" for number in range(8)]

    def rotate(secret: str) -> Webhook:
        return webhooks.update("webhook", lambda stored: stored.with_secret(secret, NOON))

    at_once(rotate, secrets)
    stored = webhooks.get("webhook")
    assert stored
    assert {*stored.secrets(NOON)} == {"sealed", *secrets}
    assert stored.secrets(NOON + OLD_SECRET) == [stored.secret]


def test_a_replaced_secret_that_an_earlier_version_has_stored_signs(store: Store, webhooks: Webhooks) -> None:
    written = webhooks.write(made("webhook"))
    assert isinstance(written, Insert)
    fields = {"old_secret": "older", "old_secret_until": NOON + SECOND, "old_secrets": None}
    store.commit(Insert(written.key, {**written.fields, **fields}))
    rotated = webhooks.update("webhook", lambda stored: stored.with_secret("newer", NOON))
    assert [rotated.secrets(at)[1:] for at in (NOON, NOON + SECOND)] == [["older", "sealed"], ["sealed"]]
    assert webhooks.get("webhook") == rotated


def test_a_webhook_is_removed_only_at_the_given_configuration_revisions(webhooks: Webhooks) -> None:
    stored = [webhooks.add(made(f"webhook {number}"), changed(), 20) for number in range(2)]
    assert stored[0]
    webhooks.update("webhook 0", lambda webhook: replace(webhook, enabled=False))
    first = webhooks.update("webhook 0", lambda webhook: webhook.after(204, NOON))
    for revisions in ([], [stored[0].configuration_revision], [first.revision]):
        with pytest.raises(Stale):
            webhooks.delete(first.id, changed(), revisions)
    delivered = webhooks.update("webhook 0", lambda webhook: webhook.after(500, NOON))
    assert delivered.revision != first.revision
    webhooks.delete(first.id, changed(), ["another", first.configuration_revision])
    with pytest.raises(NotFound):
        webhooks.delete(first.id, changed())
    assert webhooks.all() == stored[1:]


def test_webhooks_are_listed_in_pages_the_newest_first(webhooks: Webhooks) -> None:
    for number in range(7):
        webhooks.add(made(f"{number}", number // 2), changed(), 20)
    assert [each.id for each in webhooks.list().items] == ["6", "5", "4", "3", "2", "1", "0"]
    for limit in (1, 3, 7):
        found = list(pages(partial(webhooks.list, limit=limit)))
        assert [each.id for page in found for each in page] == ["6", "5", "4", "3", "2", "1", "0"]
        assert all(len(page) <= limit for page in found)
    with pytest.raises(InvalidCursor):
        webhooks.list("no cursor")


def test_an_event_is_handed_out_once_with_all_its_deliveries(store: Store, deliveries: Deliveries) -> None:
    events = Events(store, DAYS)
    for second in (1, 3, 2, -5):
        events.add(event(second))
    due = deliveries.due_events(NOON)
    assert [(each.at - NOON).seconds for each in due] == [1, 2, 3]
    targets = [made("a"), made("b")]

    def add_for_event(_: int) -> bool:
        return deliveries.add_for_event(due[0], [Delivery.new(each, due[0].id, due[0].type, NOON) for each in targets])

    assert at_once(add_for_event, range(10)).count(True) == 1
    assert [(each.at - NOON).seconds for each in deliveries.due_events(NOON)] == [2, 3]
    for target in targets:
        assert [each.event_id for each in deliveries.due(target.id, NOON)] == [due[0].id]
    stored = events.get(due[0].id)
    assert stored
    assert replace(stored, revision="") == replace(due[0], revision="")


def test_one_of_simultaneous_attempts_begins(deliveries: Deliveries) -> None:
    delivery = Delivery.ping(made("a"), NOON)
    deliveries.add(delivery)

    def start(_: int) -> Delivery:
        return deliveries.update(delivery.id, lambda stored: stored.started(NOON))

    outcomes = at_once(start, range(10))
    assert [outcome.attempts for outcome in outcomes if isinstance(outcome, Delivery)] == [1]
    assert sum(isinstance(outcome, NotFound) for outcome in outcomes) == 9
    assert deliveries.due("a", NOON) == []
    later = NOON + 31 * SECOND
    [left] = deliveries.due("a", later)
    ended = deliveries.update(left.id, lambda stored: stored.started(later).after(204, later, 1.0))
    assert (ended.status, ended.next_attempt_at, ended.response_status) == (DeliveryStatus.SUCCEEDED, None, 204)
    assert deliveries.due("a", later + timedelta(days=9)) == []
    assert [each.id for each in deliveries.list_for_webhook("a").items] == [delivery.id]
    deliveries.delete_for_webhook("a")
    assert deliveries.list_for_webhook("a").items == []
