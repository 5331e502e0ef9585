"""Webhooks: who manages them, what is delivered, and what happens to deliveries that fail."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from standardwebhooks import Webhook as Verifier

from src.application.caller import Caller
from src.domain.errors import Forbidden
from src.domain.old_secrets import MAX_OLD_SECRETS
from src.domain.sessions import NO_CLIENT
from src.domain.values import InvalidValue, Page, Role
from src.domain.webhooks import MAX_WEBHOOKS, WAITS, Delivery
from src.infrastructure.stores.driver import Document, Key, Query, Write
from src.infrastructure.stores.memory import MemoryStore
from src.interfaces.http.features.webhooks import DeliveryView, WebhookView
from tests.support.races import at_once
from tests.support.working import caller_of
from tests.support.world import Client, build, client_of, join, logged_in, services_of

URL = "https://example.com/hook"


@dataclass
class Sent:
    url: str
    id: str
    at: datetime
    body: dict[str, Any]
    secrets: list[bytes]


@dataclass
class Receivers:
    """Answers deliveries in place of the network. ``answers`` has the status for each URL; the default is 200."""

    answers: dict[str, int | None] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    then: Callable[[], object] = lambda: None

    def check(self, url: str) -> None:
        if not url.startswith("https://"):
            raise InvalidValue("url", "Give an https URL of a public host.")

    def send(self, url: str, id: str, at: datetime, body: str, secrets: Sequence[bytes]) -> int | None:
        self.sent.append(Sent(url, id, at, json.loads(body), list(secrets)))
        self.then()
        return self.answers.get(url, 200)


class Counted(MemoryStore):
    """A store that counts its queries, reads and commits."""

    calls = 0

    def get(self, *keys: Key) -> list[Document | None]:
        self.calls += 1
        return super().get(*keys)

    def find(self, query: Query) -> Page[Document]:
        self.calls += 1
        return super().find(query)

    def commit(self, *writes: Write) -> dict[Key, str]:
        self.calls += 1
        return super().commit(*writes)


class World:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.receivers, self.store = Receivers(), Counted()
        self.app = self.serve()
        self.client = client_of(self.app)
        self.root = join(self.client, role="admin")

    def serve(self) -> Flask:
        """Return the application of another process on the same store."""
        return build(
            self.store, clock=self.clock, webhook_sender=self.receivers, settings={"smtp_url": "smtp://localhost"}
        )

    def clock(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def add(self, url: str = URL, events: tuple[str, ...] = ("*",), **fields: Any) -> dict[str, Any]:
        body = {"url": url, "events": list(events), **fields}
        answer = self.client.post("/webhooks", json=body, headers=self.root.headers)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json
        return made

    def deliver(self, app: Flask | None = None) -> list[Sent]:
        """Hand out the events and make all due deliveries in this thread. Return what was sent."""
        before = len(self.receivers.sent)
        dispatcher = services_of(app or self.app).dispatcher
        lanes: list[Callable[[], None]] = []
        object.__setattr__(dispatcher, "run_apart", lambda name, step: lanes.append(step))
        dispatcher.run()
        for lane in lanes:
            lane()
        return self.receivers.sent[before:]

    def deliveries(self, webhook: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the deliveries of a webhook as its route shows them, even if the token of the admin has expired."""
        page = services_of(self.app).webhooks.list_deliveries(self.operator, webhook["id"], None, 100)
        return [DeliveryView.of(each).model_dump(mode="json") for each in page.items]

    def if_unchanged(self, webhook: dict[str, Any]) -> dict[str, str]:
        """Return the headers of a request of the admin that fails if the webhook is changed from now on."""
        read = self.client.get(f"/webhooks/{webhook['id']}", headers=self.root.headers)
        return self.root.headers | {"If-Match": read.headers["ETag"]}

    def show(self, webhook: dict[str, Any]) -> dict[str, Any]:
        """Return a webhook as its route shows it, even if the token of the admin has expired."""
        return WebhookView.of(services_of(self.app).webhooks.show(self.operator, webhook["id"])).model_dump(mode="json")

    @property
    def operator(self) -> Caller:
        """Return the admin as the caller of a use case, even if their token has expired."""
        user = services_of(self.app).accounts.accounts.users.get(self.root.user["id"])
        assert user
        return caller_of(user)

    def renew(self) -> None:
        """Log the admin in again."""
        self.root = logged_in(self.client, self.root)


@pytest.fixture
def world() -> World:
    return World()


