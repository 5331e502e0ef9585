"""Every state that a Firebase account can be in, with the official SDKs on the emulators."""

import logging
from datetime import timedelta
from typing import Any

import jwt
import pytest

from tests.e2e.firebase import new_address, wait_for_the_next_second
from tests.e2e.firebase_world import World, dora, sdk, world
from tests.support.firebase_sdk import PASSWORD, Device, SdkError
from tests.support.passwords import accepted

__all__ = ["dora", "sdk", "world"]  # fixtures
OTHER_PASSWORD = "another long password"


def address_of(world: World, device: Device) -> str:
    return str(world.admin.get_user(uid_of(world, device)).email)


def uid_of(world: World, device: Device) -> str:
    return str(world.admin.verify_id_token(device.id_token)["uid"])


def of_another_project(id_token: str) -> str:
    """Return an ID token of another project. It has no signature, like all tokens of the emulator."""
    claims = jwt.decode(id_token, options={"verify_signature": False})
    claims |= {"aud": "demo-other", "iss": "https://securetoken.google.com/demo-other"}
    return jwt.encode(claims, "", algorithm="none")


def google(address: str) -> dict[str, Any]:
    """The claims of a Google account."""
    return {"sub": address, "email": address, "email_verified": True}


# Disabled


def test_a_disabled_account_gets_no_session_and_loses_those_it_has(world: World, dora: Device) -> None:
    tokens = [world.exchange(dora.id_token) for _ in range(2)]
    world.admin.update_user(uid_of(world, dora), disabled=True)
    assert world.call("POST", "/auth/firebase", id_token=dora.id_token).status_code == 401
    assert world.refresh(tokens[0]).status_code == 401
    assert [world.status(each["access_token"]) for each in tokens] == [401, 401]
    assert world.refresh(tokens[1]).status_code == 401
    world.admin.update_user(uid_of(world, dora), disabled=False)
    assert world.refresh(tokens[1]).status_code == 401


def test_a_disabled_account_cannot_renew_its_access_token(world: World, dora: Device) -> None:
    token = world.exchange(dora.id_token)["access_token"]
    assert world.call("POST", "/auth/renew", token).status_code == 200
    world.admin.update_user(uid_of(world, dora), disabled=True)
    assert world.call("POST", "/auth/renew", token).status_code == 401
    assert world.status(token) == 401


def test_an_id_token_is_checked_again_after_five_minutes(world: World, dora: Device) -> None:
    token = dora.id_token
    assert world.status(token) == 200
    world.admin.update_user(uid_of(world, dora), disabled=True)
    world.later = timedelta(seconds=299)
    assert world.status(token) == 200
    world.later = timedelta(seconds=301)
    assert world.status(token) == 401


@pytest.mark.parametrize("world", [0], indirect=True)
def test_an_id_token_can_be_checked_at_every_request(world: World, dora: Device) -> None:
    assert world.status(dora.id_token) == 200
    world.admin.update_user(uid_of(world, dora), disabled=True)
    assert world.status(dora.id_token) == 401


def test_a_disabled_account_that_never_visited_gets_no_profile(world: World, dora: Device) -> None:
    world.admin.update_user(uid_of(world, dora), disabled=True)
    assert world.status(dora.id_token) == 401
    assert world.services.administration.list_users().items == []


# Deleted


def test_an_account_that_its_owner_deletes_at_firebase_is_deleted(world: World, dora: Device) -> None:
    id_token = dora.id_token
    tokens = world.exchange(id_token)
    uid = world.user(id_token)["id"]
    assert world.call("PUT", "/user", id_token, username="dora").status_code == 200
    assert world.call("POST", "/tasks", id_token, title="Walk the dog").status_code == 201
    dora.deleteUser()
    assert world.refresh(tokens).status_code == 401
    assert world.status(id_token) == 401
    assert world.status(tokens["access_token"]) == 401
    services = world.services
    assert services.administration.list_users().items == []
    assert services.tasks.tasks.list_for_user(uid).items == []
    assert world.client.register("dora", new_address(), PASSWORD).status_code == 201


def test_a_deletion_is_noticed_by_an_id_token_too(world: World, dora: Device) -> None:
    id_token = dora.id_token
    assert world.status(id_token) == 200
    world.admin.delete_user(uid_of(world, dora))
    world.later = timedelta(seconds=301)
    assert world.status(id_token) == 401
    assert world.services.administration.list_users().items == []
    assert world.status(id_token) == 401


def test_a_token_of_a_deleted_account_makes_no_profile(world: World, dora: Device) -> None:
    id_token = dora.id_token
    dora.deleteUser()
    assert world.status(id_token) == 401
    assert world.call("POST", "/auth/firebase", id_token=id_token).status_code == 401
    assert world.services.administration.list_users().items == []


