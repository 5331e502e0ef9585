"""The pages of the accounts of services, and of people's own keys."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.second_steps import give_phone
from tests.support.working import Watch
from tests.support.world import build, client_of, join, services_of
from tests.web.operators import HOSTILE, operator
from tests.web.surfer import Surfer, forms_of, said

KEYS, OWN = "/console/keys", "/console/account/keys"


@pytest.fixture(scope="module")
def admin(app: Flask) -> Surfer:
    return operator(app)[0]


def shown_once(page: TestResponse) -> str:
    """Return the secret that a page shows with a button that copies it."""
    [secret] = re.findall(r'<pre id="secret"[^>]*>(.*?)</pre>', page.text)
    assert 'data-copy="secret"' in page.text
    return str(secret)


def status_with(app: Flask, key: str) -> int:
    """Return the status of a request that a key authenticates."""
    return client_of(app).get("/tasks", headers={"Authorization": f"Bearer {key}"}).status_code


def logs_in(app: Flask, id: str, secret: str) -> bool:
    """Return whether a service gets a token for its secret."""
    grant = {"grant_type": "client_credentials", "client_id": id, "client_secret": secret}
    return client_of(app).post("/auth/token", data=grant).status_code == 200


# The accounts of services


def test_the_secret_of_a_new_service_is_shown_once_and_replaced_on_demand(app: Flask, admin: Surfer) -> None:
    made = admin.send(KEYS, name=f"Billing {HOSTILE}", role="uploader")
    secret = shown_once(made)
    service = services_of(app).service_accounts.list(None, None, 1).items[0]
    assert (service.id in said(made), service.role, logs_in(app, service.id, secret)) == (True, "uploader", True)
    asked = admin.open(f"{KEYS}/{service.id}/secret")
    again = admin.send(f"{KEYS}/{service.id}/secret", asked)
    renewed = shown_once(again)
    assert (renewed != secret, logs_in(app, service.id, renewed)) == (True, True)
    shown = admin.open(KEYS)
    assert "Billing" in said(shown)
    assert not {secret, renewed} & {*re.findall(r"pts_\w+", shown.text)}
    assert HOSTILE not in made.text + asked.text + again.text + shown.text


def test_a_service_is_deleted_once_its_name_is_typed(app: Flask, admin: Surfer) -> None:
    secret = shown_once(admin.send(KEYS, name="Old  CRM", role="user"))
    id = services_of(app).service_accounts.list(None, None, 1).items[0].id
    refused = admin.send(f"{KEYS}/{id}/delete", confirm="CRM")
    assert (refused.status_code, logs_in(app, id, secret)) == (422, True)
    assert admin.send(f"{KEYS}/{id}/delete", confirm="Old CRM").location == f"{KEYS}?done=service-deleted"
    assert (admin.open(f"{KEYS}/{id}/delete").status_code, logs_in(app, id, secret)) == (404, False)


@pytest.mark.parametrize("typed", [{"name": " "}, {"name": "x" * 65}, {"role": "auditor"}])
def test_a_wrong_service_keeps_what_was_typed(admin: Surfer, typed: dict[str, str]) -> None:
    refused = admin.send(KEYS, **{"name": "Billing", "role": "user", **typed})
    assert refused.status_code == 422
    assert forms_of(refused)[KEYS]["name"] == typed.get("name", "Billing")


def test_auditors_see_services_and_get_no_form(app: Flask, admin: Surfer) -> None:
    admin.send(KEYS, name="Seen by auditors", role="user")
    shown = operator(app, "auditor")[0].open(KEYS)
    assert "Seen by auditors" in said(shown)
    assert {action for action, fields in forms_of(shown).items() if "csrf" in fields} == {"/console/signout"}
    assert not re.findall(rf'href="{KEYS}/', shown.text)


@pytest.mark.parametrize(
    ("path", "typed"),
    [(KEYS, {"role": "user", "name": "Sent twice"}), (OWN, {"scope": "read", "days": "", "name": "Sent twice"})],
)
def test_a_service_or_key_whose_form_is_sent_twice_is_made_once(
    admin: Surfer, path: str, typed: dict[str, str]
) -> None:
    page = admin.open(path)
    secret = shown_once(admin.send(path, page, **typed))
    again = admin.send(path, page, **typed)
    assert again.status_code == 303
    listed = admin.open(again.location)
    assert ("first click" in said(listed), listed.text.count("Sent twice</bdi>")) == (True, 1)
    assert secret not in again.text + listed.text


def test_a_form_for_a_new_secret_that_is_sent_twice_replaces_one_secret(app: Flask, admin: Surfer) -> None:
    admin.send(KEYS, name="Clicked twice", role="user")
    service = services_of(app).service_accounts.list(None, None, 1).items[0]
    path = f"{KEYS}/{service.id}/secret"
    page = admin.open(path)
    secret = shown_once(admin.send(path, page))
    assert "first click" in said(admin.open(admin.send(path, page).location))
    stored = services_of(app).service_accounts.show(None, service.id)
    assert (logs_in(app, service.id, secret), len(stored.old_secrets)) == (True, 1)


# People's own keys


def test_an_own_key_is_shown_once_works_and_is_deleted(app: Flask, signed_in: Surfer) -> None:
    made = signed_in.send(OWN, name=HOSTILE, scope="read", days="30")
    key = shown_once(made)
    shown = signed_in.open(OWN)
    assert (status_with(app, key), key in shown.text, f"{key[:10]}…" in said(shown)) == (200, False, True)
    assert HOSTILE not in made.text + shown.text
    [delete] = [path for path in forms_of(shown) if path.endswith("/delete")]
    assert signed_in.send(delete, shown).location == f"{OWN}?done=key-removed"
    assert (status_with(app, key), signed_in.send(delete, shown).status_code) == (401, 404)


@pytest.mark.parametrize("typed", [{"name": ""}, {"scope": "all"}, {"days": "0"}, {"days": "367"}, {"days": "x"}])
def test_a_wrong_key_keeps_what_was_typed(signed_in: Surfer, typed: dict[str, str]) -> None:
    refused = signed_in.send(OWN, **{"name": "Report", "scope": "write", "days": "", **typed})
    assert refused.status_code == 422
    assert forms_of(refused)[OWN]["days"] == typed.get("days", "")
    assert "You have no keys yet." in said(refused)


def test_a_key_without_days_does_not_end_and_one_that_has_ended_says_so() -> None:
    watch = Watch()
    app = build(clock=watch)
    surfer, anna = Surfer(app), join(client_of(app))
    surfer.sign_in(anna.user["username"])
    assert "never" in said(surfer.send(OWN, name="Report", scope="write", days=""))
    surfer.send(OWN, name="Short", scope="read", days="1")
    assert "Ended" not in said(surfer.open(OWN))
    watch.forward(24 * 3600)
    assert said(surfer.open(OWN)).count("Ended") == 1


def test_nobody_sees_or_deletes_the_keys_of_others(app: Flask, signed_in: Surfer, admin: Surfer) -> None:
    made = signed_in.send(OWN, name="Private report", scope="read", days="")
    [delete] = [path for path in forms_of(made) if path.endswith("/delete")]
    page = admin.open(OWN)
    assert "Private report" not in said(page)
    assert admin.post(delete, {"csrf": forms_of(page)[OWN]["csrf"]}).status_code == 404
    assert status_with(app, shown_once(made)) == 200


def test_new_credentials_ask_people_with_a_factor_for_it_first() -> None:
    app = build(clock=Watch())
    surfer, root = operator(app)
    surfer.send(KEYS, name="Billing", role="user")
    [service] = services_of(app).service_accounts.list(None, None, 2).items
    give_phone(app, root.user["id"])
    fields = {"name": "Report", "role": "user", "scope": "read"}
    for path in (KEYS, OWN, f"{KEYS}/{service.id}/secret"):
        asked = surfer.send(path, **fields)
        assert (asked.status_code, "Confirm that it is you" in asked.text) == (403, True), path
    assert "You have no keys yet." in said(surfer.open(OWN))
    assert services_of(app).service_accounts.list(None, None, 2).items == [service]