def test_an_event_is_delivered_once_to_each_webhook_that_wants_it_and_is_older(world: World) -> None:
    first = world.add()
    logins = world.add("https://example.com/logins", ("login-succeeded",))
    world.add("https://example.com/off", enabled=False)
    anna = join(world.client)
    world.add("https://example.com/late")
    sent = world.deliver()
    assert [(each.url, each.body["type"]) for each in sent] == [
        (URL, "webhook-changed"),  # the event is the change of the second, the third and the last webhook
        (URL, "webhook-changed"),
        (URL, "user-registered"),
        (URL, "login-succeeded"),
        (URL, "webhook-changed"),
        ("https://example.com/logins", "login-succeeded"),
    ]
    login = sent[3]
    assert login.body["data"]["user"] == {"id": anna.user["id"], "username": anna.user["username"]}
    assert login.body["data"]["event"]["id"] == login.id
    assert login.body["timestamp"] == login.body["data"]["event"]["at"]
    assert login.body["timestamp"].endswith("Z")
    assert world.deliver() == []
    [delivery] = world.deliveries(logins)
    told = {name: delivery[name] for name in ("event_id", "status", "attempts", "response_status", "next_attempt_at")}
    assert told == {
        "event_id": login.id, "status": "succeeded", "attempts": 1, "response_status": 200, "next_attempt_at": None,
    }  # fmt: skip
    assert (world.show(first)["failures"], world.show(first)["last_failure_at"]) == (0, None)


def test_the_secret_is_shown_once_and_rotated_with_a_day_of_both(world: World) -> None:
    webhook = world.add(events=("login-succeeded",))
    assert webhook["secret"].startswith("whsec_")
    assert "secret" not in world.show(webhook)
    assert webhook["secret"][6:20] not in str(world.store.documents)
    anna = join(world.client)
    world.receivers.answers[URL] = 500
    world.deliver()
    rotated = world.client.post(f"/webhooks/{webhook['id']}/secret", headers=world.root.headers).json
    world.receivers.answers[URL] = 200
    world.now += timedelta(minutes=1)
    [sent] = world.deliver()  # receivers with either secret accept it
    assert [Verifier(secret).sign("id", sent.at, "x") for secret in sent.secrets] == [
        Verifier(each["secret"]).sign("id", sent.at, "x") for each in (rotated, webhook)
    ]
    world.now += timedelta(hours=24)
    logged_in(world.client, anna)
    [sent] = world.deliver()
    assert len(sent.secrets) == 1


def test_every_replaced_secret_signs_for_its_own_day(world: World) -> None:
    webhook, anna = world.add(events=("login-succeeded",)), join(world.client)
    secrets: list[str] = [webhook["secret"]]

    def signing() -> list[bool]:
        """Return for each secret whether a delivery has its signature."""
        logged_in(world.client, anna)
        sent = world.deliver()[-1]
        signatures = [Verifier(secret).sign("id", sent.at, "x") for secret in sent.secrets]
        assert len(signatures) == len({*signatures})
        return [Verifier(secret).sign("id", sent.at, "x") in signatures for secret in secrets]

    for _ in range(2):
        _, secret = services_of(world.app).webhooks.rotate_secret(world.operator, webhook["id"], NO_CLIENT)
        secrets.append(secret)
        world.now += timedelta(hours=10)
    assert signing() == [True, True, True]
    world.now += timedelta(hours=4)
    assert signing() == [False, True, True]
    world.now += timedelta(hours=10)
    assert signing() == [False, False, True]


def test_a_secret_is_not_replaced_while_many_replaced_ones_sign(world: World) -> None:
    webhook = world.add()
    url = f"/webhooks/{webhook['id']}/secret"
    answers = [world.client.post(url, headers=world.root.headers) for _ in range(MAX_OLD_SECRETS + 1)]
    assert [answer.status_code for answer in answers] == [201] * MAX_OLD_SECRETS + [429]
    assert answers[-1].headers["Retry-After"] == f"{24 * 3600}"
    assert len(world.deliver()[-1].secrets) == MAX_OLD_SECRETS + 1
    world.now += timedelta(hours=24)
    rotated, _ = services_of(world.app).webhooks.rotate_secret(world.operator, webhook["id"], NO_CLIENT)
    assert len(rotated.old_secrets) == 1


