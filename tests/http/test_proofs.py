"""The claims of access tokens about how and when the user has proved who they are."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask

from tests.support.proofs import ONE, TWO, prove, with_proof
from tests.support.working import Watch
from tests.support.world import KEY, Client, Person, build, join


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def app(watch: Watch) -> Flask:
    return build(clock=watch, settings={"service_credentials": "billing:a-secret-of-billing"})


def decoded(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def claims(token: str) -> tuple[int, str, list[str]]:
    said = decoded(token)
    return said["auth_time"], said["acr"], said["amr"]


def renewed(client: Client, person: Person) -> str:
    return str(client.post("/auth/renew", headers=person.headers).json["access_token"])


def test_a_refresh_says_what_the_session_says(client: Client, watch: Watch, anna: Person) -> None:
    login = int(watch().timestamp())
    assert claims(anna.token) == (login, "aal1", ["pwd"])
    watch.forward(100)
    fresh = client.post("/auth/refresh", json={"refresh_token": anna.refresh}).json
    assert claims(fresh["access_token"]) == (login, "aal1", ["pwd"])
    prove(client, anna, TWO, watch())
    watch.forward(100)
    fresh = client.post("/auth/refresh", json={"refresh_token": fresh["refresh_token"]}).json
    assert claims(fresh["access_token"]) == (login + 100, "aal2", ["pwd", "otp", "mfa"])


def test_a_renewed_token_says_what_its_own_token_said(client: Client, watch: Watch, anna: Person) -> None:
    strong = with_proof(client, anna, TWO)
    proved = int(watch().timestamp())
    watch.forward(100)
    assert claims(renewed(client, strong)) == (proved, "aal2", ["pwd", "otp", "mfa"])
    prove(client, anna, TWO, watch())
    assert claims(renewed(client, anna)) == (proved, "aal1", ["pwd"])


def test_a_token_of_an_earlier_version_is_a_login_with_one_factor(client: Client, watch: Watch, anna: Person) -> None:
    login = int(watch().timestamp())
    watch.forward(100)
    prove(client, anna, TWO, watch())
    old = {name: value for name, value in decoded(anna.token).items() if name not in ("auth_time", "acr", "amr")}
    header = jwt.get_unverified_header(anna.token)
    token = jwt.encode(old, KEY.private, header["alg"], {"typ": header["typ"], "kid": header["kid"]})
    assert claims(renewed(client, replace(anna, token=token))) == (login, "aal1", [])


def test_introspection_shows_the_proof_of_the_token(client: Client, watch: Watch) -> None:
    anna = join(client)
    watch.forward(100)
    prove(client, anna, TWO, watch())
    strong = with_proof(client, anna, TWO, timedelta(seconds=50))
    for person, methods, age in ((anna, ONE, 100), (strong, TWO, 50)):
        form = {"token": person.token}
        state = client.post("/auth/introspect", data=form, auth=("billing", "a-secret-of-billing")).json
        assert (state["auth_time"], state["amr"]) == (int(watch().timestamp()) - age, list(methods))
        assert state["acr"] == ("aal2" if methods == TWO else "aal1")
