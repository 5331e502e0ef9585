"""Signing in to the console with a mail, and setting a forgotten password."""

import pytest

from src.interfaces.app import create_app
from tests.support.mailing import NEW_PASSWORD, MailWorld, anna, world
from tests.support.second_steps import give_phone
from tests.support.world import Person, services_of
from tests.web.surfer import Surfer, forms_of

__all__ = ["anna", "world"]  # fixtures

ACCOUNT = "/console/account"


@pytest.fixture
def surfer(world: MailWorld) -> Surfer:
    return Surfer(world.app)


def ask(surfer: Surfer, world: MailWorld, email: str, path: str = "/console/signin/mail") -> dict[str, dict[str, str]]:
    """Ask for a mail on a page, and return the forms of the page that follows."""
    sent = surfer.send(path, email=email, **({"next": "/console/account/email"} if "mail" in path else {}))
    world.deliver()
    assert sent.status_code == 200
    return forms_of(sent)


def test_the_code_of_a_mail_signs_in(surfer: Surfer, world: MailWorld, anna: Person) -> None:
    form = ask(surfer, world, anna.user["email"])["/console/signin/mail/sent"]
    wrong = surfer.post("/console/signin/mail/sent", {**form, "code": "x"})
    assert (wrong.status_code, anna.user["email"] in wrong.text) == (401, True)
    assert surfer.post("/console/signin/mail/sent", {**form, "code": world.code}).location == "/console/account/email"
    assert surfer.open(ACCOUNT).status_code == 200


def test_the_link_of_a_mail_signs_in_the_browser_that_has_asked_for_it(
    surfer: Surfer, world: MailWorld, anna: Person
) -> None:
    ask(surfer, world, anna.user["email"])
    link = f"/auth/email/login?token={world.token}"
    page = surfer.open(link)
    assert "Sign in to the console" not in page.text
    done = surfer.send("/auth/email/login/form", page)
    assert (done.location, surfer.open(ACCOUNT).status_code) == ("/console/account/email", 200)
    again = surfer.send("/auth/email/login/form", link)
    assert (again.status_code, "The link or code is wrong" in again.text) == (401, True)


def test_another_browser_chooses_between_the_console_and_tokens(world: MailWorld, anna: Person) -> None:
    for button, status in (({}, 200), ({"console": "on"}, 303)):
        other = Surfer(world.app)
        world.ask("/auth/email/login", anna.user["email"])
        page = other.open(f"/auth/email/login?token={world.token}")
        assert "Sign in to the console" in page.text
        done = other.send("/auth/email/login/form", page, **button)
        assert (done.status_code, 'id="access_token"' in done.text) == (status, status == 200)
        assert other.open(ACCOUNT).status_code == (200 if button else 303)


def test_a_forgotten_password_is_set_with_a_mail(surfer: Surfer, world: MailWorld, anna: Person) -> None:
    assert "We send a link" in surfer.open("/console/forgot").text
    ask(surfer, world, anna.user["email"], "/console/forgot")
    page = surfer.open(f"/auth/password/reset?token={world.token}")
    done = surfer.send("/auth/password/reset/form", page, new_password=NEW_PASSWORD)
    assert 'href="/console/signin"' in done.text
    assert surfer.sign_in(anna.user["username"], NEW_PASSWORD).status_code == 303


def test_an_unknown_address_gets_the_same_answer(surfer: Surfer, world: MailWorld, anna: Person) -> None:
    for path in ("/console/signin/mail", "/console/forgot"):
        answers = {surfer.send(path, email=email).text.replace(email, "") for email in (anna.user["email"], "x@y.org")}
        assert len(answers) == 1


def test_an_address_is_verified_from_the_account(surfer: Surfer, world: MailWorld, anna: Person) -> None:
    surfer.sign_in(anna.user["username"])
    assert "Not verified" in surfer.open(ACCOUNT).text
    assert surfer.send("/console/account/verify", ACCOUNT).location == f"{ACCOUNT}?done=verify"
    world.deliver()
    assert "/auth/email/verify" in world.box.mails[-1].text


def test_a_mail_takes_no_second_step(surfer: Surfer, world: MailWorld, anna: Person) -> None:
    world.prove(anna)
    phone = give_phone(world.app, anna.user["id"])
    for from_console in (True, False):
        if from_console:
            ask(surfer, world, anna.user["email"])
        else:
            surfer = Surfer(world.app)
            world.ask("/auth/email/login", anna.user["email"])
        asking = surfer.send("/auth/email/login/form", f"/auth/email/login?token={world.token}")
        assert (asking.status_code, "One more step" in asking.text) == (200, True)
        done = surfer.send("/console/signin/code", asking, code=phone.code)
        assert done.location == ("/console/account/email" if from_console else ACCOUNT)
        assert surfer.open(ACCOUNT).status_code == 200


def test_a_mail_takes_no_second_step_without_the_console(anna: Person, world: MailWorld) -> None:
    world.prove(anna)
    give_phone(world.app, anna.user["id"])
    off = Surfer(create_app(services_of(world.app), "0", console=False))
    world.ask("/auth/email/login", anna.user["email"])
    refused = off.send("/auth/email/login/form", f"/auth/email/login?token={world.token}")
    assert (refused.status_code, "second step" in refused.text) == (403, True)
