"""Phone numbers, as the only way to sign in and as the second factor, with the Firebase JavaScript SDK in a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.firebase import new_address, new_number
from tests.e2e.firebase_world import World, sdk, world
from tests.e2e.test_firebase_examples import ROOT, served
from tests.support.browsers import chromium
from tests.support.emulators import NODE_MODULES
from tests.support.firebase_sdk import PASSWORD

__all__ = ["sdk", "world"]  # fixtures

SDK = """
window.load = async (host, projectId) => {
  const { initializeApp } = await import("firebase/app");
  const sdk = await import("firebase/auth");
  const auth = sdk.getAuth(initializeApp({ projectId, apiKey: "any" }));
  sdk.connectAuthEmulator(auth, `http://${host}`, { disableWarnings: true });
  auth.settings.appVerificationDisabledForTesting = true; // a captcha needs a person
  // A verifier is good for one number.
  const verifier = () => new sdk.RecaptchaVerifier(auth, document.body.appendChild(document.createElement("div")));
  const provider = new sdk.PhoneAuthProvider(auth);
  const proof = (code) =>
    sdk.PhoneMultiFactorGenerator.assertion(sdk.PhoneAuthProvider.credential(window.verification, code));
  const token = () => auth.currentUser.getIdToken(true);
  Object.assign(window, {
    signUp: async (email, password) => {
      await sdk.createUserWithEmailAndPassword(auth, email, password);
      await sdk.sendEmailVerification(auth.currentUser); // only a proved address can have a second factor
    },
    verify: async (code) => {
      await sdk.applyActionCode(auth, code);
      return token();
    },
    signInByPhone: async (number) => {
      window.confirmation = await sdk.signInWithPhoneNumber(auth, number, verifier());
    },
    confirm: async (code) => {
      await window.confirmation.confirm(code);
      return token();
    },
    enroll: async (phoneNumber) => {
      const session = await sdk.multiFactor(auth.currentUser).getSession();
      window.verification = await provider.verifyPhoneNumber({ phoneNumber, session }, verifier());
    },
    finishEnrolment: (code) => sdk.multiFactor(auth.currentUser).enroll(proof(code), "My phone"),
    signIn: async (email, password) => {
      await sdk.signOut(auth);
      try {
        await sdk.signInWithEmailAndPassword(auth, email, password);
      } catch (error) {
        window.resolver = sdk.getMultiFactorResolver(auth, error);
        const [multiFactorHint] = window.resolver.hints;
        const asked = { multiFactorHint, session: window.resolver.session };
        window.verification = await provider.verifyPhoneNumber(asked, verifier());
        return error.code;
      }
    },
    finishSignIn: async (code) => {
      await window.resolver.resolveSignIn(proof(code));
      return token();
    },
  });
};
"""
CALL = """
([name, given]) =>
  Promise.race([
    window[name](...given),
    new Promise((_, refuse) => setTimeout(() => refuse(new Error(`${name} does not end`)), 20_000)),
  ])
"""


class Browser:
    """A page with the SDK. The methods are the functions of the script above."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def __getattr__(self, function: str) -> Any:
        return lambda *arguments: self._page.evaluate(CALL, [function, arguments])


@pytest.fixture
def browser(world: World, tmp_path: Path) -> Iterator[Browser]:
    """Yield the SDK in Chromium, with the modules of the example page."""
    shutil.copy(ROOT / "examples/firebase-web/index.html", tmp_path)
    (tmp_path / "app.js").touch()
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    with served(tmp_path) as origin, chromium() as started:
        page = started.new_page()
        page.add_init_script(SDK)
        page.goto(origin)
        browser = Browser(page)
        browser.load(world.firebase.host, world.firebase.project)
        yield browser


def test_a_user_who_signs_in_with_a_phone_number_has_no_address(world: World, browser: Browser) -> None:
    number = new_number()
    users = []
    for _ in range(2):
        browser.signInByPhone(number)
        id_token = browser.confirm(world.firebase.code_of(number))
        users.append(world.user(world.exchange(id_token)["access_token"]))
    assert users[0] == users[1]
    assert (users[0]["role"], users[0]["email"], users[0]["email_verified"]) == ("user", None, False)
    assert users[0]["id"] == world.admin.get_user_by_phone_number(number).uid
    assert world.call("PUT", "/user/password", id_token, new_password=PASSWORD).status_code == 204
    assert world.client.log_in(users[0]["username"], PASSWORD)


def test_a_second_factor_that_the_sdk_enrolled_is_asked_for_and_shown(world: World, browser: Browser) -> None:
    address, number = new_address(), new_number()
    browser.signUp(address, PASSWORD)
    first = world.exchange(browser.verify(world.firebase.code_for(address)))
    assert world.client.log_in(address, PASSWORD)
    browser.enroll(number)
    browser.finishEnrolment(world.firebase.code_of(number))

    assert browser.signIn(address, PASSWORD) == "auth/multi-factor-auth-required"
    assert world.client.log_in(address, PASSWORD) is None
    second = world.exchange(browser.finishSignIn(world.firebase.code_of(number)))
    sessions = world.call("GET", "/auth/sessions", second["access_token"]).get_json()
    assert [each["second_factor"] for each in sessions if each["current"]] == ["phone"]
    assert {each["second_factor"] for each in sessions if not each["current"]} == {None}
    assert [each["amr"] for each in sessions if each["current"]] == [["otp", "mfa"]]
    refreshed = world.refresh(second)
    assert refreshed.status_code == 200
    [current] = [
        each
        for each in world.call("GET", "/auth/sessions", refreshed.get_json()["access_token"]).get_json()
        if each["current"]
    ]
    assert current["second_factor"] == "phone"
    assert world.user(first["access_token"])["email_verified"] is True