def test_the_last_admin_is_refused_but_kept(world: World) -> None:
    address, device = new_address(), world.device()
    world.services.administration.ensure_admin(world.services.rules.parse_email(address), accepted(PASSWORD))
    uid = device.signIn(address, PASSWORD)
    tokens = world.exchange(device.id_token)
    world.admin.delete_user(uid)
    assert world.refresh(tokens).status_code == 401
    [admin] = world.services.administration.list_users().items
    assert admin.id == uid


@pytest.mark.parametrize("route", ["id token", "register"])
def test_an_address_whose_account_was_deleted_is_free_for_the_next_owner(
    world: World, dora: Device, route: str
) -> None:
    address, old = address_of(world, dora), world.user(dora.id_token)["id"]
    dora.deleteUser()
    if route == "register":
        answer = world.client.register("newcomer", address, PASSWORD)
        assert answer.status_code == 201, answer.text
        new = answer.get_json()
    else:
        dora.signUp(address, PASSWORD)
        new = world.user(dora.id_token)
        assert world.call("DELETE", "/user", dora.id_token).status_code == 204
    assert new["email"] == address
    assert new["id"] != old
    stored = world.services.accounts.accounts.users.get(old)
    assert stored
    assert stored.email is None


# Anonymous


def test_an_anonymous_user_is_a_guest(world: World) -> None:
    device = world.device()
    device.signInAnonymously()
    token = device.id_token
    user = world.user(token)
    assert (user["role"], user["username"], user["email"]) == ("guest", None, None)
    assert world.call("POST", "/tasks", token, title="Look around").status_code == 201
    assert [
        world.call(method, path, token).status_code for method, path in (("GET", "/users"), ("POST", "/api/dogs/Rex"))
    ] == [403, 403]
    tokens = world.exchange(token)
    assert "refresh_token" not in tokens
    assert world.user(tokens["access_token"])["id"] == user["id"]


def test_an_anonymous_user_begins_again_after_a_day(world: World) -> None:
    device = world.device()
    uid = device.signInAnonymously()
    world.call("POST", "/tasks", device.id_token, title="Look around")
    world.later = timedelta(hours=24, seconds=1)
    assert world.status(device.id_token) == 401
    world.later += timedelta(minutes=2)
    world.services.maintenance.sweep()
    assert world.user(device.id_token)["id"] == uid
    assert world.call("GET", "/tasks", device.id_token).get_json() == []


@pytest.mark.parametrize("way", ["password", "google"])
def test_an_anonymous_user_who_links_a_credential_becomes_a_user(world: World, way: str) -> None:
    device, address = world.device(), new_address()
    uid = device.signInAnonymously()
    guest = world.exchange(device.id_token)["access_token"]
    assert world.call("POST", "/tasks", guest, title="Look around").status_code == 201
    if way == "password":
        world.link_password(device, address)
    else:
        device.linkGoogle(google(address))
    user = world.user(device.id_token)
    assert (user["id"], user["role"], user["email"], user["email_verified"]) == (uid, "user", address, way == "google")
    assert [task["title"] for task in world.call("GET", "/tasks", device.id_token).get_json()] == ["Look around"]
    assert world.status(guest) == 401
    assert "refresh_token" in world.exchange(device.id_token)
    assert bool(world.client.log_in(address, PASSWORD)) == (way == "password")


def test_a_link_is_kept_when_the_user_comes_back_after_the_life_of_a_guest(world: World) -> None:
    device, address = world.device(), new_address()
    uid = device.signInAnonymously()
    world.call("POST", "/tasks", device.id_token, title="Look around")
    world.link_password(device, address)
    world.later = timedelta(days=2)
    world.services.maintenance.sweep()
    user = world.user(device.id_token)
    assert (user["id"], user["role"], user["email"]) == (uid, "user", address)
    assert len(world.call("GET", "/tasks", device.id_token).get_json()) == 1


def test_an_anonymous_user_who_registers_keeps_the_account_and_its_data(world: World) -> None:
    device, address = world.device(), new_address()
    uid = device.signInAnonymously()
    before = device.id_token
    world.call("POST", "/tasks", before, title="Look around")
    body = {"username": "dora", "email": address, "password": PASSWORD}
    answer = world.call("POST", "/register", before, **body)
    assert answer.status_code == 201, answer.text
    assert (answer.get_json()["id"], answer.get_json()["role"]) == (uid, "user")
    assert world.status(before) == 401
    assert device.signIn(address, PASSWORD) == uid
    assert len(world.call("GET", "/tasks", device.id_token).get_json()) == 1
    assert world.client.log_in("dora", PASSWORD)