def test_a_failed_delivery_is_repeated_by_the_schedule_and_then_failed(world: World) -> None:
    webhook = world.add(events=("user-deleted",))
    anna = join(world.client)
    world.client.delete("/user", headers=anna.headers)
    world.receivers.answers[URL] = 301
    waited = []
    for _ in range(len(WAITS)):
        assert len(world.deliver()) == 1
        assert world.deliver() == []
        [delivery] = world.deliveries(webhook)
        due = datetime.fromisoformat(delivery["next_attempt_at"])
        waited.append((due - world.now).total_seconds())
        world.now = due
    assert all(0.79 * wait < seconds < 1.21 * wait for wait, seconds in zip(WAITS, waited, strict=True))
    assert len(world.deliver()) == 1
    [delivery] = world.deliveries(webhook)
    assert (delivery["status"], delivery["attempts"], delivery["response_status"]) == ("failed", 10, 301)
    world.receivers.answers[URL] = 204
    world.renew()
    url = f"/webhooks/{webhook['id']}/deliveries/{delivery['id']}/retry"
    assert world.client.post(url, headers=world.root.headers).status_code == 202
    world.deliver()
    assert [each["status"] for each in world.deliveries(webhook)] == ["succeeded"]
    assert len({sent.id for sent in world.receivers.sent}) == 1


@pytest.mark.parametrize("status", [410, None])
def test_a_webhook_is_disabled_when_it_is_gone_or_fails_for_five_days_and_admins_are_told(
    world: World, status: int | None
) -> None:
    webhook = world.add(events=("login-succeeded",))
    anna = join(world.client)
    world.receivers.answers[URL] = status
    for _ in range(6 if status is None else 1):
        assert world.show(webhook)["enabled"]
        logged_in(world.client, anna)
        world.deliver()
        world.now += timedelta(days=1)
    assert not world.show(webhook)["enabled"]
    [mail] = [each for key, each in world.store.documents.items() if key[0] == "mails"]
    assert (mail.fields["kind"], mail.fields["details"]) == ("webhook-disabled", {"url": URL})
    logged_in(world.client, anna)
    assert world.deliver() == []
    world.renew()
    newest = world.client.get("/events?type=webhook-changed&limit=1", headers=world.root.headers).json
    assert newest[0]["data"] == {"webhook_id": webhook["id"], "action": "disabled"}
    world.receivers.answers.clear()
    world.client.patch(f"/webhooks/{webhook['id']}", json={"enabled": True}, headers=world.root.headers)
    assert world.show(webhook)["failures"] == 0


def test_of_many_processes_one_makes_each_attempt(world: World) -> None:
    world.add(events=("login-succeeded",))
    anna = join(world.client)
    for _ in range(10):
        logged_in(world.client, anna)
    apps = [world.serve() for _ in range(8)]
    at_once(world.deliver, apps)
    assert len(world.receivers.sent) == len({sent.id for sent in world.receivers.sent}) == 11


def test_the_delivery_of_a_killed_process_is_made_by_another_one(world: World) -> None:
    webhook = world.add(events=("login-succeeded",))
    join(world.client)

    def die() -> None:
        raise KeyboardInterrupt

    world.receivers.then = die  # the receiver gets the delivery, and the outcome is not stored
    with pytest.raises(KeyboardInterrupt):
        world.deliver()
    world.receivers.then = lambda: None
    assert world.deliver(world.serve()) == []  # the first process may still be working on it
    world.now += timedelta(seconds=31)
    assert len(world.deliver(world.serve())) == 1
    assert [each["status"] for each in world.deliveries(webhook)] == ["succeeded"]
    assert len(world.receivers.sent) == 2


def test_a_retry_during_an_attempt_is_not_put_off_by_the_outcome_of_that_attempt(world: World) -> None:
    webhook = world.add(events=("user-registered",))
    join(world.client)
    world.receivers.answers[URL] = 500

    def retry() -> None:
        world.receivers.then = lambda: None
        [delivery] = world.deliveries(webhook)
        url = f"/webhooks/{webhook['id']}/deliveries/{delivery['id']}/retry"
        assert world.client.post(url, headers=world.root.headers).status_code == 202
        world.receivers.answers[URL] = 200

    world.receivers.then = retry
    assert len(world.deliver()) == 2
    assert [each["status"] for each in world.deliveries(webhook)] == ["succeeded"]


def test_an_answer_of_the_former_url_says_nothing_about_the_new_one(world: World) -> None:
    webhook = world.add(events=("user-registered",))
    join(world.client)
    moved = {"url": "https://example.com/new"}
    world.receivers.answers[URL] = 410
    world.receivers.then = lambda: world.client.patch(
        f"/webhooks/{webhook['id']}", json=moved, headers=world.root.headers
    )
    world.deliver()
    assert (world.show(webhook)["enabled"], world.show(webhook)["failures"]) == (True, 0)


