"""The pages on which operators see events, invitations, webhooks, jobs, health and settings."""

import csv
import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Flask

from src.domain.invitations import InvitationStatus
from src.infrastructure.traffic import SharedTraffic
from src.interfaces.web.console.charts import MOST_COUNTED, chart
from src.interfaces.web.console.health import Operations
from src.settings import Settings
from src.settings.shown import settings_in_force
from tests.support.world import build, client_of, join, place, services_of
from tests.web.operators import HOSTILE, operator
from tests.web.surfer import Surfer, forms_of, said
from tests.web.test_console_access import ADMINS, READ_BY_AUDITORS, urls

EVENTS, INVITATIONS, WEBHOOKS, JOBS = (f"/console/{name}" for name in ("events", "invitations", "webhooks", "jobs"))
URL = "https://example.com/hook"


@pytest.fixture(scope="module")
def app() -> Flask:
    return build()


@pytest.fixture(scope="module")
def admin(app: Flask) -> Surfer:
    return operator(app)[0]


@pytest.fixture(scope="module")
def auditor(app: Flask) -> Surfer:
    return operator(app, "auditor")[0]


# Events


def test_events_are_filtered_and_exported(app: Flask, admin: Surfer) -> None:
    ben = join(client_of(app))
    name, id = ben.user["username"], ben.user["id"]
    for who in (name.upper(), id):
        shown = said(admin.open(f"{EVENTS}?who={who}&days=1"))
        assert "user-registered" in shown
        assert name in shown
    lines = admin.open(f"{EVENTS}/export?who={name}&type=login-succeeded").text.splitlines()
    assert {(json.loads(line)["user_id"], json.loads(line)["type"]) for line in lines} == {(id, "login-succeeded")}
    table = admin.open(f"{EVENTS}/export?who={name}&type=user-registered&format=csv").data.decode("utf-8-sig")
    [event] = csv.DictReader(table.splitlines())
    assert (event["type"], event["user_id"], json.loads(event["actor"])["id"]) == ("user-registered", id, id)
    assert "No events" in admin.open(f"{EVENTS}?who=nobody").text
    assert admin.open(f"{EVENTS}?type=x").status_code == 422


def test_many_events_are_paged_and_an_export_has_all_of_them(app: Flask, admin: Surfer) -> None:
    api = client_of(app)
    for _ in range(30):
        join(api)
    page = admin.open(EVENTS)
    [more] = re.findall(rf'href="({EVENTS}\?cursor=[^"]*)"', page.text)
    assert page.text.count('role="rowheader"') == 50
    assert admin.open(unescape(more)).text.count('role="rowheader"') >= 10
    assert len(admin.open(f"{EVENTS}/export").text.splitlines()) >= 60


# Invitations


def test_an_invitation_is_made_shown_once_listed_and_withdrawn(app: Flask, admin: Surfer) -> None:
    made = admin.send(INVITATIONS, email="nina@example.com", role="uploader", days="3")
    [link] = re.findall(r'<pre id="link"[^>]*>(.*?)</pre>', made.text)
    token = unescape(link).partition("token=")[2]
    assert "nina@example.com is invited." in said(made)
    assert token not in admin.open(INVITATIONS).text
    assert "nina@example.com" in admin.open(f"{INVITATIONS}?status=pending").text
    assert "nina@example.com" not in said(admin.open(f"{INVITATIONS}?status=expired"))
    [withdraw] = [path for path in forms_of(made) if path.endswith("/delete")]
    assert admin.send(withdraw, made).location == f"{INVITATIONS}?done=invitation-withdrawn"
    assert admin.send(withdraw, made).status_code == 404
    assert not services_of(app).invitations.list(None, InvitationStatus.PENDING, None, 10).items


@pytest.mark.parametrize(
    "typed", [{"email": "x"}, {"days": "0"}, {"days": "31"}, {"days": "x"}, {"days": "9" * 5000}, {"role": "guest"}]
)
def test_a_wrong_invitation_keeps_what_was_typed(admin: Surfer, typed: dict[str, str]) -> None:
    refused = admin.send(INVITATIONS, **{"email": "nina@example.com", **typed})
    assert refused.status_code == 422
    assert forms_of(refused)[INVITATIONS]["email"] == typed.get("email", "nina@example.com")


# Webhooks