def test_a_refused_registration_leaves_the_anonymous_user_as_it_was(world: World, dora: Device) -> None:
    device = world.device()
    uid = device.signInAnonymously()
    body = {"username": "dora", "email": address_of(world, dora), "password": PASSWORD}
    assert world.call("POST", "/register", device.id_token, **body).status_code == 409
    assert world.user(device.fresh_token)["role"] == "guest"
    assert world.admin.get_user(uid).email is None
    assert world.call("POST", "/register", device.id_token, **{**body, "email": new_address()}).status_code == 201


# The address


def test_a_verified_address_is_taken_over_with_the_next_token(world: World, dora: Device) -> None:
    address = address_of(world, dora)
    assert world.user(dora.id_token)["email_verified"] is False
    dora.sendVerification()
    dora.applyCode(world.firebase.code_for(address))
    assert world.user(dora.id_token)["email_verified"] is False
    assert world.user(dora.fresh_token)["email_verified"] is True


def test_a_new_address_is_taken_over_by_a_refresh(world: World, dora: Device) -> None:
    old, new = address_of(world, dora), new_address()
    tokens = world.exchange(dora.id_token)
    # Within the second of the sign-up, so that the change revokes nothing.
    world.admin.update_user(uid_of(world, dora), email=new, email_verified=True)
    refreshed = world.refresh(tokens)
    if refreshed.status_code == 401:  # the change came a second later, and revoked the token
        refreshed = world.call("POST", "/login", username=new, password=PASSWORD)
    user = world.user(refreshed.get_json()["access_token"])
    assert (user["email"], user["email_verified"]) == (new, True)
    assert world.client.log_in(old, PASSWORD) is None
    assert world.client.register("other", old, PASSWORD).status_code == 201


def test_a_password_login_finds_the_account_by_the_address_that_firebase_knows(world: World, dora: Device) -> None:
    name = world.user(dora.id_token)["username"]
    new = new_address()
    dora.sendNewAddress(new)
    dora.applyCode(world.firebase.code_for(new))
    token = world.client.log_in(new, PASSWORD)
    assert token
    user = world.user(token)
    assert (user["username"], user["email"], user["email_verified"]) == (name, new, True)
    assert world.client.log_in(name, PASSWORD)


def test_a_password_login_makes_the_profile_of_a_firebase_user(world: World, dora: Device) -> None:
    address = address_of(world, dora)
    token = world.client.log_in(address, PASSWORD)
    assert token
    assert world.user(token)["id"] == uid_of(world, dora)
    assert world.client.log_in(address, OTHER_PASSWORD) is None


def test_an_address_that_another_user_has_here_is_reported_and_not_taken_over(
    world: World, dora: Device, caplog: pytest.LogCaptureFixture
) -> None:
    """The other user has given the address up at Firebase, and has not come back since."""
    other = world.device()
    taken, old = new_address(), address_of(world, dora)
    other.signUp(taken, PASSWORD)
    for device in (dora, other):
        world.user(device.id_token)
    world.admin.update_user(uid_of(world, other), email=new_address())
    world.admin.update_user(uid_of(world, dora), email=taken)
    caplog.set_level(logging.INFO)
    dora.signIn(taken, PASSWORD)
    assert world.user(dora.id_token)["email"] == old
    assert [record.getMessage() for record in caplog.records].count("address-taken") == 1
    other.signIn(address_of(world, other), PASSWORD)
    world.user(other.id_token)
    world.later = timedelta(seconds=301)
    assert world.user(dora.id_token)["email"] == taken


# Passwords and revocation


def test_a_password_changed_at_firebase_ends_earlier_sessions(world: World, dora: Device) -> None:
    phone = world.device()
    phone.signIn(address_of(world, dora), PASSWORD)
    tokens, id_token = world.exchange(phone.id_token), phone.id_token
    wait_for_the_next_second()
    dora.updatePassword(OTHER_PASSWORD)
    assert world.refresh(tokens).status_code == 401
    assert world.call("POST", "/auth/firebase", id_token=id_token).status_code == 401
    assert world.status(id_token) == 401
    phone.signIn(address_of(world, dora), OTHER_PASSWORD)
    assert world.refresh(world.exchange(phone.id_token)).status_code == 200


def test_revoked_refresh_tokens_end_earlier_sessions(world: World, dora: Device) -> None:
    tokens = world.exchange(dora.id_token)
    assert world.status(dora.id_token) == 200
    wait_for_the_next_second()
    world.admin.revoke_refresh_tokens(uid_of(world, dora))
    # The emulator still issues ID tokens for the old sign-in; Firebase does not.
    assert world.status(dora.fresh_token) == 401
    assert world.call("POST", "/auth/firebase", id_token=dora.id_token).status_code == 401
    assert world.refresh(tokens).status_code == 401