def test_admins_are_not_told_of_a_webhook_that_was_disabled_during_the_attempt(world: World) -> None:
    webhook = world.add(events=("user-registered",))
    join(world.client)
    world.receivers.answers[URL] = 410
    world.receivers.then = lambda: world.client.patch(
        f"/webhooks/{webhook['id']}", json={"enabled": False}, headers=world.root.headers
    )
    world.deliver()
    assert not world.show(webhook)["enabled"]
    assert "mails" not in {collection for collection, _ in world.store.documents}


def test_the_failures_of_the_former_url_do_not_count_for_a_new_one(world: World) -> None:
    webhook = world.add(events=("user-registered",))
    world.receivers.answers[URL] = None
    join(world.client)
    world.deliver()
    assert world.show(webhook)["failures"] == 1
    path, headers = f"/webhooks/{webhook['id']}", world.root.headers
    world.client.patch(path, json={"url": URL}, headers=headers)
    assert world.show(webhook)["failures"] == 1
    world.client.patch(path, json={"url": "https://example.com/new"}, headers=headers)
    assert world.show(webhook)["failures"] == 0


def test_a_webhook_that_is_added_while_events_are_handed_out_misses_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(events=("user-registered",))
    dispatcher = services_of(world.app).dispatcher
    find, added = dispatcher.deliveries.due_events, list[str]()

    def due_events(*arguments: Any) -> Any:
        if not added:
            added.append(world.add("https://example.com/late", ("user-registered",))["id"])
            join(world.client)
        return find(*arguments)

    monkeypatch.setattr(dispatcher.deliveries, "due_events", due_events)
    world.deliver()
    assert {sent.url for sent in world.deliver() + world.receivers.sent} == {URL, "https://example.com/late"}


def test_an_event_that_cannot_be_handed_out_ends_the_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add(events=("user-registered",))
    join(world.client)
    monkeypatch.setattr(services_of(world.app).dispatcher.deliveries, "add_for_event", lambda *_: False)
    assert world.deliver() == []


def test_a_run_returns_the_number_of_events_that_it_has_handed_out(world: World) -> None:
    world.add(events=("user-deleted",))
    dispatcher = services_of(world.app).dispatcher
    object.__setattr__(dispatcher, "run_apart", lambda name, step: None)
    dispatcher.run()
    join(world.client)  # a registration and a login
    assert [dispatcher.run(), dispatcher.run()] == [2, 0]


def test_of_two_removals_at_once_one_is_told(world: World) -> None:
    webhook = world.add()

    def remove(client: Client) -> int:
        return client.delete(f"/webhooks/{webhook['id']}", headers=world.root.headers).status_code

    statuses = at_once(remove, [client_of(world.app) for _ in range(2)])
    assert sorted(map(str, statuses)) == ["204", "404"]
    told = world.client.get("/events?type=webhook-changed", headers=world.root.headers).json
    assert [each["data"]["action"] for each in told] == ["removed", "added"]


def test_a_slow_receiver_delays_no_other_one(world: World) -> None:
    world.add("https://slow.example.com", ("login-succeeded",))
    world.add("https://fast.example.com", ("login-succeeded",))
    join(world.client)
    dispatcher = services_of(world.app).dispatcher
    begun: list[str] = []
    object.__setattr__(dispatcher, "run_apart", lambda name, step: begun.append(name))
    dispatcher.run()
    assert len(set(begun)) == 2  # each receiver has its own lane


def test_a_ping_has_an_id_of_its_own(world: World) -> None:
    webhook = world.add(events=("user-deleted",))
    answer = world.client.post(f"/webhooks/{webhook['id']}/ping", headers=world.root.headers)
    assert (answer.status_code, answer.json["type"]) == (202, "ping")
    [sent] = world.deliver()
    assert (sent.body["type"], sent.body["data"]) == ("ping", {"event": None, "user": None})
    assert sent.id == answer.json["event_id"]