@pytest.fixture
def webhook(app: Flask, admin: Surfer) -> Iterator[str]:
    made = admin.send(f"{WEBHOOKS}/new", url=URL, description=HOSTILE)
    [path] = re.findall(rf'href="({WEBHOOKS}/\w{{32}})"', made.text)
    assert re.findall(r"whsec_\S+", made.text)
    yield path
    if f"{path}/delete" in admin.open(path).text:
        admin.send(f"{path}/delete")


def test_a_webhook_is_added_changed_and_deleted(admin: Surfer, webhook: str) -> None:
    shown = admin.open(webhook)
    assert (forms_of(shown)[webhook]["url"], "whsec_" in shown.text) == (URL, False)
    assert HOSTILE not in shown.text + admin.open(WEBHOOKS).text
    fields = {name: text for name, text in forms_of(shown)[webhook].items() if name not in ("on-*", "enabled")}
    assert admin.post(webhook, fields).status_code == 422
    assert admin.post(webhook, {**fields, "on-user-deleted": "on"}).location == f"{webhook}?done=webhook-saved"
    again = admin.open(webhook)
    assert "Off" in said(again)
    assert {name for name in forms_of(again)[webhook] if name.startswith("on-")} == {"on-user-deleted"}
    assert admin.post(webhook, {**fields, "on-*": "on"}).status_code == 412
    assert admin.send(f"{webhook}/delete").location == f"{WEBHOOKS}?done=webhook-deleted"
    assert admin.open(webhook).status_code == 404


def test_a_webhook_is_saved_although_a_delivery_was_made_since_it_was_shown(
    app: Flask, admin: Surfer, webhook: str
) -> None:
    shown = admin.open(webhook)
    repository, id = services_of(app).webhooks.webhooks, webhook.rpartition("/")[2]
    repository.update(id, lambda stored: stored.after(200, datetime.now(UTC)))
    repository.update(id, lambda stored: stored.after(500, datetime.now(UTC)))
    fields = {**forms_of(shown)[webhook], "description": "Billing"}
    assert admin.post(webhook, fields).location == f"{webhook}?done=webhook-saved"
    assert "Billing" in said(admin.open(webhook))


def test_a_webhook_that_failures_have_disabled_since_it_was_shown_is_not_saved(
    app: Flask, admin: Surfer, webhook: str
) -> None:
    fields = forms_of(admin.open(webhook))[webhook]
    repository, id = services_of(app).webhooks.webhooks, webhook.rpartition("/")[2]
    repository.update(id, lambda stored: stored.after(410, datetime.now(UTC)))
    assert admin.post(webhook, fields).status_code == 412
    assert "Off" in said(admin.open(webhook))


def test_a_webhook_gets_a_new_secret_and_a_ping_that_is_sent_again(admin: Surfer, webhook: str) -> None:
    asked = admin.open(f"{webhook}/secret")
    secret = admin.send(f"{webhook}/secret", asked)
    assert re.findall(r"whsec_\S+", secret.text)
    assert "first click" in said(admin.open(admin.send(f"{webhook}/secret", asked).location))
    assert admin.send(f"{webhook}/ping", webhook).location == f"{webhook}?done=webhook-ping"
    page = admin.open(webhook)
    assert page.text.count("<g>") == 24
    assert "1 waiting" in said(page)
    [retry] = [path for path in forms_of(page) if path.endswith("/retry")]
    assert admin.send(retry, page).location == f"{webhook}?done=webhook-retry"


def test_a_url_that_is_refused_is_kept(admin: Surfer) -> None:
    refused = admin.send(f"{WEBHOOKS}/new", url="http://localhost/", description="x" * 501)
    assert (refused.status_code, forms_of(refused)[f"{WEBHOOKS}/new"]["url"]) == (422, "http://localhost/")


# Jobs


def test_jobs_are_listed_by_state_cancelled_and_retried(app: Flask, admin: Surfer) -> None:
    ben = join(client_of(app))
    id = place(client_of(app), ben, "GET", "/jobs/{id}").split("/")[-1]
    page = admin.open(f"{JOBS}?status=queued")
    assert id in page.text
    assert ben.user["username"] in said(page)
    assert page.text.count("<g>") == 60
    assert admin.send(f"{JOBS}/{id}/cancel", page).location == f"{JOBS}?done=job-cancelled"
    cancelled = admin.open(f"{JOBS}?status=cancelled")
    assert id in cancelled.text
    assert admin.send(f"{JOBS}/{id}/retry", cancelled).location == f"{JOBS}?done=job-retried"
    assert admin.send(f"{JOBS}/{id}/retry", cancelled).status_code == 303  # a second click
    assert id in admin.open(f"{JOBS}?status=queued").text
    assert admin.open(f"{JOBS}?status=x").status_code == 422