def test_a_change_of_the_address_here_ends_no_session(world: World, dora: Device) -> None:
    """Firebase revokes its own tokens when the address of an account changes."""
    tokens = world.exchange(dora.id_token)
    wait_for_the_next_second()
    assert world.call("PUT", "/user", tokens["access_token"], email=new_address()).status_code == 200
    assert world.refresh(tokens).status_code == 200


def test_a_change_of_the_address_here_does_not_undo_a_revocation(world: World, dora: Device) -> None:
    tokens = world.exchange(dora.id_token)
    stolen = dora.id_token
    assert world.status(stolen) == 200
    wait_for_the_next_second()
    world.admin.revoke_refresh_tokens(uid_of(world, dora))
    assert world.call("PUT", "/user", stolen, email=new_address()).status_code == 200
    assert world.status(stolen) == 401
    assert world.refresh(tokens).status_code == 401


def test_a_password_set_here_keeps_the_session_that_asked(world: World, dora: Device) -> None:
    tokens, others = world.exchange(dora.id_token), world.exchange(dora.id_token)
    before = dora.id_token
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert world.call("PUT", "/user/password", tokens["access_token"], **body).status_code == 204
    assert world.refresh(tokens).status_code == 200
    assert world.refresh(others).status_code == 401
    assert world.status(before) == 401


def test_a_password_set_with_an_id_token_ends_that_token(world: World, dora: Device) -> None:
    """Firebase revokes the token as well, and the client signs in again."""
    address = address_of(world, dora)
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert world.call("PUT", "/user/password", dora.id_token, **body).status_code == 204
    assert world.status(dora.id_token) == 401
    dora.signIn(address, OTHER_PASSWORD)
    assert world.status(dora.id_token) == 200


def test_a_user_without_a_password_sets_one_after_a_recent_sign_in(world: World) -> None:
    device, address = world.device(), new_address()
    uid = device.signInWithGoogle(google(address))
    token = device.id_token
    assert world.status(token) == 200
    world.later = timedelta(minutes=11)
    late = world.call("PUT", "/user/password", token, new_password=OTHER_PASSWORD)
    assert (late.status_code, late.get_json()["type"]) == (403, "/problems/wrong-password")
    world.later = timedelta()
    session = world.exchange(token)["access_token"]
    assert world.call("PUT", "/user/password", session, new_password=OTHER_PASSWORD).status_code == 204
    assert world.status(session) == 200
    logged_in = world.client.log_in(address, OTHER_PASSWORD)
    assert logged_in
    assert world.user(logged_in)["id"] == uid


def test_a_recent_sign_in_does_not_replace_a_password(world: World, dora: Device) -> None:
    token = dora.id_token
    missing = world.call("PUT", "/user/password", token, new_password=OTHER_PASSWORD)
    assert missing.status_code == 422
    assert [error["field"] for error in missing.get_json()["errors"]] == ["current_password"]
    body = {"current_password": "wrong password", "new_password": OTHER_PASSWORD}
    assert world.call("PUT", "/user/password", token, **body).status_code == 403


# Claims


def test_custom_claims_give_no_role(world: World, dora: Device) -> None:
    claims = {"role": "admin", "admin": True, "roles": ["admin"], "disabled": False}
    world.admin.set_custom_user_claims(uid_of(world, dora), claims)
    assert world.admin.verify_id_token(dora.fresh_token)["role"] == "admin"
    assert world.user(dora.id_token)["role"] == "user"
    assert world.call("GET", "/users?role=admin", dora.id_token).status_code == 403


def test_a_custom_token_makes_a_user(world: World) -> None:
    device = world.device()
    uid = f"legacy_{new_address().partition('@')[0]}"
    device.signInWithToken(world.admin.create_custom_token(uid).decode())
    assert (world.user(device.id_token)["id"], world.user(device.id_token)["role"]) == (uid, "user")


def test_a_token_of_a_tenant_or_of_another_project_is_refused(world: World, dora: Device) -> None:
    device = world.device()
    device.signUpAtTenant(world.firebase.create_tenant(), new_address(), PASSWORD)
    for id_token in (device.id_token, of_another_project(dora.id_token)):
        assert world.status(id_token) == 401
        assert world.call("POST", "/auth/firebase", id_token=id_token).status_code == 401
    assert world.services.administration.list_users().items == []


def test_an_account_that_is_disabled_cannot_sign_in_at_firebase_either(world: World, dora: Device) -> None:
    world.admin.update_user(uid_of(world, dora), disabled=True)
    with pytest.raises(SdkError, match="auth/user-disabled"):
        dora.fresh_token  # noqa: B018