def test_there_are_twenty_webhooks_at_most_however_many_are_added_at_once(world: World) -> None:
    bodies = [{"url": f"{URL}/{number}", "events": ["*"]} for number in range(30)]
    answers = at_once(
        lambda body: client_of(world.app).post("/webhooks", json=body, headers=world.root.headers).status_code, bodies
    )
    assert (answers.count(201), answers.count(422)) == (MAX_WEBHOOKS, 10)
    [first, *_] = world.client.get("/webhooks", headers=world.root.headers).json
    world.client.delete(f"/webhooks/{first['id']}", headers=world.root.headers)
    world.add()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://example.com"},
        {"events": []},
        {"events": ["sneeze"]},
        {"events": ["denied"]},
        {"events": "login-succeeded"},
        {"description": "x" * 501},
        {"enabled": 1},
    ],
)
def test_a_webhook_that_could_not_work_is_refused(world: World, wrong: dict[str, Any]) -> None:
    body = {"url": URL, "events": ["*"], **wrong}
    answer = world.client.post("/webhooks", json=body, headers=world.root.headers)
    assert answer.status_code == 422
    assert "{" not in answer.json["errors"][0]["message"]


def test_only_admins_manage_webhooks_and_others_see_none(world: World) -> None:
    webhook, anna = world.add(), join(world.client)
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("DELETE", f"/{webhook['id']}"),
        ("POST", f"/{webhook['id']}/ping"),
    ):
        assert world.client.open(f"/webhooks{path}", method=method, headers=anna.headers).status_code == 403
    url = f"/webhooks/{world.add('https://example.com/2')['id']}/deliveries/{'0' * 32}/retry"
    answer = world.client.post(url, headers=world.root.headers)
    assert (answer.status_code, answer.json["detail"]) == (404, "There is no such delivery.")
    assert [each["url"] for each in world.client.get("/webhooks", headers=world.root.headers).json][1:] == [URL]
    first = world.client.get("/webhooks?limit=1", headers=world.root.headers)
    assert [each["url"] for each in first.json] == ["https://example.com/2"]
    rest = world.client.get(first.headers["Link"].split(">")[0][1:], headers=world.root.headers)
    assert [each["url"] for each in rest.json] == [URL]
    assert world.client.get("/webhooks?cursor=x", headers=world.root.headers).status_code == 422


def test_a_webhook_is_removed_as_it_was_read_or_not_at_all(world: World) -> None:
    webhook = world.add()
    url = f"/webhooks/{webhook['id']}"
    read = world.client.get(url, headers=world.root.headers)
    world.client.patch(url, json={"description": "Billing"}, headers=world.root.headers)
    stale = world.root.headers | {"If-Match": read.headers["ETag"]}
    assert world.client.delete(url, headers=stale).status_code == 412
    current = world.client.get(url, headers=world.root.headers).headers["ETag"]
    assert world.client.delete(url, headers=world.root.headers | {"If-Match": current}).status_code == 204


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    ("method", "expected"), [("PUT", 200), ("PATCH", 200), ("DELETE", 204)], ids=["put", "patch", "delete"]
)
def test_a_delivery_since_a_webhook_was_read_refuses_no_change_with_if_match(
    world: World, status: int, method: str, expected: int
) -> None:
    webhook = world.add()
    url = f"/webhooks/{webhook['id']}"
    world.receivers.answers[URL] = status
    headers = world.if_unchanged(webhook)
    join(world.client)
    assert world.deliver()
    body = {"json": {"enabled": False}} if method != "DELETE" else {}
    assert world.client.open(url, method=method, headers=headers, **body).status_code == expected


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_of_two_admins_who_have_read_a_webhook_the_second_to_change_it_is_refused(world: World, method: str) -> None:
    webhook = world.add()
    url = f"/webhooks/{webhook['id']}"
    headers = world.if_unchanged(webhook)
    first = world.client.put(url, json={"description": "Billing"}, headers=headers)
    join(world.client)
    assert world.deliver()
    body = {"json": {"description": "Payroll"}} if method != "DELETE" else {}
    assert world.client.open(url, method=method, headers=headers, **body).status_code == 412
    current = world.root.headers | {"If-Match": first.headers["ETag"]}
    assert world.client.put(url, json={"description": "Payroll"}, headers=current).status_code == 200


def test_of_many_admins_who_change_a_webhook_at_once_one_succeeds(world: World) -> None:
    webhook = world.add()
    url = f"/webhooks/{webhook['id']}"
    headers = world.if_unchanged(webhook)
    bodies = [{"description": f"Description {number}"} for number in range(8)]
    answers = at_once(lambda body: client_of(world.app).put(url, json=body, headers=headers).status_code, bodies)
    assert (answers.count(200), answers.count(412)) == (1, 7)