# Health and settings


def test_health_shows_each_check_and_checks_once_in_ten_seconds() -> None:
    calls = list[int]()

    def counted() -> Iterator[tuple[str, str | None]]:
        calls.append(1)
        yield "object storage memory://", None
        yield "mail server", f"It cannot be used: {HOSTILE}"

    surfer, _ = operator(build(operations=Operations("1.2.3", counted)))
    shown = surfer.open("/console/health")
    for text in ("object storage memory://", "1.2.3", "Things that need you: 1", "failed-logins-by-name"):
        assert text in said(shown)
    assert HOSTILE not in shown.text
    surfer.open("/console/health")
    assert len(calls) == 1


def test_health_shows_the_requests_of_the_last_hour_and_how_long_they_took() -> None:
    surfer, _ = operator(build(operations=Operations(traffic=SharedTraffic())))
    assert surfer.open("/console/nowhere").status_code == 404
    shown = surfer.open("/console/health")
    requests, times = re.findall(r"<figure.*?</figure>", shown.text, re.DOTALL)
    assert (requests.count("<g>"), times.count("<g>")) == (60, 60)
    assert re.search(r"[1-9] answered 1 refused 0 failed", said(shown))
    # A busy machine takes more than a thousand milliseconds, which have a comma.
    assert re.search(r"half within [\d.,]+ ms 95 of 100 within [\d.,]+ ms", said(shown))
    assert "this machine have answered, since:" in said(shown)


def test_settings_are_shown_without_secrets_and_with_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", "postgresql://u:hush@db/portero?sslkey=hush")
    given = {"queue_url": "redis://:hush@h1;redis://:hush@h2", "smtp_url": "smtp://u:hush@mail", "guests": False}
    settings = Settings(store_url="postgresql://u:hush hush@db/portero?sslkey=hush", **given)
    surfer, _ = operator(build(operations=Operations(settings=[*settings_in_force(settings)])))
    shown = surfer.open("/console/settings")
    assert "hush" not in shown.text
    rows = dict(re.findall(r"([A-Z_]{4,}) (.*?) (?=[A-Z_]{4,} |Copy|$)", said(shown)))
    assert rows["STORE_URL"] == "postgresql://…@db/portero?… environment"
    assert (rows["SMTP_URL"], rows["GUESTS"]) == ("set, and secret .env", "off .env")
    assert rows["IDENTITY"] == "local default"
    assert "IDENTITY" not in said(surfer.open("/console/settings?only=set"))


# Who may


@pytest.mark.parametrize("path", [EVENTS, INVITATIONS, WEBHOOKS, JOBS, "/console/health", "/console/settings"])
def test_auditors_see_the_pages_of_the_service_and_change_nothing(admin: Surfer, auditor: Surfer, path: str) -> None:
    shown = auditor.open(path)
    assert shown.status_code == 200
    assert {action for action, fields in forms_of(shown).items() if "csrf" in fields} == {"/console/signout"}
    assert "curl" in shown.text or path.endswith("settings")
    fields = {"csrf": forms_of(shown)["/console/signout"]["csrf"], "email": "x@example.com", "url": URL, "on-*": "on"}
    for target in (INVITATIONS, f"{WEBHOOKS}/new", f"{WEBHOOKS}/x", f"{WEBHOOKS}/x/ping", f"{JOBS}/x/retry"):
        assert auditor.post(target, fields).status_code == 403


def test_a_chart_counts_by_time_and_says_when_older_things_are_not_counted() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    minute = timedelta(minutes=1)
    made = [
        (noon, "a"),
        (noon - minute, "b"),
        (noon - minute * 1.5, "b"),
        (noon - minute * 60, "a"),
        (noon + minute, "a"),
    ]
    shown = chart(made, ("a", "b"), noon + timedelta(seconds=59), minute, 60)
    assert [(begin, counts) for begin, counts in shown.bars if sum(counts)] == [
        *((noon - minute * age, [0, 1]) for age in (2, 1)),
        (noon, [1, 0]),
    ]
    assert (shown.totals, shown.highest, shown.is_cut) == ([1, 2], 1, False)
    assert chart([(noon, "a")] * MOST_COUNTED, ("a",), noon, minute, 60).is_cut
    assert not chart([(noon - timedelta(hours=2), "a")] * MOST_COUNTED, ("a",), noon, minute, 60).is_cut


