"""The service that portero_client.testing starts, and its clock."""

from collections.abc import Iterator

import httpx2
import pytest

from portero_client.testing import LocalPortero
from portero_client.verify import InvalidToken
from tests.support.markdown import ROOT


@pytest.fixture(scope="module")
def portero() -> Iterator[LocalPortero]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTERO_HOME", str(ROOT))
        service = LocalPortero(access_token_seconds=600)
    yield service
    service.stop()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(service.url)


def test_users_have_the_role_and_the_claims_that_were_asked_for(portero: LocalPortero) -> None:
    user = portero.verifier().verify(portero.user("uploader", {"team": "blue"}).access_token)
    assert (user.role, user.claims["team"]) == ("uploader", "blue")
    assert portero.verifier().verify(portero.user("guest").access_token).role == "guest"


def test_the_clock_moves_for_the_service_and_its_verifiers(portero: LocalPortero) -> None:
    anna, verifier = portero.user(), portero.verifier()
    expired = anna.access_token
    portero.forward(700)
    with pytest.raises(InvalidToken):
        verifier.verify(expired)
    assert anna.client.get_user().id == anna.id
    assert verifier.verify(anna.access_token).claims["iat"] - verifier.verify(anna.access_token).claims["exp"] == -600
    portero.reset()


def test_a_frozen_clock_moves_only_by_hand(portero: LocalPortero) -> None:
    portero.freeze()
    first = portero.verifier().verify(portero.user().access_token)
    second = portero.verifier().verify(portero.user().access_token)
    portero.forward(30)
    third = portero.verifier().verify(portero.user().access_token)
    assert [each.auth_time for each in (second, third)] == [first.auth_time, (first.auth_time or 0) + 30]
    portero.reset()


def test_without_a_checkout_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTERO_HOME", "/nowhere")
    with pytest.raises(RuntimeError, match="set PORTERO_HOME"):
        LocalPortero()
