"""Simultaneous logins with one passkey, on every store."""

from collections.abc import Callable
from typing import Any

import pytest

from src.application.factors import Answer as SecondStep
from src.application.factors import FirstStep
from src.domain.errors import Invalid, InvalidCredentials, WrongCode
from src.domain.sessions import Client
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.portable import Store
from src.interfaces.services import Services
from tests.contract.accounts import LATER, new_user
from tests.support.authenticator import Authenticator
from tests.support.passkeys import enrol, sign_in_answer
from tests.support.races import at_once
from tests.support.world import build, services_of

ADA = "ada"


@pytest.fixture
def services(store: Store, users: Users) -> Services:
    users.add(new_user("ada", id=ADA))
    return services_of(build(store))


@pytest.fixture
def device(services: Services) -> Authenticator:
    device = Authenticator()
    enrol(services, ADA, device)
    return device


Attempt = Callable[[dict[str, Any]], str]


@pytest.fixture
def attempt(services: Services) -> Attempt:
    """Return a function that logs in with the answer of a passkey, and returns the outcome."""

    def log_in(answer: dict[str, Any]) -> str:
        try:
            services.passkey_logins.log_in(answer, Client())
        except InvalidCredentials:
            return "refused"
        return "logged in"

    return log_in


def test_of_twenty_uses_of_one_challenge_one_logs_in(
    services: Services, device: Authenticator, attempt: Attempt
) -> None:
    outcomes = at_once(attempt, [sign_in_answer(services, device)] * 20)
    assert sorted(map(str, outcomes)) == ["logged in"] + ["refused"] * 19
    user = services.accounts.users.get(ADA)
    assert user
    assert len(services.sessions.list(user, None, 100).items) == 1


def test_of_twenty_second_steps_with_one_challenge_one_logs_in(services: Services, device: Authenticator) -> None:
    ada = services.accounts.users.get(ADA)
    assert ada
    tickets = [services.sessions.pending.refusal(ada, FirstStep()).mfa_token for _ in range(20)]
    answer = SecondStep(passkey=device.get(services.second_steps.options(tickets[0])))
    outcomes = at_once(lambda ticket: services.second_steps.finish(ticket, answer, Client()), tickets)
    assert [isinstance(each, WrongCode) for each in outcomes].count(True) == 19
    assert len(services.sessions.list(ada, None, 100).items) == 1


def test_simultaneous_enrolments_leave_ten_passkeys_at_most(services: Services, device: Authenticator) -> None:
    for _ in range(7):
        enrol(services, ADA, Authenticator())
    _, tokens = services.passkey_logins.log_in(sign_in_answer(services, device), Client())
    caller = services.authentication.authenticate(tokens.access)
    made = [Authenticator().create(services.enrolments.start_passkey(caller)) for _ in range(6)]
    outcomes = at_once(lambda each: services.enrolments.add_passkey(caller, each, None, Client()), made)
    assert [isinstance(each, Invalid) for each in outcomes].count(True) == 4, outcomes
    stored = services.accounts.users.get(ADA)
    assert stored
    assert len(stored.factors) == 10


def test_a_passkey_that_is_removed_meanwhile_logs_nobody_in_afterwards(
    services: Services, device: Authenticator, attempt: Attempt, store: Store
) -> None:
    answers = [sign_in_answer(services, device) for _ in range(5)]
    users = Users(store)

    def remove(_: object) -> str:
        users.update(ADA, lambda user: user.without_factors([*user.factors], LATER))
        return "removed"

    tasks = [remove, *(lambda _, answer=answer: attempt(answer) for answer in answers[:4])]
    assert at_once(lambda task: task(None), tasks)[0] == "removed"
    assert attempt(answers[4]) == "refused"
    stored = users.get(ADA)
    assert stored
    assert stored.factors == {}
