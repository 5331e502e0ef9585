"""The console when Firebase keeps the passwords, on the stores that people use with it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from src.application.sessions.browsers import CHECK_AFTER
from src.interfaces.app import create_app
from tests.e2e.firebase import PASSWORD, Firebase, new_address
from tests.e2e.service import portero
from tests.e2e.test_console import DogApi, Visitor, code_of_app, served
from tests.e2e.test_console_data import choose, verdict
from tests.e2e.test_firebase_accounts import OTHER_PASSWORD, client, firebase, new_name
from tests.e2e.wiring import Client
from tests.web.surfer import Surfer

__all__ = ["client", "firebase"]  # fixtures

ACCOUNT = "/console/account"


def account_of(surfer: Surfer) -> dict[str, Any]:
    """Return the user who is signed in in the browser."""
    user: dict[str, Any] = json.loads(surfer.open(f"{ACCOUNT}/export").data)["user"]
    return user


def test_a_person_lives_with_an_account_at_firebase(client: Client, firebase: Firebase) -> None:
    surfer, name, address = Surfer(create_app(client.services, "0")), new_name(), new_address()
    assert surfer.send("/console/guest", "/console/signin").status_code == 303
    assert surfer.send("/console/register", username=name, email=address, password=PASSWORD).status_code == 303
    assert firebase.account(account_of(surfer)["id"])
    wrong = surfer.send("/console/account/password", current_password="wrong", new_password=OTHER_PASSWORD)
    assert wrong.status_code == 403
    done = surfer.send("/console/account/password", current_password=PASSWORD, new_password=OTHER_PASSWORD)
    assert (done.status_code, surfer.open(ACCOUNT).status_code) == (303, 200)
    other = Surfer(surfer.app)
    assert other.sign_in(address, PASSWORD).status_code == 401
    assert other.sign_in(address, OTHER_PASSWORD).status_code == 303
    id = account_of(other)["id"]
    assert other.send("/console/account/delete", confirm=name).status_code == 303
    assert firebase.account(id) is None
    assert surfer.open(ACCOUNT).status_code == 303


def test_a_user_who_is_disabled_at_firebase_is_signed_out_at_the_next_check(client: Client, firebase: Firebase) -> None:
    surfer = Surfer(create_app(client.services, "0"))
    assert (
        surfer.send("/console/register", username=new_name(), email=new_address(), password=PASSWORD).status_code == 303
    )
    user = account_of(surfer)
    firebase.update(user["id"], disableUser=True)
    assert surfer.open(ACCOUNT).status_code == 200
    sessions = client.services.sessions.sessions
    [session] = sessions.list_for_user(user["id"]).items
    stored = client.services.accounts.users.get(user["id"])
    assert stored
    sessions.update_with_user(
        session, stored, lambda old, _: old.used(old.last_used_at - CHECK_AFTER, timedelta(days=1))
    )
    assert surfer.open(ACCOUNT).status_code == 303


def test_a_person_and_an_operator_do_everything_in_a_browser(
    browser: Browser, firebase: Firebase, firestore_emulator: str, firestore_project: str, tmp_path: Path
) -> None:
    settings = {
        "STORE_URL": f"firestore://{firestore_project}",
        "GOOGLE_CLOUD_PROJECT": firebase.project,
        "IDENTITY": "firebase",
        "FIREBASE_WEB_API_KEY": "any",
        "FIRESTORE_EMULATOR_HOST": firestore_emulator,
        "FIREBASE_AUTH_EMULATOR_HOST": firebase.host,
        "ADMIN_EMAIL": new_address(),
        "ADMIN_PASSWORD": PASSWORD,
    }
    DogApi.asked.set()
    with served(DogApi) as port, portero(tmp_path, {**settings, "DOG_API_URL": f"http://127.0.0.1:{port}/"}) as at:
        pages = [browser.new_context().new_page() for _ in range(3)]
        name, origin = new_name(), f"http://{at}"
        anna, again = (Visitor(page, origin, name) for page in pages[:2])
        root = Visitor(pages[2], origin, settings["ADMIN_EMAIL"])
        register(anna)
        become_uploader(root, name)
        live(anna)
        change_password_and_end_session(anna, again)
        add_factor(anna, again)
        disable(root, name)
        anna.go(ACCOUNT)
        expect(anna.page.get_by_role("heading", level=1)).to_have_text("Sign in")
        for page in pages:
            page.context.close()


def register(anna: Visitor) -> None:
    anna.go("/console/register")
    for field, text in (("username", anna.name), ("email", new_address()), ("password", PASSWORD)):
        anna.page.locator(f"#{field}").fill(text)
    anna.page.get_by_role("button", name="Create the account").click()
    expect(anna.page.get_by_role("heading", level=1)).to_have_text("My account")


def become_uploader(root: Visitor, name: str) -> None:
    root.go(f"/console/users?q={name}")
    root.sign_in()
    root.page.get_by_role("link", name=name).click()
    root.page.get_by_role("link", name="Change the role…").click()
    root.page.get_by_role("radio", name="Uploader").check()
    root.page.get_by_role("button", name="Change the role").click()
    expect(root.page.get_by_role("status")).to_contain_text("The role is changed.")


def live(anna: Visitor) -> None:
    """Change a name, and add a task, a dog, a file and a dataset."""
    page = anna.page
    page.reload()  # the page now has the revision at which the account has its role
    page.get_by_label("First name").fill("Ana María")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Your names are saved.")
    anna.go("/console/tasks")
    page.get_by_label("New task").fill("Walk the dog")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("checkbox", name="Walk the dog").click()
    expect(page.get_by_role("checkbox", name="Walk the dog")).to_be_checked()
    anna.go("/console/dogs?show=yours")
    page.get_by_label("Name of the dog").fill(anna.name)
    page.get_by_role("button", name="Add a dog").click()
    expect(page.locator("img.shot")).to_have_count(1)
    anna.go("/console/files")
    choose(page, ("notes.txt", b"Bring the leash."))
    expect(page.get_by_role("status")).to_have_text("The file is stored.")
    anna.go("/console/datasets")
    choose(page, ("people.csv", b"name,age\nAnna,31\nBen,32\n"))
    verdict(page).to_contain_text("All 2 rows are good.")


def change_password_and_end_session(anna: Visitor, again: Visitor) -> None:
    anna.go("/console/account/password")
    anna.page.get_by_label("Current password").fill(PASSWORD)
    anna.page.get_by_label("New password").fill(OTHER_PASSWORD)
    anna.page.get_by_role("button", name="Set the password").click()
    expect(anna.page.get_by_role("status")).to_contain_text("Your new password is set.")
    again.go(ACCOUNT)
    again.sign_in(password=OTHER_PASSWORD)
    expect(again.page.get_by_role("heading", level=1)).to_have_text("My account")
    anna.page.reload()
    anna.page.get_by_role("button", name="End the session").click()
    expect(anna.page.get_by_role("status")).to_have_text("The session has ended.")
    again.go(ACCOUNT)
    expect(again.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def add_factor(anna: Visitor, again: Visitor) -> None:
    """Set up an authenticator app, and sign in with its code."""
    anna.go("/console/account/factors/app")
    anna.page.locator("#code").fill(code_of_app(anna.page))
    anna.page.get_by_role("button", name="Turn it on").click()
    expect(anna.page.locator("li code")).to_have_count(10)
    again.sign_in(password=OTHER_PASSWORD)
    expect(again.page.get_by_role("heading", level=1)).to_have_text("One more step")


def disable(root: Visitor, name: str) -> None:
    root.go(f"/console/users?q={name}")
    root.page.get_by_role("link", name=name).click()
    root.page.get_by_role("link", name="Disable…").click()
    root.page.get_by_role("button", name=f"Disable {name}").click()
    expect(root.page.get_by_role("status")).to_contain_text("The account is disabled")
