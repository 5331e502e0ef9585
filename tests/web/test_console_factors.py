"""Passkeys and codes on the pages of the console."""

import base64
import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from src.infrastructure.factors.totp import code_at
from tests.support.authenticator import Authenticator
from tests.support.passkeys import device, enrol
from tests.support.second_steps import Phone, give_phone
from tests.support.working import Watch
from tests.support.world import PASSWORD, Person, build, client_of, join, services_of
from tests.web.surfer import Surfer, forms_of, said

__all__ = ["device"]  # a fixture
ACCOUNT = "/console/account"
PASSKEY = "/console/signin/passkey"


def asked(page: TestResponse) -> dict[str, Any]:
    """Return the options with which the script of a page asks a device."""
    [options] = re.findall(r"data-options='([^']*)'", page.text)
    return {"publicKey": json.loads(unescape(options))}


def test_a_passkey_signs_in_and_each_challenge_works_once(surfer: Surfer, anna: Person, device: Authenticator) -> None:
    page = surfer.open("/console/signin?next=/console/account/email")
    answer = {"passkey": json.dumps(device.get(asked(page)))}
    assert surfer.send(PASSKEY, page, **answer).location == "/console/account/email"
    assert surfer.open(ACCOUNT).status_code == 200
    again = Surfer(surfer.app).post(PASSKEY, {**forms_of(page)[PASSKEY], **answer})
    assert (again.status_code, "This passkey cannot log in here." in again.text) == (401, True)


@pytest.mark.parametrize("passkey", ["", "x", "[]", "{}", "null", '{"id": 7}', '{"a": 1, "a": 2}', "\ud800"])
def test_no_other_text_passes_for_a_passkey(surfer: Surfer, passkey: str) -> None:
    page = surfer.open("/console/signin")
    form = {**forms_of(page)[PASSKEY], "passkey": passkey.encode("utf-8", "replace").decode()}
    assert surfer.post(PASSKEY, form).status_code in (401, 422)
    assert surfer.browser.get_cookie("portero") is None


def test_a_service_without_a_domain_of_passkeys_asks_for_none() -> None:
    surfer = Surfer(build(settings={"public_url": "http://192.0.2.1:8000"}))
    assert "data-passkey" not in surfer.open("/console/signin").text
    assert surfer.post(PASSKEY, {"passkey": "{}"}).status_code == 404


def test_a_dangerous_act_asks_for_a_factor_again_and_changes_the_cookie() -> None:
    watch = Watch()
    app = build(clock=watch)
    surfer, anna, device = Surfer(app), join(client_of(app)), Authenticator()
    enrol(services_of(app), anna.user["id"], device)
    page = surfer.open("/console/signin")
    surfer.send(PASSKEY, page, passkey=json.dumps(device.get(asked(page))))
    form = forms_of(surfer.open("/console/account/email"))["/console/account/email"]
    watch.forward(601)
    cookie = surfer.cookie()

    asking = surfer.open("/console/account/delete")
    assert (asking.status_code, asking.location) == (303, "/console/step-up?next=%2Fconsole%2Faccount%2Fdelete")
    new = f"new-{anna.user['email']}"
    kept = surfer.post("/console/account/email", {**form, "email": new, "current_password": PASSWORD})
    assert (kept.status_code, "Confirm that it is you" in kept.text, PASSWORD in kept.text) == (403, True, False)
    assert forms_of(kept)["/console/step-up"]["next"] == "/console/account/email"
    assert surfer.send("/console/step-up", kept, passkey="{}").status_code == 403
    again = surfer.open("/console/step-up")
    answer = json.dumps(device.get(asked(again)))
    resumed = surfer.post("/console/step-up", {**forms_of(kept)["/console/step-up"], "passkey": answer})
    assert (resumed.status_code, new in said(resumed)) == (200, True)
    assert surfer.send("/console/account/email", resumed).status_code == 303
    assert surfer.open("/console/account/delete").status_code == 200

    thief = Surfer(app)
    thief.browser.set_cookie("portero", cookie)
    assert thief.open(ACCOUNT).status_code == 303