def test_a_new_secret_since_a_webhook_was_read_refuses_a_change(world: World) -> None:
    webhook = world.add()
    url = f"/webhooks/{webhook['id']}"
    headers = world.if_unchanged(webhook)
    assert world.client.post(f"{url}/secret", headers=world.root.headers).status_code == 201
    assert world.client.put(url, json={"enabled": False}, headers=headers).status_code == 412


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_webhook_that_failures_have_disabled_since_it_was_read_is_not_changed(world: World, method: str) -> None:
    webhook = world.add()
    url = f"/webhooks/{webhook['id']}"
    headers = world.if_unchanged(webhook)
    world.receivers.answers[URL] = 410
    join(world.client)
    assert world.deliver()
    assert not world.show(webhook)["enabled"]
    body = {"json": {"description": "Billing"}} if method != "DELETE" else {}
    assert world.client.open(url, method=method, headers=headers, **body).status_code == 412


def test_a_webhook_is_shown_again_after_a_delivery_and_not_answered_with_304(world: World) -> None:
    webhook = world.add()
    url = f"/webhooks/{webhook['id']}"
    etag = world.client.get(url, headers=world.root.headers).headers["ETag"]
    known = world.root.headers | {"If-None-Match": etag}
    assert world.client.get(url, headers=known).status_code == 304
    join(world.client)
    assert world.deliver()
    answer = world.client.get(url, headers=known)
    assert (answer.status_code, answer.headers["ETag"] == etag) == (200, False)
    assert answer.json["last_success_at"]


def test_the_use_cases_show_events_webhooks_and_invitations_to_auditors_and_admins_only(world: World) -> None:
    services, id = services_of(world.app), world.add()["id"]
    anna = services.accounts.accounts.users.get(join(world.client).user["id"])
    assert anna
    auditor = caller_of(replace(anna, role=Role.AUDITOR))
    for look in (
        services.events.search,
        services.webhooks.list,
        lambda caller: services.webhooks.show(caller, id),
        lambda caller: services.webhooks.list_deliveries(caller, id, None, 1),
        lambda caller: services.invitations.list(caller, None, None, 1),
    ):
        look(auditor)
        with pytest.raises(Forbidden):
            look(caller_of(anna))


def test_the_use_cases_let_only_admins_change_webhooks(world: World) -> None:
    services, id = services_of(world.app), world.add()["id"]
    webhooks, anna = services.webhooks, services.accounts.accounts.users.get(join(world.client).user["id"])
    assert anna
    auditor = caller_of(replace(anna, role=Role.AUDITOR))
    before = webhooks.show(auditor, id)
    changes: list[Callable[[], object]] = [
        lambda: webhooks.add(auditor, {"url": URL, "events": ("user-registered",)}, NO_CLIENT),
        lambda: webhooks.change(auditor, id, {"description": "Billing"}, None, NO_CLIENT),
        lambda: webhooks.rotate_secret(auditor, id, NO_CLIENT),
        lambda: webhooks.ping(auditor, id),
        lambda: webhooks.retry(auditor, id, "any"),
        lambda: webhooks.remove(auditor, id, None, NO_CLIENT),
    ]
    for change in changes:
        with pytest.raises(Forbidden):
            change()
    assert webhooks.list(auditor).items == [before]
    assert not webhooks.list_deliveries(auditor, id, None, 1).items


def test_a_dead_receiver_with_10_000_events_waiting_delays_no_other_one(world: World) -> None:
    """Between an event and its delivery are as many reads and commits as without the dead receiver."""
    dead, live = world.add("https://dead.example.com"), world.add("https://live.example.com", ("user-registered",))
    services = services_of(world.app)
    dispatcher, deliveries = services.dispatcher, services.webhooks.deliveries
    world.deliver()
    hook = services.webhooks.show(world.operator, dead["id"])

    def steps() -> int:
        """Return the number of calls of the store from an event to its delivery by the lane of the live receiver."""
        join(world.client)
        lanes: dict[str, Callable[[], None]] = {}
        object.__setattr__(dispatcher, "run_apart", lanes.__setitem__)
        world.store.calls = 0
        dispatcher.run()
        lanes[live["id"]]()
        assert world.receivers.sent[-1].url == "https://live.example.com"
        return world.store.calls

    before = steps()
    for number in range(10_000):
        deliveries.add(Delivery.new(hook, f"{number}", "login-failed", world.now))
    assert steps() == before


def test_without_stored_events_there_are_no_webhooks() -> None:
    client = client_of(build(settings={"events_days": 0}))
    root = join(client, role="admin")
    answer = client.post("/webhooks", json={"url": URL, "events": ["*"]}, headers=root.headers)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "events")