# The same with curl


WITHOUT_ROUTES = {
    *("/settings", "/users/import", "/users/several", "/users/<id>/end-sessions"),
    *("/users/export", "/events/export"),  # files
}
"""The pages of operators whose actions have no route in the JSON interface."""


def test_each_page_names_a_route_of_the_api_that_exists(app: Flask, admin: Surfer) -> None:
    ben = join(client_of(app), "admin")
    webhook, service = (place(client_of(app), ben, "GET", f"/{kind}/{{id}}") for kind in ("webhooks", "services"))
    service = service.replace("services", "keys")
    place(client_of(app), ben, "GET", "/jobs/{id}")
    things = [f"{thing}{act}".lstrip("/") for thing in (webhook, service) for act in ("/secret", "/delete")]
    own = ["account", *(f"account/{name}" for name in ("history", "factors", "keys", "metadata"))]
    own += ["tasks", "dogs", "files", "datasets"]
    lists = ["users?q=a%27b", "users?q=a@b", "users/new", "events", "invitations", "keys", "webhooks", "webhooks/new"]
    acts = [f"users/{ben.user['id']}/{act}" for act in ("role", "disable", "enable", "reset-factors", "delete")]
    shown = set()
    for path in (*own, *lists, *acts, *things, webhook[1:], f"users/{ben.user['id']}", "users", "health", "jobs"):
        rule, _ = app.url_map.bind("localhost").match(f"/console/{path.partition('?')[0]}", return_rule=True)
        shown.add(rule.rule.removeprefix("/console"))
        [command] = re.findall(r'<pre id="curl"[^>]*>(.*?)</pre>', admin.open(f"/console/{path}").text) or [path]
        words = shlex.split(unescape(command))
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        route = words[-1].removeprefix("http://localhost").partition("?")[0]
        endpoint, _ = app.url_map.bind("localhost").match(route, method)
        assert not endpoint.startswith("web."), path
        assert len(words) == 4 + 2 * ("-X" in words) + 2 * ("--json" in words), path
        assert "--json" not in words or json.loads(words[words.index("--json") + 1])
    assert {*urls(app, "GET")} & {*READ_BY_AUDITORS, *ADMINS} == (shown & {*READ_BY_AUDITORS, *ADMINS}) | WITHOUT_ROUTES
    assert 'id="curl"' not in admin.open("/console/users?only=disabled").text  # a filter that no route has


def test_each_list_names_a_route_while_it_is_empty() -> None:
    surfer, _ = operator(build())
    own, of_all = ("account/keys", "tasks", "dogs", "files", "datasets"), ("keys", "invitations", "webhooks", "jobs")
    for path in (*own, *of_all, "users?q=nobody", "events?who=nobody"):
        shown = surfer.open(f"/console/{path}").text
        assert 'class="empty"' in shown, path
        assert 'id="curl"' in shown, path


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        (f"{WEBHOOKS}/new", {"url": "https://twice.example.com/"}),
        (INVITATIONS, {"email": "twice@example.com"}),
        ("/console/users/new", {"username": "twice", "email": "twice@example.org"}),
    ],
)
def test_a_form_that_is_sent_twice_makes_one_thing(admin: Surfer, path: str, typed: dict[str, str]) -> None:
    page, text = admin.open(path), [*typed.values()][-1]
    assert admin.send(path, page, **typed).status_code in (200, 303)
    again = admin.send(path, page, **typed)
    assert again.status_code == 303
    listed = said(admin.open(again.location))
    assert listed.count(text) == 1
    assert "first click" in listed or path == "/console/users/new"


def test_the_kind_of_an_actor_is_in_the_language_of_the_page(admin: Surfer) -> None:
    shown = admin.open(EVENTS, headers={"Accept-Language": "es"})
    assert re.findall(r'data-l="Por"><span class="mute">(\w+)</span>', shown.text).count("Usuario")