def test_a_password_is_proof_enough_without_factors(signed_in: Surfer) -> None:
    cookie = signed_in.cookie()
    page = signed_in.open("/console/step-up?next=/console/account/password")
    assert signed_in.send("/console/step-up", page, password="wrong").status_code == 403
    assert signed_in.send("/console/step-up", page, password=PASSWORD).location == "/console/account/password"
    assert signed_in.cookie() != cookie


SECOND = "/console/signin/code"


@pytest.fixture
def phone(app: Flask, anna: Person) -> Phone:
    return give_phone(app, anna.user["id"])


def test_a_user_with_an_app_is_signed_in_after_a_second_step_only(surfer: Surfer, anna: Person, phone: Phone) -> None:
    asking = surfer.sign_in(anna.user["username"], next="/console/account/email")
    assert (asking.status_code, "One more step" in asking.text) == (200, True)
    assert surfer.browser.get_cookie("portero") is None
    assert re.search('<input[^>]*autocomplete="one-time-code"', asking.text)
    wrong = surfer.send(SECOND, asking, code=phone.wrong_code)
    assert (wrong.status_code, "That is not right." in wrong.text) == (403, True)
    code = phone.code
    done = surfer.send(SECOND, wrong, code=f" {code[:3]} {code[3:]} ")  # as it is pasted from an app
    assert done.location == "/console/account/email"
    assert surfer.open(ACCOUNT).status_code == 200
    again = Surfer(surfer.app).post(SECOND, {**forms_of(wrong)[SECOND], "code": phone.code})
    assert (again.status_code, "has expired or was used" in again.text) == (401, True)


def test_a_recovery_code_and_a_passkey_take_the_second_step(surfer: Surfer, anna: Person, phone: Phone) -> None:
    device = Authenticator()
    enrol(services_of(surfer.app), anna.user["id"], device)
    for answer in ("recovery", "passkey"):
        browser = Surfer(surfer.app)
        asking = browser.sign_in(anna.user["username"])
        form = forms_of(asking)[SECOND]
        if answer == "passkey":
            form |= {"code": "", "recovery_code": "", "passkey": json.dumps(device.get(asked(asking)))}
        else:
            form |= {"code": "", "passkey": "", "recovery_code": phone.recovery_codes.pop().upper()}
        assert browser.post(SECOND, form).location == ACCOUNT


def test_what_was_typed_when_the_session_had_ended_survives_the_second_step(surfer: Surfer, anna: Person) -> None:
    surfer.sign_in(anna.user["username"])
    page = surfer.open(ACCOUNT)
    phone = give_phone(surfer.app, anna.user["id"])
    surfer.browser.delete_cookie("portero")
    again = surfer.send(ACCOUNT, page, name="Ana María")
    asking = surfer.send("/console/signin", again, login=anna.user["username"], password=PASSWORD)
    resumed = surfer.send(SECOND, asking, code=phone.code)
    assert (resumed.status_code, "Ana María" in said(resumed)) == (200, True)


def test_nobody_takes_a_second_step_without_a_first_one(surfer: Surfer, anna: Person, phone: Phone) -> None:
    assert "<form" not in surfer.open(SECOND).text.partition("<main")[2].partition("</main>")[0]
    for token in ("", "x", "\u20ac"):
        form = {"mfa_token": token, "kinds": "totp recovery passkey <script>", "code": phone.code}
        answer = surfer.post(SECOND, form)
        assert answer.status_code in (401, 422)
        assert "<script>" not in answer.text
    assert surfer.browser.get_cookie("portero") is None


FACTORS = "/console/account/factors"


def shown_codes(page: TestResponse) -> list[str]:
    """Return the recovery codes of a page."""
    return re.findall(r"<code>([0-9a-z]{4}(?:-[0-9a-z]{4}){3})</code>", page.text)


def verified(app: Flask, anna: Person) -> None:
    services_of(app).accounts.users.update(anna.user["id"], lambda stored: replace(stored, email_verified=True))


