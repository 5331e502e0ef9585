"""A session gets a custom token for the identity provider, whose ID tokens then are that session."""

from dataclasses import replace
from datetime import timedelta

import pytest

from src.application.ports import ProviderAccount
from src.bootstrap.adapters import now
from src.domain.sessions import Level
from src.domain.users import ProviderLink
from tests.http.test_documented_answers import CUSTOM_TOKENS
from tests.support.proofs import LONG_AGO, ONE, TWO, give_factor, with_proof
from tests.support.world import Answer, Client, Person, Provider, build, client_of, join, services_of

PATH = "/auth/firebase/token"


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def client(provider: Provider) -> Client:
    return client_of(build(remote=provider, settings=CUSTOM_TOKENS))


def issue(client: Client, person: Person) -> Answer:
    return client.post(PATH, headers=person.headers)


def bearer(client: Client, person: Person) -> Person:
    """Return a person whose token is an ID token from a sign-in with a custom token."""
    answer = issue(client, person)
    assert answer.status_code == 200, answer.text
    return replace(person, token=answer.json["custom_token"])


def status(client: Client, person: Person) -> int:
    return client.get("/user", headers=person.headers).status_code


def test_a_custom_token_carries_the_session_the_proof_and_the_role(client: Client, provider: Provider) -> None:
    anna = join(client, "uploader")
    answer = issue(client, anna)
    assert (answer.status_code, answer.json["expires_in"]) == (200, 300)
    assert answer.json["custom_token"].startswith("custom uploader")
    [claims] = provider.custom_tokens.values()
    assert (claims.user_id, claims.session_id) == (anna.user["id"], anna.session)
    assert claims.proof
    assert (claims.proof.methods, claims.proof.level) == (("pwd",), Level.ONE_FACTOR)


def test_its_id_tokens_are_the_session_and_no_new_sign_in(client: Client) -> None:
    anna = join(client)
    there = bearer(client, anna)
    sessions = client.get("/auth/sessions", headers=there.headers).json
    assert [each["id"] for each in sessions if each["current"]] == [anna.session]
    assert client.post("/auth/firebase", json={"id_token": there.token}).status_code == 401
    assert len(client.get("/auth/sessions", headers=anna.headers).json) == len(sessions)
    assert client.post("/auth/logout", headers=there.headers).status_code == 204
    assert (status(client, anna), status(client, there)) == (401, 401)


@pytest.mark.parametrize("end", ["/auth/logout", "/auth/logout-all"])
def test_its_id_tokens_end_with_the_session(client: Client, end: str) -> None:
    anna = join(client)
    there = bearer(client, anna)
    assert status(client, there) == 200
    client.post(end, headers=anna.headers)
    assert status(client, there) == 401


@pytest.mark.parametrize(("method", "body"), [("PUT", {"disabled": True}), ("DELETE", None)])
def test_its_id_tokens_end_when_the_user_is_disabled_or_deleted(
    client: Client, method: str, body: dict[str, bool] | None
) -> None:
    there, root = bearer(client, join(client)), join(client, "admin")
    ended = client.open(f"/users/{there.user['id']}", method=method, json=body, headers=root.headers)
    assert ended.status_code < 300
    assert status(client, there) == 401


def test_an_id_token_names_only_sessions_of_its_own_user(client: Client, provider: Provider) -> None:
    anna, ben = join(client), join(client)
    there = bearer(client, anna)
    provider.custom_tokens[there.token] = replace(provider.custom_tokens[there.token], session_id=ben.session)
    assert status(client, there) == 401


def test_an_id_token_proves_what_the_session_had_proved_when_it_was_made(client: Client) -> None:
    anna = join(client)
    old = bearer(client, with_proof(client, anna, ONE, LONG_AGO))
    new_address = {"email": "new@example.com"}
    assert client.put("/user", json=new_address, headers=old.headers).status_code == 422
    assert client.put("/user", json=new_address, headers=bearer(client, anna).headers).status_code == 200


def test_guests_and_id_tokens_without_a_session_get_403(provider: Provider, client: Client) -> None:
    provider.known["eve"] = ProviderAccount()
    for person in (join(client, "guest"), Person({}, "eve")):
        assert issue(client, person).json["type"] == "/problems/forbidden"


def test_without_the_setting_there_are_no_custom_tokens(provider: Provider) -> None:
    for client in (client_of(build(remote=provider)), client_of(build())):
        assert issue(client, join(client)).status_code == 404


def test_a_user_with_a_factor_needs_two_factors(client: Client) -> None:
    anna = join(client)
    give_factor(client, anna)
    for age in (timedelta(), LONG_AGO):
        refused = issue(client, with_proof(client, anna, ONE, age))
        assert (refused.status_code, refused.json["type"]) == (401, "/problems/insufficient-user-authentication")
        assert issue(client, with_proof(client, anna, TWO, age)).status_code == 200


def test_a_second_factor_at_the_provider_counts_like_one_here(client: Client, provider: Provider) -> None:
    anna = join(client)
    provider.second_factors.add(anna.user["id"])
    assert issue(client, anna).json["type"] == "/problems/insufficient-user-authentication"
    assert issue(client, with_proof(client, anna, TWO)).status_code == 200


@pytest.mark.parametrize("is_gone", [True, False])
def test_no_token_makes_an_account_again_that_is_gone_at_the_provider(
    client: Client, provider: Provider, is_gone: bool
) -> None:
    anna = join(client)
    if is_gone:
        users = services_of(client.application).accounts.users
        users.update(anna.user["id"], lambda user: replace(user, provider=ProviderLink(now(), provider.project)))
        provider.gone.add(anna.user["id"])
    else:
        provider.known[anna.user["id"]] = ProviderAccount(disabled=True)
    assert issue(client, anna).status_code == 401
    assert provider.custom_tokens == {}