def test_an_app_is_set_up_with_its_picture_or_its_key_and_codes_to_print(signed_in: Surfer, anna: Person) -> None:
    verified(signed_in.app, anna)
    page = signed_in.open(f"{FACTORS}/app")
    assert "<svg" in page.text.partition('class="qr"')[2]
    key = forms_of(page)[f"{FACTORS}/app"]["secret"]
    assert key in said(page).replace(" ", "")
    secret = base64.b32decode(key + "=" * (-len(key) % 8))
    now = int(services_of(signed_in.app).sessions.clock().timestamp()) // 30
    wrong = signed_in.send(f"{FACTORS}/app", page, code="12345")
    assert (wrong.status_code, forms_of(wrong)[f"{FACTORS}/app"]["secret"]) == (403, key)
    codes = signed_in.send(f"{FACTORS}/app", wrong, code=code_at(secret, now))
    assert (codes.status_code, len(shown_codes(codes))) == (200, 10)
    assert signed_in.open(ACCOUNT).status_code == 200
    other = Surfer(signed_in.app)
    asking = other.sign_in(anna.user["username"])
    assert other.post(SECOND, {**forms_of(asking)[SECOND], "code": "", "recovery_code": shown_codes(codes)[0]}).location
    listed = other.open(FACTORS)
    assert "Codes left: 9" in said(listed)
    renewed = other.send(f"{FACTORS}/codes", listed)
    assert not {*shown_codes(renewed)} & {*shown_codes(codes)}


def test_an_enrolment_that_has_expired_is_started_again() -> None:
    watch = Watch()
    app = build(clock=watch)
    surfer, anna = Surfer(app), join(client_of(app))
    verified(app, anna)
    surfer.sign_in(anna.user["username"])
    page = surfer.open(f"{FACTORS}/app")
    watch.forward(601)
    surfer.send("/console/step-up", password=PASSWORD)
    token = forms_of(surfer.open(ACCOUNT))[ACCOUNT]["csrf"]
    late = surfer.send(f"{FACTORS}/app", page, code="123456", csrf=token)
    assert (late.status_code, "The enrolment has expired" in late.text) == (422, True)
    assert "Start again with a new key" in late.text


def test_a_passkey_is_added_used_and_removed(signed_in: Surfer, anna: Person) -> None:
    verified(signed_in.app, anna)
    device = Authenticator()
    page = signed_in.open(f"{FACTORS}/passkey")
    made = json.dumps(device.create(asked(page)))
    name = "<b>Anna's phone</b>"
    codes = signed_in.send(f"{FACTORS}/passkey", page, passkey=made, name=name)
    assert len(shown_codes(codes)) == 10
    other = Surfer(signed_in.app)
    signing_in = other.open("/console/signin")
    assert other.send(PASSKEY, signing_in, passkey=json.dumps(device.get(asked(signing_in)))).status_code == 303
    listed = other.open(FACTORS)
    assert "<b>Anna" not in listed.text
    [remove] = [path for path in forms_of(listed) if path.endswith("/remove")]
    assert other.send(remove, listed).location == f"{FACTORS}?done=factor-removed"
    assert "the password alone signs in" in other.open(ACCOUNT).text.replace("\n", " ")


def test_the_first_factor_asks_for_a_proved_address_and_a_recent_sign_in() -> None:
    watch = Watch()
    app = build(clock=watch, settings={"smtp_url": "smtp://localhost", "public_url": "https://a.example"})
    surfer, anna = Surfer(app), join(client_of(app))
    surfer.sign_in(anna.user["username"])
    assert "Verify your e-mail address first" in surfer.open(FACTORS).text
    assert surfer.open(f"{FACTORS}/app").status_code == 403
    verified(app, anna)
    watch.forward(601)
    for way in ("app", "passkey"):
        assert surfer.open(f"{FACTORS}/{way}").location.startswith("/console/step-up?next=")


def test_the_key_of_an_app_is_not_kept_when_the_session_has_ended(signed_in: Surfer, anna: Person) -> None:
    verified(signed_in.app, anna)
    page = signed_in.open(f"{FACTORS}/app")
    signed_in.browser.delete_cookie("portero")
    again = signed_in.send(f"{FACTORS}/app", page, code="123456")
    assert forms_of(again)["/console/signin"]["kept"] == ""
    assert forms_of(page)[f"{FACTORS}/app"]["secret"] not in again.text
